/** Counts what the link refuses, so that whoever knocks without end cannot fill the audit: each kind is told once, then by the minute. */
export type RefusedWhy = 'ticket' | 'host' | 'origin' | 'second-screen' | 'frame';

const TOLD_EVERY_MS = 60_000;

export interface Refusals {
  count(why: RefusedWhy): void;
  /** Tells what was only counted, where its minute is over. To be called now and then. */
  tellLater(): void;
}

export function refusals(given: { readonly tell: (why: RefusedWhy, count: number) => void; readonly monotonicMs: () => number }): Refusals {
  const kinds = new Map<RefusedWhy, { toldAtMs: number; untold: number }>();
  return {
    count(why) {
      const kind = kinds.get(why);
      if (kind) {
        kind.untold++;
        return;
      }
      kinds.set(why, { toldAtMs: given.monotonicMs(), untold: 0 });
      given.tell(why, 1);
    },
    tellLater() {
      const nowMs = given.monotonicMs();
      for (const [why, kind] of kinds) {
        if (kind.untold === 0 || nowMs - kind.toldAtMs < TOLD_EVERY_MS) continue;
        const count = kind.untold;
        kind.toldAtMs = nowMs;
        kind.untold = 0;
        given.tell(why, count);
      }
    },
  };
}
