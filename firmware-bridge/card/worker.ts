/**
 * Process `card-worker`: holds one card from its insertion to its end, names it to the bridge, and tells the visit, and only the
 * visit, what the chip says. Killed when the card leaves, the visit closes or the lease ends; a call that never returns is given up
 * with the process.
 */
import { timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { log } from '../log.ts';
import type { CardFault, CardIdentifyOutcome, CardReadOutcome, Done } from '../protocol.ts';
import { cardRequests } from '../protocol.ts';
import { rpcAnswerer } from '../rpc.ts';
import { bridgeTimes, cardTimes } from '../timeouts.ts';
import type { Protocol, Send } from './apdu.ts';
import { connectDirect } from './direct.ts';
import { hearLines, WorkerOrder, type WorkerSays, WorkerStart } from './lines.ts';
import { connectPcsc } from './pcsc.ts';
import type { CardConnection } from './reader.ts';
import { type CardSession, type Failure, openSession, recognise } from './session.ts';

process.umask(0o177);

const say = (line: WorkerSays) => void process.stdout.write(`${JSON.stringify(line)}\n`);
const die = () => process.kill(process.pid, 'SIGKILL');
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const STUCK = Symbol('deadline');
/** The promise, or `STUCK` after `ms`: calls into a reader may never return. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | typeof STUCK> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof STUCK>((resolve) => {
    timer = setTimeout(() => resolve(STUCK), ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

process.stdin.once('end', die);

let hearOrder: ((order: WorkerOrder) => void) | null = null;
hearLines(process.stdin, WorkerStart.or(WorkerOrder), (line) => {
  if ('order' in line) hearOrder?.(line);
  else hearOrder ??= runWorker(line);
});

/** Answers how to give this worker an order. */
function runWorker(start: WorkerStart): (order: WorkerOrder) => void {
  const card: CardConnection = start.path.kind === 'direct' ? connectDirect(start.path.socket) : connectPcsc(start.reader);
  let insertion: number | null = null;
  let session: CardSession | null = null;
  let protocol: Protocol = 't1';
  let stuck = false;
  let mayAnswer = true;
  let goneHeard: () => void = () => {};
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    goneHeard = resolve;
  });

  const send: Send = async (command) => {
    if (stuck || isGone) return { kind: 'failed' };
    const answer = await within(cardTimes.transmitMs, card.transmit(command));
    if (answer === STUCK) {
      stuck = true;
      return { kind: 'failed' };
    }
    if (answer.kind === 'removed') goneSeen();
    return answer.kind === 'response' ? { kind: 'sent', bytes: answer.bytes } : { kind: 'failed' };
  };
  const goneSeen = () => {
    isGone = true;
    goneHeard();
  };

  /** What a broken exchange was: the reader's word comes after up to two looks at the slot. */
  const verdict = async (): Promise<'removed' | 'stuck' | 'broken'> => {
    if (isGone) return 'removed';
    if (stuck) return 'stuck';
    await within(cardTimes.pulledVerdictMs, gone);
    return isGone ? 'removed' : 'broken';
  };

  const takeCard = async (): Promise<WorkerSays | 'removed'> => {
    let powerUps = 0;
    for (let busy = 0; ; ) {
      const connected = await within(cardTimes.connectMs, card.connect());
      if (isGone) return 'removed';
      if (connected === STUCK) return { says: 'unreadable', why: 'stuck' };
      if (connected.kind === 'busy') {
        if (++busy >= cardTimes.busyAttempts) return { says: 'unreadable', why: 'busy' };
        await pause(cardTimes.busyRetryMs);
        continue;
      }
      if (connected.kind === 'connected') {
        protocol = connected.protocol;
        const recognised = await recognise(send, protocol, start.profiles);
        if (recognised.kind === 'known') {
          session = openSession(send, protocol, recognised.profile);
          return { says: 'known', profile: recognised.profile.id, proof: recognised.profile.proves };
        }
        if (recognised.kind === 'foreign') return { says: 'foreign', family: recognised.family };
        const what = await verdict();
        if (what === 'removed') return 'removed';
        if (what === 'stuck') return { says: 'unreadable', why: 'stuck' };
      }
      if (connected.kind === 'no-card') {
        await within(cardTimes.pulledVerdictMs, gone);
        if (isGone) return 'removed';
      }
      if (++powerUps >= cardTimes.powerUpAttempts) return { says: 'unreadable', why: connected.kind === 'mute' ? 'mute' : 'exchange' };
      await within(cardTimes.connectMs, card.disconnect());
    }
  };

  /** One request on the card, with its deadline, a pull told as such, and one more try where the exchange merely broke. */
  const request = async <T extends { readonly kind: string }>(asked: number, work: (session: CardSession) => Promise<T | Failure>) => {
    if (asked !== insertion || !mayAnswer) return { kind: 'stale' } as const;
    if (isGone) return { kind: 'removed' } as const;
    const deadline = performance.now() + cardTimes.requestMs;
    for (let attempt = 1; ; attempt++) {
      if (!session) return { kind: 'unreadable', reason: 'exchange' } as const;
      const outcome = await within(Math.max(deadline - performance.now(), 1), Promise.race([work(session), gone]));
      if (isGone || outcome === undefined) return { kind: 'removed' } as const;
      // Another card came in meanwhile: whose slip this would be is no longer certain.
      if (!mayAnswer) return { kind: 'stale' } as const;
      if (outcome === STUCK) {
        stuck = true;
        return giveUp();
      }
      if (outcome.kind !== 'failed') return outcome as Exclude<T | Failure, { kind: 'failed' }>;
      const what = await verdict();
      if (what === 'removed') return { kind: 'removed' } as const;
      if (what === 'stuck') return giveUp();
      if (attempt >= cardTimes.exchangeAttempts) return { kind: 'unreadable', reason: 'exchange' } as const;
      await reopen();
    }
  };
  const giveUp = (): CardFault => {
    say({ says: 'unreadable', why: 'stuck' });
    return { kind: 'unreadable', reason: 'timed-out' };
  };
  const reopen = async () => {
    session = null;
    await within(cardTimes.connectMs, card.disconnect());
    const connected = await within(cardTimes.connectMs, card.connect());
    if (connected === STUCK || connected.kind !== 'connected') return;
    protocol = connected.protocol;
    const recognised = await recognise(send, protocol, start.profiles);
    if (recognised.kind === 'known') session = openSession(send, protocol, recognised.profile);
  };

  // One exchange at a time: a card has one current file.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };

  let attached = false;
  const secret = Buffer.from(start.secret);
  const server = createServer((socket) => {
    let mine = false;
    const answerer = rpcAnswerer(
      socket,
      cardRequests,
      {
        attach(params): Done {
          const given = Buffer.from(params.secret);
          if (attached || given.length !== secret.length || !timingSafeEqual(given, secret)) {
            setTimeout(() => answerer.close(), bridgeTimes.refusalMs);
            return { kind: 'refused', code: 'NOT_AUTHENTICATED' };
          }
          attached = true;
          mine = true;
          return { kind: 'done' };
        },
        async identify(params): Promise<CardIdentifyOutcome> {
          if (!mine) return { kind: 'stale' };
          const outcome = await inTurn(() => request(params.insertion, (s) => s.identify()));
          return outcome.kind === 'identity' ? { kind: 'identified', insertion: params.insertion, identity: outcome.identity } : outcome;
        },
        async read(params): Promise<CardReadOutcome> {
          if (!mine) return { kind: 'stale' };
          const outcome = await inTurn(() => request(params.insertion, (s) => s.read(params.fields)));
          return outcome.kind === 'values'
            ? { kind: 'read', insertion: params.insertion, values: outcome.values, proved: outcome.proved }
            : outcome;
        },
      },
      {},
      (name) => log('message.malformed', { device: 'card', name }),
      (name) => log('message.fault', { device: 'card', name }),
    );
    answerer.onClose(() => {
      // The visit that was told this card's data is gone, and with it the reason to hold the card.
      if (mine) die();
    });
  });
  server.listen(start.socket, () => {
    chmodSync(start.socket, 0o600);
    say({ says: 'listening' });
  });

  return (order) => {
    if (order.order === 'gone') {
      goneSeen();
      // What is pending answers `removed` first; the bridge kills what is left.
      setTimeout(die, cardTimes.farewellMs / 2);
      return;
    }
    if (order.order === 'answer') {
      mayAnswer = order.allowed;
      return;
    }
    if (insertion !== null) return;
    insertion = order.insertion;
    void takeCard().then((outcome) => {
      if (outcome !== 'removed') say(outcome);
    });
  };
}
