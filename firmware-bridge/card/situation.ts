/** One word for all slots together, the most serious first (protocol: `CardSituation`). Pure. */
import type { CardSituation } from '../protocol.ts';

export type SlotView = Extract<CardSituation, { kind: 'empty' | 'recognising' | 'unreadable' | 'foreign' | 'ready' }>;

/** A second card hides the first until one of them is taken out, whatever the second turns out to be (CD-07). */
export function situationOf(views: readonly SlotView[]): CardSituation {
  const cards = views.filter((view) => view.kind !== 'empty');
  for (const kind of ['unreadable', 'foreign', 'recognising'] as const) {
    const found = cards.find((view) => view.kind === kind);
    if (found) return found;
  }
  if (cards.length > 1) return { kind: 'several' };
  return cards[0] ?? { kind: 'empty' };
}
