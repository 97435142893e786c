/**
 * The visits that live: one serving, one warm, and those that are ending. The host starts and ends them, and leases the bridge to the
 * serving one. It holds nothing of a person: a visit is a number, an address and a process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Answerer } from '../../firmware-bridge/rpc.ts';
import { HOST_TIMES, type hostEvents, type Launch, type VisitStart } from './protocol.ts';

export interface VisitsGiven {
  readonly visitJs: string;
  readonly start: Omit<VisitStart, 'visit' | 'token' | 'clockSure'>;
  readonly clockSure: () => boolean;
  readonly monotonicMs: () => number;
  /** Gives the bridge to the bearer of the token; false while there is no bridge. Ends the lease before it. */
  readonly grantLease: (lease: string, token: string) => Promise<boolean>;
  /** The visit that serves has an address: shows it where nothing is shown yet. */
  readonly onServing: (launch: Launch) => void;
  /** The page did not come to the serving visit, or its script has stopped. */
  readonly onNeedsBrowser: (launch: Launch) => void;
  /** Keeps the last insertion that was taken up, so that a host started anew still knows a card that was left behind. */
  readonly usedFile: string;
  readonly log: (event: string, fields?: Readonly<Record<string, string | number>>) => void;
}

interface LiveVisit {
  readonly id: string;
  readonly token: string;
  readonly process: ChildProcess;
  answerer: Answerer<typeof hostEvents> | null;
  launch: Launch | null;
  store: 'open' | 'off';
  aliveAtMs: number;
  shown: boolean;
  ending: boolean;
  /** Counts what was asked for its lease: the newest asks on, those before give up. */
  leaseRound: number;
}

export interface Visits {
  /** A visit's first message. True when it is one of ours and not yet connected. */
  join(id: string, token: string, answerer: Answerer<typeof hostEvents>): boolean;
  registered(id: string, launch: Launch, store: 'open' | 'off'): void;
  alive(id: string): void;
  /** Counts only from the visit that serves: nobody else has the slot. */
  used(id: string, insertion: number): void;
  shown(id: string): void;
  pageDead(id: string): void;
  ended(id: string, why: string): void;
  /** The serving visit could not use its lease. */
  leaseRefused(id: string): void;
  /** The bridge is back: the serving visit gets a new lease. */
  leaseAgain(): void;
  tellClock(sure: boolean): void;
  isServing(id: string): boolean;
  serving(): { readonly launch: Launch | null; readonly store: 'open' | 'off' } | null;
  origins(): string[];
  close(): void;
}

function readUsed(file: string): number {
  const used = existsSync(file) ? Number(readFileSync(file, 'utf8')) : -1;
  return Number.isSafeInteger(used) ? used : -1;
}

const random = () => randomBytes(24).toString('base64url');

