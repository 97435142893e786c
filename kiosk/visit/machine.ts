/**
 * One person's visit, from the attract screen to the end: the journey, the questions that may lie over it, the card slot, and the
 * visit's own time limit. Four regions, because each goes on whatever the others do. Effects are provided by `visit.ts`.
 */
import { type ActorRefFrom, type AnyActorRef, type AnyStateMachine, and, assign, not, raise, sendTo } from 'xstate';
import type { VisitContext } from './conversation.ts';
import { flowMeta, visitSetup } from './machine-setup.ts';

/** Which machine is spawned is known only when the person has chosen; the typed spawn knows declared ones only. */
type SpawnAnyFlow = (machine: AnyStateMachine, given: { id: 'flow'; input: unknown; syncSnapshot: true }) => AnyActorRef;

export const visitMachine = visitSetup.createMachine({
  id: 'visit',
  type: 'parallel',
  context: ({ input }) => ({
    ...input,
    settings: { textSize: 0, contrast: 'normal' },
    paused: null,
    bound: null,
    card: null,
    cardFault: null,
    news: { kind: 'empty' },
    flow: null,
    receipt: null,
    paper: { trouble: null, waitingForStaff: false, copies: 0 },
    paperEnd: 'waits',
    leftUnknown: false,
    document: 'privacy',
    why: null,
  }),
  on: {
    CHOOSE_LANG: { actions: 'setLang' },
    TEXT_SIZE: { actions: assign({ settings: ({ context, event }) => ({ ...context.settings, textSize: event.size }) }) },
    CONTRAST: { actions: assign({ settings: ({ context, event }) => ({ ...context.settings, contrast: event.contrast }) }) },
    PAUSED: { actions: assign({ paused: ({ event }) => event.paused }) },
  },
  states: {
    journey: {
      initial: 'attract',
      on: { END: { target: '.ended', actions: assign({ why: ({ event }) => event.why }) } },
      states: {
        attract: {
          on: {
            CHOOSE_LANG: { guard: 'mayStart', target: 'serving', actions: 'setLang' },
            CARD_IN: { guard: 'mayStart', target: 'serving' },
          },
        },
        /** Somebody is here: idle questions, the card-out question and Exit belong to this time. */
        serving: {
          initial: 'menu',
          on: {
            LEAVE_NOW: {
              guard: 'mayLeave',
              target: 'goodbye',
              actions: assign({ leftUnknown: ({ context }) => flowMeta(context, 'outcome') === 'unknown' }),
            },
            'xstate.error.actor.flow': { actions: { type: 'end', params: { why: 'fault' } } },
          },
          states: {
            menu: {
              on: {
                CHOOSE_FLOW: {
                  guard: ({ context, event }) =>
                    context.paused === null && context.startFlow(event.flow, context.card, context.cardFault) !== null,
                  target: 'inFlow',
                  actions: assign({
                    flow: ({ context, event, spawn }) => {
                      const start = context.startFlow(event.flow, context.card, context.cardFault)!;
                      return {
                        id: event.flow,
                        ref: (spawn as SpawnAnyFlow)(start.machine, { id: 'flow', input: start.input, syncSnapshot: true }),
                      };
                    },
                  }),
                },
                EXIT: '#visit.journey.goodbye',
              },
            },
            inFlow: {
              on: {
                EXIT: { guard: 'nothingToLose', target: '#visit.journey.goodbye' },
                'xstate.done.actor.flow': [
                  {
                    guard: ({ event }) => event.output.kind === 'settled',
                    target: '#visit.journey.finishing',
                    actions: assign({
                      receipt: ({ event }) =>
                        event.output.kind === 'settled' ? { id: event.output.receiptId, number: event.output.number } : null,
                      flow: null,
                    }),
                  },
                  { target: 'menu', actions: assign({ flow: null }) },
                ],
              },
            },
          },
        },
        /** Everything is written down (CD-14): the card out, then the paper, then what is kept. Nothing of the person is shown from here. */
        finishing: {
          initial: 'takingCard',
          entry: assign({ bound: null }),
          on: { LEAVE_NOW: { actions: { type: 'end', params: { why: 'done' } } } },
          states: {
            takingCard: {
              initial: 'asking',
              always: { guard: 'slotIsEmpty', target: 'paper' },
              after: { cardLeftEnd: { actions: { type: 'end', params: { why: 'done' } } } },
              states: {
                asking: { after: { cardLeftAlert: 'alerted' } },
                alerted: { entry: { type: 'alertStaff', params: { why: 'card-left' } } },
              },
            },
            paper: {
              initial: 'printing',
              // One time for all of it: a printer that comes and goes does not keep an abandoned visit (T3).
              after: { paperWait: { actions: { type: 'end', params: { why: 'done' } } } },
              invoke: { id: 'printer', src: 'printer', input: ({ context }) => ({ receiptId: context.receipt!.id }) },
              on: {
                PAPER: [
                  { guard: ({ event }) => event.news === 'printed', target: 'done', actions: assign({ paperEnd: 'printed' }) },
                  { guard: ({ event }) => event.news === 'ask-person', target: '.question' },
                  { guard: ({ event }) => event.news === 'waits', target: 'done', actions: assign({ paperEnd: 'waits' }) },
                  { guard: ({ event }) => event.news === 'printing', target: '.printing' },
                  {
                    target: '.problem',
                    actions: assign({
                      paper: ({ context, event }) => ({
                        ...context.paper,
                        trouble: event.news as 'paper-out' | 'cover-open' | 'cutter' | 'printer',
                      }),
                    }),
                  },
                ],
              },
              states: {
                printing: {},
                problem: {
                  on: {
                    WROTE_DOWN: {
                      target: '#visit.journey.finishing.done',
                      actions: [assign({ paperEnd: 'written-down' }), { type: 'settle', params: { as: 'written-down' } }],
                    },
                    WAIT_FOR_STAFF: {
                      actions: [
                        assign({ paper: ({ context }) => ({ ...context.paper, waitingForStaff: true }) }),
                        { type: 'alertStaff', params: { why: 'paper' } },
                      ],
                    },
                  },
                },
                // Short, since whoever answers gets the COPY: the next person must not be asked about this one's slip (T3).
                question: {
                  after: { idleAnswer: { actions: { type: 'end', params: { why: 'done' } } } },
                  on: {
                    PRESENT: { target: 'question', reenter: true },
                    GOT_PAPER: {
                      target: '#visit.journey.finishing.done',
                      actions: [assign({ paperEnd: 'taken' }), { type: 'settle', params: { as: 'taken' } }],
                    },
                    NO_PAPER: [
                      {
                        guard: ({ context }) => context.paper.copies === 0,
                        target: 'printing',
                        actions: [
                          assign({ paper: ({ context }) => ({ ...context.paper, trouble: null, copies: 1 }) }),
                          sendTo('printer', { type: 'PRINT_COPY' }),
                        ],
                      },
                      { target: '#visit.journey.finishing.done', actions: assign({ paperEnd: 'waits' }) },
                    ],
                  },
                },
              },
            },
            done: {
              after: { done: { actions: { type: 'end', params: { why: 'done' } } } },
              on: {
                FINISH: { actions: { type: 'end', params: { why: 'done' } } },
                EXIT: { actions: { type: 'end', params: { why: 'done' } } },
                // Somebody has put a card in: this visit is settled, theirs begins.
                CARD: { guard: 'nextPersonsCard', actions: { type: 'end', params: { why: 'done' } } },
              },
            },
          },
        },
        goodbye: {
          entry: assign({ flow: null, bound: null, why: ({ context }) => context.why ?? ('left' as const) }),
          after: { goodbye: { actions: { type: 'end', params: { why: 'left' } } } },
          on: { FINISH: { actions: { type: 'end', params: { why: 'left' } } } },
        },
        ended: {
          entry: assign({ flow: null, bound: null }),
          on: { END: {} },
        },
      },
    },
    /** What lies over the journey. The screen below stays as it is (SH-03). */
    question: {
      initial: 'none',
      states: {
        none: {
          after: {
            idle: [
              { guard: 'inVisit', target: 'stillThere' },
              { target: 'none', reenter: true },
            ],
          },
          on: {
            PRESENT: { target: 'none', reenter: true },
            CHOOSE_FLOW: { target: 'none', reenter: true },
            CARD: { target: 'none', reenter: true },
            HELP: 'help',
            READ: { target: 'reading', actions: assign({ document: ({ event }) => event.document }) },
            EXIT: { guard: 'asksBeforeLeaving', target: 'leaving' },
          },
        },
        help: {
          after: { idle: [{ guard: 'inVisit', target: 'stillThere' }, { target: 'none' }] },
          on: {
            CLOSE: 'none',
            PRESENT: { target: 'help', reenter: true },
            EXIT: [{ guard: 'asksBeforeLeaving', target: 'leaving' }, { target: 'none' }],
          },
        },
        reading: {
          after: { idle: [{ guard: 'inVisit', target: 'stillThere' }, { target: 'none' }] },
          on: { CLOSE: 'none', PRESENT: { target: 'reading', reenter: true } },
        },
        leaving: {
          always: { guard: 'nothingToAsk', target: 'none' },
          after: { idle: [{ guard: 'inVisit', target: 'stillThere' }, { target: 'none' }] },
          on: { STAY: 'none', LEAVE_NOW: 'none', PRESENT: { target: 'leaving', reenter: true } },
        },
        stillThere: {
          always: { guard: not('inVisit'), target: 'none' },
          after: { idleAnswer: { actions: { type: 'end', params: { why: 'idle' } } } },
          on: { HERE: 'none', PRESENT: {}, EXIT: [{ guard: 'asksBeforeLeaving', target: 'leaving' }, { target: 'none' }] },
        },
      },
    },
    slot: {
      initial: 'empty',
      on: {
        CARD: [
          {
            guard: ({ context, event }) => event.news.kind === 'ready' && event.news.insertion === context.card?.insertion,
            actions: 'hearSlot',
          },
          { guard: 'cardIsNew', target: '.identifying', actions: 'hearSlot' },
          { guard: ({ event }) => event.news.kind === 'ready', target: '.leftBehind', actions: 'hearSlot' },
          {
            guard: and(['inVisit', ({ context }: { context: VisitContext }) => context.bound !== null]),
            target: '.out',
            actions: ['hearSlot', { type: 'tellFlow', params: { what: 'gone' } }, { type: 'tellFlow', params: { what: 'fault' } }],
          },
          {
            target: '.empty',
            // A card that came and went before anybody began binds nobody.
            actions: [
              'hearSlot',
              assign({ bound: null }),
              { type: 'tellFlow', params: { what: 'gone' } },
              { type: 'tellFlow', params: { what: 'fault' } },
            ],
          },
        ],
      },
      states: {
        empty: {},
        leftBehind: {},
        identifying: {
          invoke: {
            src: 'identify',
            input: ({ context }) => ({ insertion: context.news.kind === 'ready' ? context.news.insertion : -1 }),
            onDone: [
              {
                guard: ({ context, event }) =>
                  event.output.kind === 'identified' && (context.bound === null || context.bound === event.output.identity),
                target: 'in',
                actions: assign(({ context, event }) => ({
                  bound: event.output.kind === 'identified' ? event.output.identity : context.bound,
                  card: context.news.kind === 'ready' ? { insertion: context.news.insertion, profile: context.news.profile } : null,
                  usedInsertion: context.news.kind === 'ready' ? context.news.insertion : context.usedInsertion,
                })),
              },
              // Another person's card: this visit is over before anything of the second is asked for (CD-13).
              {
                guard: ({ event }) => event.output.kind === 'identified',
                target: 'empty',
                actions: { type: 'end', params: { why: 'other-card' } },
              },
              // Pulled before it could say: no fault of the card's. The slot's own news follows.
              { guard: ({ event }) => event.output.kind === 'removed' || event.output.kind === 'stale', target: 'unidentified' },
              {
                guard: ({ event }) => event.output.kind === 'not-genuine',
                target: 'unidentified',
                actions: [assign({ cardFault: 'not-genuine' }), { type: 'tellFlow', params: { what: 'fault' } }],
              },
              { target: 'unidentified', actions: [assign({ cardFault: 'unreadable' }), { type: 'tellFlow', params: { what: 'fault' } }] },
            ],
            onError: {
              target: 'unidentified',
              actions: [assign({ cardFault: 'unreadable' }), { type: 'tellFlow', params: { what: 'fault' } }],
            },
          },
        },
        in: { entry: [raise({ type: 'CARD_IN' }), { type: 'tellFlow', params: { what: 'ready' } }] },
        /** A card that will not say which it is: the flow tells of it; a bound visit goes on asking for its own. */
        unidentified: { always: { guard: ({ context }) => context.bound !== null, target: 'out' } },
        out: {},
      },
    },
    /** How long this visit's own card has been away, whatever else is put in meanwhile (CD-12). */
    card: {
      initial: 'here',
      states: {
        here: { always: { guard: 'ownCardIsAway', target: 'away' } },
        away: {
          always: { guard: not('ownCardIsAway'), target: 'here' },
          after: { cardBack: { actions: { type: 'end', params: { why: 'card-out' } } } },
        },
      },
    },
    limit: {
      initial: 'waiting',
      states: {
        waiting: { always: { guard: 'inVisit', target: 'running' } },
        running: { after: { visitLimit: { guard: 'inVisit', actions: { type: 'end', params: { why: 'time-limit' } } } } },
      },
    },
  },
});

export type VisitActor = ActorRefFrom<typeof visitMachine>;
