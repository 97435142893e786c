/** What a visit's machine knows and hears: its context, its events, and the words its surroundings use. */
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { CardFaultName, FlowOutput } from '../contract/flow.ts';
import type { Lang } from '../contract/lang.ts';
import type { Settings } from '../contract/link.ts';
import type { VisitAct } from '../contract/visit-views.ts';

export type EndWhy = 'done' | 'left' | 'idle' | 'card-out' | 'other-card' | 'fault' | 'time-limit' | 'lease-ended';

/** The slot as the conversation sees it: the bridge's situation without where its worker listens. */
export type SlotNews =
  /** `found`: it was in the slot when the slot was first looked at; nobody is known to have put it in. */
  | { readonly kind: 'ready'; readonly insertion: number; readonly profile: string; readonly found: boolean }
  | { readonly kind: 'empty' }
  | { readonly kind: 'recognising' }
  | { readonly kind: CardFaultName };

export type PaperNews = 'printing' | 'paper-out' | 'cover-open' | 'cutter' | 'printer' | 'printed' | 'ask-person' | 'waits';

export interface VisitTimes {
  readonly idleMs: number;
  readonly idleAnswerMs: number;
  readonly visitLimitMs: number;
  readonly cardBackMs: number;
  readonly cardLeftAlertMs: number;
  readonly cardLeftEndMs: number;
  readonly paperWaitMs: number;
  readonly doneMs: number;
  readonly goodbyeMs: number;
}

export interface VisitInput {
  readonly lang: Lang;
  readonly times: VisitTimes;
  /** Insertions up to this one were taken up by visits before: such a card is left behind, not put in. */
  readonly usedInsertion: number;
  readonly startFlow: (
    id: string,
    card: VisitContext['card'],
    fault: CardFaultName | null,
  ) => { readonly machine: AnyStateMachine; readonly input: unknown } | null;
}

export interface VisitContext extends VisitInput {
  readonly settings: Settings;
  readonly paused: 'clock' | 'store' | null;
  /** Whose card this visit is bound to: a hash that lives and dies with this process. */
  readonly bound: string | null;
  readonly card: { readonly insertion: number; readonly profile: string } | null;
  readonly cardFault: CardFaultName | null;
  readonly news: SlotNews;
  readonly flow: { readonly id: string; readonly ref: AnyActorRef } | null;
  readonly receipt: { readonly id: string; readonly number: string } | null;
  readonly paper: {
    readonly trouble: 'paper-out' | 'cover-open' | 'cutter' | 'printer' | null;
    readonly waitingForStaff: boolean;
    readonly copies: number;
  };
  readonly paperEnd: 'printed' | 'taken' | 'waits' | 'written-down';
  readonly document: 'privacy' | 'terms' | 'about';
  /** The person left while nobody could say whether the act was written. */
  readonly leftUnknown: boolean;
  readonly why: EndWhy | null;
}

export type VisitEvent =
  | VisitAct
  | { readonly type: 'CARD'; readonly news: SlotNews }
  | { readonly type: 'CARD_IN' }
  | { readonly type: 'PAPER'; readonly news: PaperNews }
  | { readonly type: 'PRESENT' }
  | { readonly type: 'PAUSED'; readonly paused: VisitContext['paused'] }
  | { readonly type: 'END'; readonly why: EndWhy }
  | { readonly type: 'xstate.done.actor.flow'; readonly output: FlowOutput }
  | { readonly type: 'xstate.error.actor.flow'; readonly error: unknown };

export type PrintOrder = { readonly type: 'PRINT_COPY' };
