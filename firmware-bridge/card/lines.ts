/** What the bridge says to its card processes and hears from them: JSON lines on standard input and output. No personal value is in any. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { BridgeConfig, CardProfile } from '../config.ts';
import { CardProof, CardSituation } from '../protocol.ts';

const Path = BridgeConfig.shape.card.unwrap().shape.path;

export const MonitorStart = z.object({ path: Path }).strict();
export type MonitorStart = z.infer<typeof MonitorStart>;

export const MonitorSays = z.discriminatedUnion('says', [
  z.object({ says: z.literal('readers'), names: z.array(z.string()) }),
  z.object({ says: z.literal('slot'), reader: z.string(), present: z.boolean(), mute: z.boolean(), count: z.number().int() }),
  z.object({ says: z.literal('end'), why: z.enum(['no-service', 'no-driver']) }),
]);
export type MonitorSays = z.infer<typeof MonitorSays>;

export const WorkerStart = z
  .object({ path: Path, reader: z.string(), profiles: z.array(CardProfile), socket: z.string(), secret: z.string() })
  .strict();
export type WorkerStart = z.infer<typeof WorkerStart>;

export const WorkerOrder = z.discriminatedUnion('order', [
  /** A card is in: take it and name it. Once in a worker's life. */
  z.object({ order: z.literal('take'), insertion: z.number().int() }).strict(),
  /** Whether the card may be asked: not while another card is in beside it (CD-07). From the start it may. */
  z.object({ order: z.literal('answer'), allowed: z.boolean() }).strict(),
  /** Its card is gone: answer what is pending and exit. */
  z.object({ order: z.literal('gone') }).strict(),
]);
export type WorkerOrder = z.infer<typeof WorkerOrder>;

export const WorkerSays = z.discriminatedUnion('says', [
  z.object({ says: z.literal('listening') }),
  z.object({ says: z.literal('known'), profile: z.string(), proof: CardProof }),
  z.object({ says: z.literal('foreign'), family: CardSituation.options[5].shape.family }),
  z.object({ says: z.literal('unreadable'), why: z.enum(['mute', 'busy', 'exchange', 'stuck']) }),
]);
export type WorkerSays = z.infer<typeof WorkerSays>;

/** Calls `hear` with each line that fits; anything else is dropped, since the other end is our own child or our own parent. */
export function hearLines<S extends z.ZodType>(stream: Readable, schema: S, hear: (line: z.output<S>) => void): void {
  let pending = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      let raw: unknown;
      try {
        raw = JSON.parse(line);
      } catch {
        continue;
      }
      const parsed = schema.safeParse(raw);
      if (parsed.success) hear(parsed.data);
    }
  });
  // A pipe that breaks ends with its process, and that is told elsewhere.
  stream.on('error', () => {});
}
