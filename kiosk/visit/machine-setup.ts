/** What the visit's machine decides and does by name: its guards, actions, delays and the effects that `visit.ts` provides. */
import { and, assign, enqueueActions, fromCallback, fromPromise, not, or, setup, stateIn } from 'xstate';
import type { CardIdentifyOutcome } from '../../firmware-bridge/protocol.ts';
import type { CardFaultName, StateMeta } from '../contract/flow.ts';
import type { EndWhy, PrintOrder, SlotNews, VisitContext, VisitEvent, VisitInput } from './conversation.ts';

/** What the running flow's state says of itself under one key. */
export function flowMeta<K extends keyof StateMeta>({ flow }: VisitContext, key: K): StateMeta[K] {
  const snapshot = flow?.ref.getSnapshot() as { getMeta?: () => Record<string, StateMeta | undefined> } | undefined;
  return Object.values(snapshot?.getMeta?.() ?? {}).find((meta) => meta?.[key] !== undefined)?.[key];
}

const byTheVisit = () => {
  throw new Error('provided by the visit');
};
const FAULTS: readonly string[] = ['no-service', 'no-reader', 'unreadable', 'foreign', 'several'] satisfies CardFaultName[];
const faultOf = (news: SlotNews): CardFaultName | null => (FAULTS.includes(news.kind) ? (news.kind as CardFaultName) : null);

export const visitSetup = setup({
  types: { context: {} as VisitContext, events: {} as VisitEvent, input: {} as VisitInput },
  actors: {
    identify: fromPromise<CardIdentifyOutcome, { readonly insertion: number }>(byTheVisit),
    /** Prints the receipt, tells PAPER as it goes, takes PRINT_COPY; stopped, it drops what has not begun. */
    printer: fromCallback<PrintOrder, { readonly receiptId: string }>(byTheVisit),
  },
  guards: {
    inVisit: stateIn({ journey: 'serving' }),
    /** Nothing starts while somebody's forgotten card is in the slot: it would look like the next person's. */
    mayStart: and([({ context }: { context: VisitContext }) => context.paused === null, not(stateIn({ slot: 'leftBehind' }))]),
    /** A card that somebody has put in for this visit, or that may be this visit's own. From the paper on, it is the next person's. */
    cardIsNew: and([
      or(['inVisit', stateIn({ journey: 'attract' })]),
      ({ context, event }: { context: VisitContext; event: VisitEvent }) =>
        event.type === 'CARD' &&
        event.news.kind === 'ready' &&
        // A card that was simply found there was put in by nobody who is known; it can only be this visit's own (T4).
        (context.bound !== null
          ? event.news.found || event.news.insertion >= context.usedInsertion
          : !event.news.found && event.news.insertion > context.usedInsertion),
    ]),
    nextPersonsCard: ({ context, event }) =>
      event.type === 'CARD' && event.news.kind === 'ready' && !event.news.found && event.news.insertion > context.usedInsertion,
    /** The act is being written at this moment: leaving waits for its outcome, which comes within the flow's own time limit. */
    deciding: ({ context }) => flowMeta(context, 'outcome') === 'deciding',
    mayLeave: not('deciding'),
    unfinished: ({ context }) => flowMeta(context, 'unfinished') === true,
    /** The slip is not on paper yet: Exit asks about it (SH-04). */
    slipPending: and([stateIn({ journey: 'finishing' }), not(stateIn({ journey: { finishing: 'done' } }))]),
    nothingToLose: and([not('unfinished'), 'mayLeave']),
    nothingToAsk: and([not('inVisit'), not('slipPending')]),
    asksBeforeLeaving: and(['mayLeave', or(['unfinished', 'slipPending'])]),
    ownCardIsAway: and(['inVisit', ({ context }: { context: VisitContext }) => context.bound !== null, not(stateIn({ slot: 'in' }))]),
    /** Known to be empty, or beyond knowing. A card that cannot be read is in the slot all the same. */
    slotIsEmpty: ({ context }) => context.news.kind === 'empty' || context.news.kind === 'no-reader' || context.news.kind === 'no-service',
  },
  actions: {
    setLang: assign({ lang: ({ context, event }) => (event.type === 'CHOOSE_LANG' ? event.lang : context.lang) }),
    hearSlot: assign(({ context, event }) =>
      event.type === 'CARD'
        ? {
            news: event.news,
            cardFault: faultOf(event.news),
            card: event.news.kind === 'ready' ? context.card : null,
          }
        : {},
    ),
    tellFlow: enqueueActions(({ context, enqueue }, { what }: { what: 'ready' | 'gone' | 'fault' }) => {
      if (!context.flow) return;
      if (what === 'gone') enqueue.sendTo(context.flow.ref, { type: 'CARD_GONE' });
      if (what === 'fault' && context.cardFault) enqueue.sendTo(context.flow.ref, { type: 'CARD_FAULT', fault: context.cardFault });
      if (what === 'ready' && context.card) enqueue.sendTo(context.flow.ref, { type: 'CARD_READY', ...context.card });
    }),
    /** Writes down how the receipt ended. An action, since the printer's actor is stopped by the same step. */
    settle: (_, _params: { as: 'taken' | 'written-down' }) => byTheVisit(),
    /** Asks for a pair of hands: an audit event, and a lamp. */
    alertStaff: (_, _params: { why: 'card-left' | 'paper' }) => byTheVisit(),
    end: enqueueActions(({ enqueue }, { why }: { why: EndWhy }) => enqueue.raise({ type: 'END', why })),
  },
  delays: {
    idle: ({ context }) => context.times.idleMs,
    idleAnswer: ({ context }) => context.times.idleAnswerMs,
    visitLimit: ({ context }) => context.times.visitLimitMs,
    cardBack: ({ context }) => context.times.cardBackMs,
    cardLeftAlert: ({ context }) => context.times.cardLeftAlertMs,
    cardLeftEnd: ({ context }) => context.times.cardLeftEndMs,
    paperWait: ({ context }) => context.times.paperWaitMs,
    done: ({ context }) => context.times.doneMs,
    goodbye: ({ context }) => context.times.goodbyeMs,
  },
});
