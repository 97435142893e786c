/** What a screens module is to the page: one Preact component for each screen of a flow. */
import type { ComponentChildren } from 'preact';
import type { Lang } from './lang.ts';

/** One thing a control can send. Calling it sends it; a part reads `event` and `value` for its `data-` attributes. */
export interface Act {
  (): void;
  readonly event: string;
  /** Tells controls of one event type apart: the payload's only value. */
  readonly value: string | undefined;
  /** Whether the visit would take it now. */
  readonly taken: boolean;
}

/** Makes the act of the given type. A control whose type is not in `can` is drawn as not usable. */
export type MakeAct = (type: string, payload?: Readonly<Record<string, unknown>>) => Act;

/** The dotted keys of a locale file, so that a key which does not exist does not compile. */
export type KeysOf<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${KeysOf<T[K]>}` }[keyof T & string];

export interface ScreenGiven<K extends string = string> {
  /** The text of this flow under a key. */
  readonly t: (key: K, values?: Readonly<Record<string, unknown>>) => string;
  readonly act: MakeAct;
  /** Whether an event type would be taken now. */
  readonly can: (type: string) => boolean;
  readonly lang: Lang;
}

export type Screens<V, K extends string = string> = Readonly<Record<string, (given: V & ScreenGiven<K>) => ComponentChildren>>;

/** A flow's screens by state path (`data-screen` without the flow's id). The module exports them as `screens`. */
export function defineScreens<V extends object, K extends string = string>(screens: Screens<V, K>): Screens<V, K> {
  return screens;
}
