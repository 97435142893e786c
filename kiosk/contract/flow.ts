/** What a flow is to the visit that runs it: one folder under `flows/`, complete in itself, without I/O of its own. */
import type { AnyStateMachine, SnapshotFrom } from 'xstate';
import type { z } from 'zod';
import type { Lang } from './lang.ts';
import type { Receipt } from './receipt.ts';

/** How sure the kiosk is of who stands there, weakest first. Every act records it; every service states the least it accepts. */
export const ASSURANCES = ['typed', 'card', 'passive', 'active', 'pin', 'staff'] as const;
export type Assurance = (typeof ASSURANCES)[number];

/** `meta` of a flow's states: what the visit needs to know about the moment, besides its screen. */
export interface StateMeta {
  /** Names the screen where states are parallel; otherwise it is the state's path. */
  readonly screen?: string;
  /** Anything of the person is on the screen: it leaves when the idle question comes, and a hung page is killed. */
  readonly personal?: boolean;
  /** Leaving now would lose something: Exit asks first. */
  readonly unfinished?: boolean;
  /** `deciding`: an act is being written, leaving waits for its outcome. `unknown`: nobody can say whether it was. */
  readonly outcome?: 'deciding' | 'unknown';
}

/** What the visit tells a running flow. The names are reserved: no screen may send them. */
export type FromVisit =
  | { readonly type: 'CARD_READY'; readonly insertion: number; readonly profile: string }
  | { readonly type: 'CARD_GONE' }
  | { readonly type: 'CARD_FAULT'; readonly fault: CardFaultName }
  | { readonly type: 'FIELD'; readonly id: string; readonly value: string };

/** Why a card cannot serve now, in the order in which faults are told (architecture §4). */
export type CardFaultName = 'no-service' | 'no-reader' | 'unreadable' | 'not-genuine' | 'foreign' | 'several';

/** How a flow ends: a final state's output. `settled` leads to "take your card", the paper and the last screen. */
export type FlowOutput =
  | { readonly kind: 'settled'; readonly receiptId: string; readonly number: string }
  /** Nothing was done; the resident goes back to the menu. */
  | { readonly kind: 'back' };

/** What every flow's machine is given when it starts. */
export interface FlowInput<Config> {
  readonly config: Config;
  /** Makes a new act key. The kept one finds the act again until its outcome is known. */
  readonly newActKey: () => string;
  /** The card that was in the slot when the flow was chosen, if any. */
  readonly card: { readonly insertion: number; readonly profile: string } | null;
  readonly cardFault: CardFaultName | null;
}

export type ReadCardOutcome =
  | {
      readonly kind: 'read';
      readonly insertion: number;
      readonly values: Readonly<Record<string, string>>;
      readonly proved: 'none' | 'passive' | 'active';
    }
  | { readonly kind: 'removed' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'not-genuine' };

/** Writes an act down, whole or not at all: its record, its audit event and its receipt in one transaction. */
export interface Act {
  readonly actKey: string;
  /** From the flow's `auditEvents`. */
  readonly auditEvent: string;
  readonly assurance: Assurance;
  /** Whose act it is, as a document number; stored as a keyed hash only. */
  readonly subject: string;
  /** Goes into the audit row as it is: words from a fixed list and counts, never content. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** Makes the receipt once its number is known. */
  readonly receipt: (given: { readonly number: string; readonly at: Date }) => Receipt;
}

export type KeepOutcome =
  | { readonly kind: 'kept'; readonly receiptId: string; readonly number: string }
  | { readonly kind: 'not-kept'; readonly why: 'disk-full' | 'store-fault' };
/** `unknown`: nobody can say now; asking again is safe. */
export type FindActOutcome =
  | { readonly kind: 'kept'; readonly receiptId: string; readonly number: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** A text of the flow's locale file by key, in the language now on the screen. */
export type FlowText = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** What a flow's service may use of the kiosk. */
export interface FlowPorts<Config> {
  readonly config: Config;
  readonly card: { read(insertion: number, fields: readonly string[]): Promise<ReadCardOutcome> };
  readonly acts: { keep(act: Act): Promise<KeepOutcome>; find(actKey: string): Promise<FindActOutcome> };
  readonly site: {
    readonly name: Readonly<Partial<Record<Lang, string>>>;
    readonly timeZone: string;
    readonly help: { readonly place: Readonly<Partial<Record<Lang, string>>>; readonly phone: string };
  };
  /** The language now on the screen, which is the language of the paper. */
  readonly lang: () => Lang;
  readonly text: FlowText;
  readonly now: () => Date;
}

type ActorInputs = Readonly<Record<string, (input: never) => Promise<unknown>>>;

export interface FlowDefinition<M extends AnyStateMachine = AnyStateMachine, V = unknown, C = unknown> {
  readonly id: string;
  /** Icon of the menu tile, a name of the icon set. */
  readonly icon: string;
  readonly machine: M;
  /** What a screen may send while this flow runs; anything else is refused before it reaches the machine. */
  readonly events: z.ZodType<{ type: string }>;
  readonly view: z.ZodType<V>;
  /** What the screen is told, chosen on purpose. */
  readonly toView: (snapshot: SnapshotFrom<M>, given: { readonly config: C; readonly now: Date }) => V;
  /** The full value of a field for the finger that holds it; null when there is none now. */
  readonly reveal: (snapshot: SnapshotFrom<M>, field: string, given: { readonly lang: Lang; readonly text: FlowText }) => string | null;
  /** The fields that may be held in this snapshot. */
  readonly revealable: (snapshot: SnapshotFrom<M>) => readonly string[];
  readonly config: z.ZodType<C>;
  /** The rules behind the conversation. Each method is provided to the machine as the actor of its name. */
  readonly service: (ports: FlowPorts<C>) => ActorInputs;
  /** One sample for each kind of outcome of each actor: the walk over the machine takes them all. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly auditEvents: readonly string[];
}

export function defineFlow<M extends AnyStateMachine, V, C>(flow: FlowDefinition<M, V, C>): FlowDefinition<M, V, C> {
  return flow;
}