export function runVisits(given: VisitsGiven): Visits {
  const visits = new Map<string, LiveVisit>();
  let serving: LiveVisit | null = null;
  let warm: LiveVisit | null = null;
  let lastUsed = readUsed(given.usedFile);
  let failures = 0;
  let closing = false;
  /** A browser that was just started has not shown anything yet, and takes longer than a page that moves on. */
  let freshBrowser = true;

  const startOne = (): LiveVisit => {
    const id = random().slice(0, 8);
    const child = spawn(process.execPath, ['--enable-source-maps', given.visitJs], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '2' },
    });
    const visit: LiveVisit = {
      id,
      token: random(),
      process: child,
      answerer: null,
      launch: null,
      store: 'off',
      aliveAtMs: given.monotonicMs(),
      shown: false,
      ending: false,
      leaseRound: 0,
    };
    const start: VisitStart = { ...given.start, visit: id, token: visit.token, clockSure: given.clockSure() };
    // A process that could not be started has no standard input.
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(start)}\n`);
    child.once('exit', (code, signal) => gone(visit, code, signal));
    child.on('error', () => child.pid === undefined && gone(visit, null, null));
    visits.set(id, visit);
    return visit;
  };

  const kill = (visit: LiveVisit) => {
    visit.process.kill('SIGKILL');
  };

  const gone = (visit: LiveVisit, code: number | null, signal: string | null) => {
    if (!visits.delete(visit.id) || closing) return;
    if (visit.launch === null || code !== 0) {
      failures++;
      given.log('visit.gone', { code: code ?? -1, signal: signal ?? '' });
    }
    if (serving === visit) promote();
    else if (warm === visit) warmUp();
  };

  /** A warm successor; after failures with a growing pause, so that a visit that cannot start does not burn the machine. */
  const warmUp = () => {
    warm = null;
    const waitMs = failures === 0 ? 0 : Math.min(100 * 2 ** Math.min(failures, 6), 5_000);
    setTimeout(() => {
      if (closing || warm !== null) return;
      warm = startOne();
      if (serving === null) promote();
    }, waitMs);
  };

  /** Until it is granted: the bridge may be away, or still busy with what the visit before has left in it. */
  const lease = async (visit: LiveVisit) => {
    const round = ++visit.leaseRound;
    const wanted = () => serving === visit && !visit.ending && visit.leaseRound === round && !closing;
    while (wanted()) {
      const token = random();
      const granted = await given.grantLease(visit.id, token);
      if (granted && wanted()) return visit.answerer?.tell('lease', { bridgeToken: token });
      await new Promise((resolve) => setTimeout(resolve, HOST_TIMES.leaseAgainMs));
    }
  };

  const serve = (visit: LiveVisit) => {
    visit.answerer?.tell('serve', { usedInsertion: lastUsed });
    void lease(visit);
    given.onServing(visit.launch!);
    expectPage(visit);
  };

  /** A page must come to the serving visit, or the browser is started anew, again and again: a dead glass has no other way back. */
  const expectPage = (visit: LiveVisit) => {
    setTimeout(
      () => serving === visit && !visit.shown && needsBrowser(visit),
      freshBrowser ? HOST_TIMES.browserShowsWithinMs : HOST_TIMES.shownWithinMs,
    );
  };
  const needsBrowser = (visit: LiveVisit) => {
    visit.shown = false;
    freshBrowser = true;
    given.onNeedsBrowser(visit.launch!);
    expectPage(visit);
  };

  const promote = () => {
    serving = warm;
    warm = null;
    if (serving?.launch) serve(serving);
    warmUp();
  };

  let watchedAtMs = given.monotonicMs();
  const watch = setInterval(() => {
    const nowMs = given.monotonicMs();
    const late = nowMs - watchedAtMs > 2 * HOST_TIMES.aliveEveryMs;
    watchedAtMs = nowMs;
    // This process stood still itself: what the visits sent meanwhile is not read yet.
    if (late) for (const visit of visits.values()) visit.aliveAtMs = nowMs;
    for (const visit of visits.values()) {
      const limitMs = visit.launch ? HOST_TIMES.deadAfterMs : HOST_TIMES.visitReadyWithinMs;
      if (nowMs - visit.aliveAtMs > limitMs) {
        given.log('visit.silent');
        kill(visit);
      }
    }
  }, HOST_TIMES.aliveEveryMs);

  // The successor is started when the first listens: on a small machine they would only slow each other.
  serving = startOne();

  return {
    join(id, token, answerer) {
      const visit = visits.get(id);
      if (!visit || visit.token !== token || visit.answerer) return false;
      visit.answerer = answerer;
      answerer.onClose(() => {
        // A visit whose socket is gone can no longer be ended in order.
        if (visits.has(id)) setTimeout(() => visits.has(id) && kill(visit), HOST_TIMES.visitGoneWithinMs);
      });
      return true;
    },
    registered(id, launch, store) {
      const visit = visits.get(id);
      if (!visit) return;
      const first = visit.launch === null;
      visit.launch = launch;
      visit.store = store;
      visit.aliveAtMs = given.monotonicMs();
      if (first) failures = 0;
      if (visit === serving && first) {
        serve(visit);
        if (warm === null) warmUp();
      }
      if (visit === warm || (visit === serving && first)) {
        const next = warm?.launch;
        if (next) serving?.answerer?.tell('successor', next);
      }
    },
    alive(id) {
      const visit = visits.get(id);
      if (visit) visit.aliveAtMs = given.monotonicMs();
    },
    used(id, insertion) {
      if (serving?.id !== id) return;
      lastUsed = Math.max(lastUsed, insertion);
      writeFileSync(given.usedFile, String(lastUsed), { mode: 0o600 });
    },
    shown(id) {
      const visit = visits.get(id);
      if (!visit) return;
      visit.shown = true;
      freshBrowser = false;
      given.log('visit.shown');
    },
    pageDead(id) {
      if (serving?.id === id && serving.launch && serving.shown) needsBrowser(serving);
    },
    ended(id, why) {
      const visit = visits.get(id);
      if (!visit || visit.ending) return;
      visit.ending = true;
      given.log('visit.ended', { why });
      setTimeout(() => visits.has(id) && kill(visit), HOST_TIMES.visitGoneWithinMs);
      if (serving === visit) promote();
    },
    leaseRefused(id) {
      const visit = serving;
      if (visit?.id !== id || visit.ending) return;
      setTimeout(() => serving === visit && !visit.ending && void lease(visit), HOST_TIMES.leaseAgainMs);
    },
    leaseAgain() {
      if (serving?.launch) void lease(serving);
    },
    tellClock(sure) {
      for (const visit of visits.values()) visit.answerer?.tell('clock', { sure });
    },
    isServing: (id) => serving?.id === id,
    serving: () => serving && { launch: serving.launch, store: serving.store },
    origins: () => [...visits.values()].flatMap(({ launch }) => (launch ? [new URL(launch.address).origin] : [])),
    close() {
      closing = true;
      clearInterval(watch);
      for (const visit of visits.values()) kill(visit);
    },
  };
}
