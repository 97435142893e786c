/**
 * The card slot as the leaseholder sees it: numbers every insertion, starts and kills the processes that touch the reader, and says in
 * one word what is in the slot. Holds nothing that a chip said.
 */

import type { Log } from '../log.ts';
import type { CardSituation, DeviceHealth } from '../protocol.ts';
import { cardTimes } from '../timeouts.ts';
import { type CardConfig, type Child, startMonitor, startWorker, type Worker } from './children.ts';
import { insertionNumbers } from './insertions.ts';
import type { MonitorSays, WorkerSays } from './lines.ts';
import { type SlotView, situationOf } from './situation.ts';

export interface CardManager {
  situation(): CardSituation;
  health(): DeviceHealth['card'];
  /** A visit holds the lease and listens: from now on cards are recognised. */
  open(): void;
  /** Nobody listens any more: every worker is killed. Resolves when they are dead. */
  shut(): Promise<void>;
  close(): Promise<void>;
  /** Resolves when the service was looked for once. */
  readonly looked: Promise<void>;
}

interface Slot {
  readonly reader: string;
  /** The count of arrivals and removals at the last look; null before the first. */
  count: number | null;
  insertion: number | null;
  /** Until then a first card counts as one that was in already: `performance.now()`, 0 before the first look. */
  settledAtMs: number;
  /** The card was in at the first look. */
  found: boolean;
  view: SlotView;
  worker: Worker | null;
  /** Started ahead for the next card. */
  spare: Worker | null;
  deadline: NodeJS.Timeout | null;
}

const isAllowed = (name: string, patterns: readonly string[]) =>
  patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));

