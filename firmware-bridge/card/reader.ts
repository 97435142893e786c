/**
 * What the bridge needs of a card reader, and no more. Two implementations: `pcsc.ts` over the system's service, `direct.ts` over a
 * virtual card's own socket. `contract.test.ts` runs over both.
 */
import type { Protocol } from './apdu.ts';

/** What is known about one reader's slot. `count` goes up with every arrival and every removal: a swap shows even if nobody looked between. */
export interface SlotState {
  readonly reader: string;
  readonly present: boolean;
  readonly mute: boolean;
  readonly count: number;
}

/** Why a watch is over. Each needs a new process: a context of libpcsclite does not heal. */
export type WatchEnd = 'no-service' | 'no-driver';

export interface WatchHears {
  /** All readers that are connected now. */
  onReaders(names: readonly string[]): void;
  onSlot(state: SlotState): void;
  onEnd(why: WatchEnd): void;
}

export type Connected =
  | { readonly kind: 'connected'; readonly protocol: Protocol }
  | { readonly kind: 'no-card' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed' };

/** `removed` where the layer below is sure; `failed` may be a pull seen too early. */
export type Transmitted =
  | { readonly kind: 'response'; readonly bytes: Buffer }
  | { readonly kind: 'removed' }
  | { readonly kind: 'failed' };

/** One reader with at most one card, taken exclusively. Calls may never return: the caller sets the deadline. */
export interface CardConnection {
  connect(): Promise<Connected>;
  transmit(command: Buffer): Promise<Transmitted>;
  /** Takes the power from the card, so nothing proved or opened on it remains. */
  disconnect(): Promise<void>;
}
