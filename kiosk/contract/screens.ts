/** What a screens module is to the page: one Preact component for each screen of a flow. */
import type { ComponentChildren } from 'preact';

/** Sends an act of the given type when called. Disabled controls are those whose type is not in `can`. */
export type MakeAct = (type: string, payload?: Readonly<Record<string, unknown>>) => () => void;

export interface ScreenGiven {
  /** The text of this flow under a key; `common:` reaches the shared ones. */
  readonly t: (key: string, values?: Readonly<Record<string, unknown>>) => string;
  readonly act: MakeAct;
  /** Whether an event type would be taken now. */
  readonly can: (type: string) => boolean;
}

export type Screens<V> = Readonly<Record<string, (given: V & ScreenGiven) => ComponentChildren>>;

/** A flow's screens by state path (`data-screen` without the flow's id). */
export function defineScreens<V extends object>(screens: Screens<V>): Screens<V> {
  return screens;
}
