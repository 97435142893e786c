/** Who is connected to the bridge, and which of them the devices belong to now. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Visitor {
  leaseEnded(lease: string): void;
}

interface Lease {
  readonly id: string;
  readonly tokenHash: Buffer;
  holder: Visitor | null;
  /** Its holder has left: it is ending and cannot be presented again. */
  left: boolean;
}

const hash = (token: string) => createHash('sha256').update(token).digest();

/** Compares in constant time, whatever the lengths. */
export const sameToken = (a: string, b: string): boolean => timingSafeEqual(hash(a), hash(b));

/** At most one lease, and at most one connection that holds it. `end` clears the devices before anybody else gets them. */
export interface Leases {
  grant(id: string, token: string): Promise<void>;
  /** `no-lease` where another or none is running. */
  end(id: string): Promise<'ended' | 'no-lease'>;
  /** `taken`: somebody holds this lease already. */
  present(token: string, visitor: Visitor): 'held' | 'refused' | 'taken';
  /** The holder is gone without a word: its lease ends now, not when the next one is granted (T3). */
  leave(visitor: Visitor): void;
  holder(): Visitor | null;
}

export function createLeases(hooks: {
  /** The lease is about to end and its holder, where it still has one, can still be told how its jobs end. */
  readonly ending: () => void;
  /** Resolves when nothing of the lease is left in any device, or when that was given up. */
  readonly clear: () => Promise<void>;
  readonly onHolder: (visitor: Visitor | null) => void;
}): Leases {
  let lease: Lease | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  // One after the other: a grant never sees half an ending.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  };
  const finish = async () => {
    const old = lease;
    if (!old) return;
    hooks.ending();
    lease = null;
    const { holder } = old;
    old.holder = null;
    if (holder) {
      hooks.onHolder(null);
      holder.leaseEnded(old.id);
    }
    await hooks.clear();
  };

  return {
    grant: (id, token) =>
      inTurn(async () => {
        await finish();
        lease = { id, tokenHash: hash(token), holder: null, left: false };
      }),
    end: (id) =>
      inTurn(async () => {
        if (lease?.id !== id) return 'no-lease';
        await finish();
        return 'ended';
      }),
    present(token, visitor) {
      if (!lease || !timingSafeEqual(lease.tokenHash, hash(token))) return 'refused';
      if (lease.left) return 'refused';
      if (lease.holder) return 'taken';
      lease.holder = visitor;
      hooks.onHolder(visitor);
      return 'held';
    },
    leave(visitor) {
      if (lease?.holder !== visitor) return;
      const old = lease;
      old.left = true;
      old.holder = null;
      hooks.onHolder(null);
      void inTurn(async () => {
        if (lease === old) await finish();
      });
    },
    holder: () => lease?.holder ?? null,
  };
}
