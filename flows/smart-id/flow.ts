import { assign, fromPromise, setup } from 'xstate';
import type {
  CardFaultName,
  FindActOutcome,
  FlowInput,
  FlowOutput,
  FromVisit,
  KeepOutcome,
  ReadCardOutcome,
  StateMeta,
} from '../../kiosk/contract/flow.ts';
import type { CardField, SmartIdConfig, SmartIdEvent, SmartIdView } from './schema.ts';

/** What the resident said of the data in the chip. */
export type Finding = 'all-correct' | CardField;

export interface KeepInput {
  readonly actKey: string;
  readonly finding: Finding;
  readonly values: Readonly<Record<string, string>>;
  readonly proved: 'none' | 'passive' | 'active';
}

interface Context {
  readonly newActKey: () => string;
  /** The insertion to read, or null while the slot is empty. */
  readonly insertion: number | null;
  readonly fault: SmartIdView['fault'];
  /** Readings that failed in this visit; at the second the chip may be damaged (CD-10). */
  readonly failures: number;
  readonly read: Pick<KeepInput, 'values' | 'proved'> | null;
  readonly act: { readonly key: string; readonly finding: Finding } | null;
  readonly kept: { readonly receiptId: string; readonly number: string } | null;
}

const byTheVisit = async () => {
  throw new Error('provided by the visit');
};

const failedAgain = ({ failures }: Context) => ({
  failures: failures + 1,
  fault: failures >= 1 ? ('damaged' as const) : ('unreadable' as const),
  insertion: null,
});

const meta = (given: StateMeta) => given;

