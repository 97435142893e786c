import { z } from 'zod';

/** What the simulators are started with: one JSON file. Ports 0 mean any free one; the ready line tells which. */
export const SimulatorsConfig = z
  .object({
    runDir: z.string(),
    /** `auto` takes a private pcscd where `pcscd`, the vpcd driver and `unshare` are present, else `direct`. */
    card: z.enum(['auto', 'pcscd', 'direct']),
    specimensDir: z.string(),
    printer: z.object({ port: z.number().int(), widthDots: z.number().int(), confirms: z.enum(['processId', 'gsR', 'none']) }),
  })
  .strict();
export type SimulatorsConfig = z.infer<typeof SimulatorsConfig>;

/** The one line on standard output when everything listens. */
export const SimulatorsReady = z.object({
  ready: z.literal(true),
  card: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('pcsc'), pcscSocket: z.string() }),
    z.object({ kind: z.literal('direct'), socket: z.string() }),
  ]),
  printerPort: z.number().int(),
});
export type SimulatorsReady = z.infer<typeof SimulatorsReady>;
