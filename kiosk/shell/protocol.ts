/** What a shell process is started with, and the line it prints. */
import { z } from 'zod';

/** Configuration file of a shell process, written by the supervisor. */
export const ShellConfig = z
  .object({
    runDir: z.string(),
    /** Program to run; Electron's is the shell process itself. */
    binary: z.string(),
    demo: z.boolean(),
    /** A demonstration that was started by root: Chromium's own sandbox cannot be had. Never on a production site. */
    sandbox: z.boolean(),
    /** Without a display, for tests and measurements. */
    headless: z.boolean(),
  })
  .strict()
  .refine(({ demo, sandbox, headless }) => demo || (sandbox && !headless), 'a production site keeps its sandbox and its display');
export type ShellConfig = z.infer<typeof ShellConfig>;

/** First line on a shell's standard input. */
export const ShellSecrets = z.object({ shellToken: z.string().min(16) }).strict();
export const ShellReady = z.object({ ready: z.literal(true) });
