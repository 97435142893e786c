/** The visit's way to the devices it has leased: the bridge for events and paper, the card's own worker for what the chip says. */
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  BRIDGE_PROTOCOL_VERSION,
  bridgeEvents,
  bridgeRequests,
  type CardIdentifyOutcome,
  type CardSituation,
  cardRequests,
  type PrintJobEvent,
} from '../../firmware-bridge/protocol.ts';
import { type Caller, rpcCaller } from '../../firmware-bridge/rpc.ts';
import type { ReadCardOutcome } from '../contract/flow.ts';
import type { SlotNews } from './conversation.ts';
import type { Bitmap } from './records.ts';
import { serveSlip } from './slip-socket.ts';

const TIMES = {
  connectMs: 2_000,
  helloMs: 2_000,
  /** Above the worker's own deadline for one request, so that the worker's answer is the one that is heard. */
  cardMs: 12_000,
  printMs: 3_000,
} as const;

export interface DeviceHooks {
  readonly onSlot: (news: SlotNews) => void;
  readonly onJob: (event: PrintJobEvent) => void;
  /** The lease is over or the bridge is gone. */
  readonly onLost: (why: 'lease-ended' | 'bridge-gone') => void;
  readonly onMalformed: (name: string) => void;
}

export interface Devices {
  /** Tells the slot as it was found; call it when answers can be used. */
  begin(): void;
  identify(insertion: number): Promise<CardIdentifyOutcome>;
  read(insertion: number, fields: readonly string[]): Promise<ReadCardOutcome>;
  /** `refused`: the bridge said so, or was not asked. `unknown`: it was asked and no answer came. The bits are free to be zeroed then. */
  print(jobId: string, bitmap: Bitmap): Promise<'queued' | 'refused' | 'unknown'>;
  drop(jobId: string): void;
  close(): void;
}

export type DevicesOutcome = { readonly kind: 'leased'; readonly devices: Devices } | { readonly kind: 'refused' };

type CardCaller = Caller<typeof cardRequests, Record<never, never>>;

function dial(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(null);
    }, TIMES.connectMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

function newsOf(situation: CardSituation): SlotNews {
  switch (situation.kind) {
    case 'ready':
      return { kind: 'ready', insertion: situation.insertion, profile: situation.profile, found: situation.found };
    case 'empty':
    case 'recognising':
    case 'no-service':
    case 'no-reader':
    case 'unreadable':
    case 'foreign':
    case 'several':
      return { kind: situation.kind };
  }
}

/** Presents the lease's token to the bridge. Outcomes: leased; refused (no bridge, another version, the lease is no longer ours). */
export async function leaseDevices(bridgeSocket: string, token: string, hooks: DeviceHooks): Promise<DevicesOutcome> {
  const socket = await dial(bridgeSocket);
  if (!socket) return { kind: 'refused' };
  const bridge = rpcCaller(socket, bridgeRequests, bridgeEvents, hooks.onMalformed);
  // Until the bridge has said what is in the slot, nothing can be asked of it.
  let situation: CardSituation = { kind: 'no-service' };
  let card: { path: string; caller: Promise<CardCaller | null> } | null = null;
  let over = false;
  const lost = (why: 'lease-ended' | 'bridge-gone') => {
    if (over) return;
    over = true;
    hooks.onLost(why);
  };

  const attach = async (path: string, secret: string): Promise<CardCaller | null> => {
    const worker = await dial(path);
    if (!worker) return null;
    const caller: CardCaller = rpcCaller(worker, cardRequests, {}, hooks.onMalformed);
    const attached = await caller.call('attach', { secret }, TIMES.helloMs);
    if (attached.kind === 'answered' && attached.value.kind === 'done') return caller;
    caller.close();
    return null;
  };
  let heard = false;
  const hearSlot = (next: CardSituation) => {
    heard = true;
    situation = next;
    if (next.kind === 'ready' && card?.path !== next.channel.path) {
      void card?.caller.then((caller) => caller?.close());
      card = { path: next.channel.path, caller: attach(next.channel.path, next.channel.secret) };
    }
    hooks.onSlot(newsOf(next));
  };
  const worker = async (insertion: number): Promise<CardCaller | 'stale' | 'unreachable'> => {
    if (situation.kind !== 'ready' || situation.insertion !== insertion) return 'stale';
    return (await card?.caller) ?? 'unreachable';
  };

  // Events first: one that comes between the lease and the answer to hello must not be lost.
  bridge.on('card.changed', hearSlot);
  bridge.on('printer.job', hooks.onJob);
  bridge.on('lease.ended', () => lost('lease-ended'));
  bridge.onClose(() => lost('bridge-gone'));
  const hello = await bridge.call('hello', { version: BRIDGE_PROTOCOL_VERSION, role: 'visit', token }, TIMES.helloMs);
  if (hello.kind !== 'answered' || hello.value.kind !== 'welcome') {
    over = true;
    bridge.close();
    return { kind: 'refused' };
  }
  const first = hello.value.card;

  const devices: Devices = {
    begin: () => {
      if (!heard) hearSlot(first);
    },
    async identify(insertion) {
      const caller = await worker(insertion);
      if (caller === 'stale') return { kind: 'stale' };
      if (caller === 'unreachable') return { kind: 'unreadable', reason: 'exchange' };
      const answer = await caller.call('identify', { insertion }, TIMES.cardMs);
      return answer.kind === 'answered' ? answer.value : { kind: 'unreadable', reason: 'timed-out' };
    },
    async read(insertion, fields) {
      const caller = await worker(insertion);
      if (caller === 'stale') return { kind: 'stale' };
      if (caller === 'unreachable') return { kind: 'unreadable' };
      const answer = await caller.call('read', { insertion, fields: [...fields] }, TIMES.cardMs);
      if (answer.kind !== 'answered') return { kind: 'unreadable' };
      const outcome = answer.value;
      // The card may have left, or another come in, while the answer was under way (model code: stale replies).
      if (situation.kind !== 'ready' || situation.insertion !== insertion) return { kind: 'removed' };
      return outcome.kind === 'unreadable' ? { kind: 'unreadable' } : outcome;
    },
    async print(jobId, { widthDots, heightDots, bits }) {
      const slip = over ? null : await serveSlip(dirname(bridgeSocket), bits);
      if (over || !slip) {
        slip?.close();
        return 'refused';
      }
      const answer = await bridge.call('printer.print', { jobId, widthDots, heightDots, source: slip.source }, TIMES.printMs);
      slip.close();
      return answer.kind === 'answered' ? answer.value.kind : 'unknown';
    },
    drop: (jobId) => void bridge.call('printer.drop', { jobId }, TIMES.printMs),
    close() {
      over = true;
      bridge.close();
      void card?.caller.then((caller) => caller?.close());
    },
  };
  return { kind: 'leased', devices };
}