/** A resident looks at what is on their smart identity card and says whether it is right (CH-03, CH-12, CD-11). */
export const smartIdMachine = setup({
  types: {
    context: {} as Context,
    events: {} as SmartIdEvent | FromVisit,
    input: {} as FlowInput<SmartIdConfig>,
    output: {} as FlowOutput,
    meta: {} as StateMeta,
  },
  actors: {
    readCard: fromPromise<ReadCardOutcome, { readonly insertion: number }>(byTheVisit),
    keepAct: fromPromise<KeepOutcome, KeepInput>(byTheVisit),
    findAct: fromPromise<FindActOutcome, { readonly actKey: string }>(byTheVisit),
  },
  actions: {
    takeCard: assign({ insertion: (_, { insertion }: { insertion: number }) => insertion, fault: null }),
    nameFault: assign(({ context }, { fault }: { fault: CardFaultName }) =>
      fault === 'unreadable' ? failedAgain(context) : { fault, insertion: null },
    ),
    countFailure: assign(({ context }) => ({ ...failedAgain(context), insertion: context.insertion })),
    newAct: assign({ act: ({ context }, { finding }: { finding: Finding }) => ({ key: context.newActKey(), finding }) }),
  },
  guards: {
    cardIsIn: ({ context }) => context.insertion !== null,
    /** Not a third time: a chip that failed twice is told to be damaged, and where to have it replaced (CD-10). */
    worthAnotherTry: ({ context }) => context.insertion !== null && context.failures < 2,
  },
  delays: { cardAnswersWithin: 15_000, storeAnswersWithin: 8_000 },
}).createMachine({
  id: 'smart-id',
  context: ({ input }) => ({
    newActKey: input.newActKey,
    insertion: input.card?.insertion ?? null,
    fault: input.card ? null : input.cardFault,
    failures: 0,
    read: null,
    act: null,
    kept: null,
  }),
  initial: 'waiting-for-card',
  on: { CARD_GONE: { actions: assign({ insertion: null }) } },
  states: {
    'waiting-for-card': {
      always: { guard: 'cardIsIn', target: 'reading' },
      on: {
        CARD_READY: { target: 'reading', actions: { type: 'takeCard', params: ({ event }) => event } },
        CARD_FAULT: { actions: { type: 'nameFault', params: ({ event }) => event } },
        CARD_GONE: { actions: assign({ fault: null }) },
        BACK: 'left',
      },
    },
    reading: {
      invoke: {
        src: 'readCard',
        input: ({ context }) => ({ insertion: context.insertion! }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'read',
            target: 'showing',
            actions: assign({ read: ({ event }) => (event.output.kind === 'read' ? event.output : null), failures: 0 }),
          },
          {
            guard: ({ event }) => event.output.kind === 'removed' || event.output.kind === 'stale',
            target: 'waiting-for-card',
            actions: assign({ insertion: null, fault: 'taken-out' }),
          },
          {
            guard: ({ event }) => event.output.kind === 'not-genuine',
            target: 'card-problem',
            actions: assign({ fault: 'not-genuine' }),
          },
          { target: 'card-problem', actions: 'countFailure' },
        ],
        onError: { target: 'card-problem', actions: 'countFailure' },
      },
      after: { cardAnswersWithin: { target: 'card-problem', actions: 'countFailure' } },
      on: {
        CARD_READY: { target: 'reading', reenter: true, actions: { type: 'takeCard', params: ({ event }) => event } },
        CARD_GONE: { target: 'waiting-for-card', actions: assign({ insertion: null, fault: 'taken-out' }) },
        CARD_FAULT: { target: 'waiting-for-card', actions: { type: 'nameFault', params: ({ event }) => event } },
        BACK: 'left',
      },
    },
    'card-problem': {
      on: {
        TRY_AGAIN: { guard: 'worthAnotherTry', target: 'reading' },
        CARD_READY: { target: 'reading', actions: { type: 'takeCard', params: ({ event }) => event } },
        CARD_FAULT: { actions: { type: 'nameFault', params: ({ event }) => event } },
        BACK: 'left',
      },
    },
    showing: {
      meta: meta({ personal: true, unfinished: true }),
      on: {
        ALL_CORRECT: { target: 'keeping', actions: { type: 'newAct', params: { finding: 'all-correct' } } },
        SOMETHING_WRONG: 'choosing-wrong-field',
        CARD_READY: { actions: { type: 'takeCard', params: ({ event }) => event } },
        BACK: 'left',
      },
    },
    'choosing-wrong-field': {
      meta: meta({ personal: true, unfinished: true }),
      on: {
        CHOOSE_WRONG_FIELD: { target: 'keeping', actions: { type: 'newAct', params: ({ event }) => ({ finding: event.field }) } },
        CARD_READY: { actions: { type: 'takeCard', params: ({ event }) => event } },
        BACK: 'showing',
      },
    },
    keeping: {
      meta: meta({ unfinished: true, outcome: 'deciding' }),
      invoke: {
        src: 'keepAct',
        input: ({ context }) => ({ actKey: context.act!.key, finding: context.act!.finding, ...context.read! }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'kept',
            target: 'settled',
            actions: assign({ kept: ({ event }) => (event.output.kind === 'kept' ? event.output : null) }),
          },
          { target: 'not-kept' },
        ],
        onError: 'looking-it-up',
      },
      // No answer is not "no": it may have been written down.
      after: { storeAnswersWithin: 'looking-it-up' },
    },
    'looking-it-up': {
      meta: meta({ unfinished: true, outcome: 'deciding' }),
      invoke: {
        src: 'findAct',
        input: ({ context }) => ({ actKey: context.act!.key }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'kept',
            target: 'settled',
            actions: assign({ kept: ({ event }) => (event.output.kind === 'kept' ? event.output : null) }),
          },
          { guard: ({ event }) => event.output.kind === 'unknown', target: 'not-known-yet' },
          { target: 'not-kept' },
        ],
        onError: 'not-known-yet',
      },
      after: { storeAnswersWithin: 'not-known-yet' },
    },
    'not-known-yet': { meta: meta({ unfinished: true, outcome: 'unknown' }), on: { ASK_AGAIN: 'looking-it-up' } },
    'not-kept': {
      meta: meta({ unfinished: true }),
      on: {
        // The same act by its key: should the first writing come through late after all, it is found and not doubled.
        TRY_AGAIN: 'keeping',
        BACK: 'showing',
      },
    },
    settled: { type: 'final' },
    left: { type: 'final' },
  },
  output: ({ context }): FlowOutput =>
    context.kept ? { kind: 'settled', receiptId: context.kept.receiptId, number: context.kept.number } : { kind: 'back' },
});