export function createCardManager(
  config: CardConfig,
  runDir: string,
  hooks: { readonly onChange: (situation: CardSituation) => void; readonly log: Log },
): CardManager {
  const { log } = hooks;
  const slots = new Map<string, Slot>();
  const dying = new Set<Promise<void>>();
  /** Told to end by themselves, with the little time that takes. */
  const leaving = new Set<Worker>();
  let service: 'up' | 'down' | 'no-driver' = 'down';
  let unknownReaders: readonly string[] = [];
  let monitor: Child | null = null;
  let retry: NodeJS.Timeout | null = null;
  let retryMs: number = cardTimes.monitorRetryFirstMs;
  const insertions = insertionNumbers(runDir, log);
  /** Insertions in a row that could not be read in this lease (CD-10: the second asks for another advice than the first). */
  let unreadable = 0;
  let isOpen = false;
  let closed = false;
  let told = '';
  let lookedOnce: () => void = () => {};
  const looked = new Promise<void>((resolve) => {
    lookedOnce = resolve;
  });

  const situation = (): CardSituation => {
    if (service !== 'up') return { kind: 'no-service' };
    if (slots.size === 0) return { kind: 'no-reader', unknownReaders: [...unknownReaders] };
    return situationOf([...slots.values()].map((slot) => slot.view));
  };
  const changed = () => {
    const now = situation();
    // A card that is known, and hidden by another beside it, says nothing until it is alone again.
    const cards = [...slots.values()].filter(({ view }) => view.kind !== 'empty');
    for (const { worker, view } of cards) if (view.kind === 'ready') worker?.answer(cards.length === 1);
    const text = JSON.stringify(now);
    if (text === told) return;
    told = text;
    log('card.changed', { device: 'card', state: now.kind, ...('insertion' in now ? { insertion: now.insertion } : {}) });
    hooks.onChange(now);
  };

  const bury = (worker: Worker | null) => {
    if (!worker) return;
    leaving.delete(worker);
    const dead = worker.kill();
    dying.add(dead);
    void dead.then(() => dying.delete(dead));
  };
  const buryLater = (worker: Worker) => {
    leaving.add(worker);
    const timer = setTimeout(() => bury(worker), cardTimes.farewellMs);
    void worker.exited.then(() => {
      clearTimeout(timer);
      leaving.delete(worker);
    });
  };
  const hire = (slot: Slot): Worker => {
    const worker = startWorker(config, runDir, slot.reader, log);
    void worker.exited.then(() => lostWorker(slot, worker));
    return worker;
  };
  /** A worker that ended without being asked: the next card gets a new one, the card it held is unreadable until it leaves. */
  const lostWorker = (slot: Slot, worker: Worker) => {
    if (slot.spare === worker) slot.spare = null;
    if (slot.worker !== worker) return;
    slot.worker = null;
    if (!isOpen || slot.insertion === null || slots.get(slot.reader) !== slot) return;
    setUnreadable(slot, slot.insertion, 'worker-lost');
  };

  const letWorkerGo = (slot: Slot) => {
    if (slot.deadline) clearTimeout(slot.deadline);
    slot.deadline = null;
    const { worker } = slot;
    slot.worker = null;
    if (!worker) return;
    worker.gone();
    buryLater(worker);
  };
  const setUnreadable = (slot: Slot, insertion: number, code: string) => {
    log('card.unreadable', { device: 'card', reader: slot.reader, insertion, code });
    slot.view = { kind: 'unreadable', insertion, attempts: Math.max(++unreadable, 1) };
    changed();
  };

  const begin = (slot: Slot, insertion: number) => {
    slot.view = { kind: 'recognising', insertion };
    if (!isOpen) return;
    const worker = slot.spare ?? hire(slot);
    slot.spare = null;
    slot.worker = worker;
    const from = performance.now();
    slot.deadline = setTimeout(() => {
      slot.worker = null;
      bury(worker);
      setUnreadable(slot, insertion, 'deadline');
    }, cardTimes.recogniseMs);
    worker.take(insertion, (line) => {
      // A word about an insertion that is over is dropped (model code: stale replies).
      if (slot.worker === worker && slot.insertion === insertion) heard(slot, worker, insertion, line, performance.now() - from);
    });
  };
  const heard = (slot: Slot, worker: Worker, insertion: number, line: WorkerSays, ms: number) => {
    if (slot.deadline) clearTimeout(slot.deadline);
    slot.deadline = null;
    switch (line.says) {
      case 'known':
        unreadable = 0;
        log('card.recognised', { device: 'card', reader: slot.reader, insertion, name: line.profile, ms: Math.round(ms) });
        slot.view = { kind: 'ready', insertion, profile: line.profile, proof: line.proof, found: slot.found, channel: worker.channel };
        return changed();
      case 'foreign':
        unreadable = 0;
        slot.view = { kind: 'foreign', insertion, family: line.family };
        return changed();
      case 'unreadable':
        if (line.why === 'stuck') {
          // Its answer to the visit is under way; the process itself cannot be saved.
          slot.worker = null;
          buryLater(worker);
        }
        return setUnreadable(slot, insertion, line.why);
      case 'listening':
        return;
    }
  };

  const leave = (slot: Slot) => {
    slot.insertion = null;
    slot.view = { kind: 'empty' };
    letWorkerGo(slot);
    if (isOpen) slot.spare ??= hire(slot);
  };
  const drop = (slot: Slot) => {
    slots.delete(slot.reader);
    letWorkerGo(slot);
    bury(slot.spare);
    slot.spare = null;
  };

  const hearMonitor = (line: MonitorSays) => {
    switch (line.says) {
      case 'readers': {
        service = 'up';
        retryMs = cardTimes.monitorRetryFirstMs;
        const allowed = line.names.filter((name) => isAllowed(name, config.readers));
        const others = line.names.filter((name) => !allowed.includes(name));
        for (const reader of others.filter((name) => !unknownReaders.includes(name)))
          log('card.unknown-reader', { device: 'card', reader });
        unknownReaders = others;
        for (const slot of [...slots.values()]) if (!allowed.includes(slot.reader)) drop(slot);
        for (const reader of allowed) {
          if (slots.has(reader)) continue;
          const slot: Slot = {
            reader,
            count: null,
            insertion: null,
            settledAtMs: 0,
            found: false,
            view: { kind: 'empty' },
            worker: null,
            spare: null,
            deadline: null,
          };
          slots.set(reader, slot);
          if (isOpen) slot.spare = hire(slot);
        }
        break;
      }
      case 'slot': {
        const slot = slots.get(line.reader);
        if (!slot) return;
        if (slot.count === null) slot.settledAtMs = performance.now() + cardTimes.firstLookSettlesMs;
        const moved = slot.count !== line.count;
        slot.count = line.count;
        // A card that was swapped between two looks shows only in the count.
        if (slot.insertion !== null && (!line.present || moved)) leave(slot);
        if (line.present && slot.insertion === null) {
          slot.insertion = insertions.next();
          slot.found = performance.now() < slot.settledAtMs;
          slot.settledAtMs = 0;
          begin(slot, slot.insertion);
        }
        break;
      }
      case 'end':
        service = line.why === 'no-driver' ? 'no-driver' : 'down';
        break;
    }
    lookedOnce();
    changed();
  };

  const watch = () => {
    retry = null;
    const mine = startMonitor(config, (line) => {
      clearTimeout(silent);
      if (monitor === mine) hearMonitor(line);
    });
    monitor = mine;
    const silent = setTimeout(() => void mine.kill(), cardTimes.monitorStartMs);
    void mine.exited.then(() => {
      clearTimeout(silent);
      if (closed) return;
      monitor = null;
      if (service === 'up') log('card.service-lost', { device: 'card' });
      if (service !== 'no-driver') service = 'down';
      for (const slot of [...slots.values()]) drop(slot);
      lookedOnce();
      changed();
      if (service === 'no-driver') return log('card.no-driver', { device: 'card' });
      retry = setTimeout(watch, retryMs);
      retryMs = Math.min(retryMs * 2, cardTimes.monitorRetryLastMs);
    });
  };
  watch();

  const shut = async () => {
    isOpen = false;
    unreadable = 0;
    for (const slot of slots.values()) {
      if (slot.deadline) clearTimeout(slot.deadline);
      slot.deadline = null;
      bury(slot.worker);
      bury(slot.spare);
      slot.worker = null;
      slot.spare = null;
      if (slot.insertion !== null) slot.view = { kind: 'recognising', insertion: slot.insertion };
    }
    for (const worker of leaving) bury(worker);
    await Promise.all(dying);
  };

  return {
    looked,
    situation,
    health() {
      if (service !== 'up') return 'no-service';
      return slots.size === 0 ? 'no-reader' : 'ready';
    },
    open() {
      if (isOpen) return;
      isOpen = true;
      for (const slot of slots.values()) {
        if (slot.insertion === null) slot.spare ??= hire(slot);
        else begin(slot, slot.insertion);
      }
      told = JSON.stringify(situation());
    },
    shut,
    async close() {
      closed = true;
      if (retry) clearTimeout(retry);
      await Promise.all([shut(), monitor?.kill()]);
    },
  };
}
