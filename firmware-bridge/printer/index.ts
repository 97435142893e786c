/**
 * The printer driver: one queue, one loop that asks, sends and listens, and a job machine (`job.ts`) that says what it means.
 *
 * What a lease leaves behind (T3): bytes that a printer was given and did not print stay in its buffer, and would come out when paper
 * is put in. So `endLease` clears that buffer, and where the printer cannot be reached the first thing it hears later is the same.
 * A slip that hangs out half printed is cut off as soon as the printer can cut, while whoever mended it stands there.
 */
import type { BridgeConfig } from '../config.ts';
import type { Log } from '../log.ts';
import type { PrinterInfo, PrinterPrintOutcome, PrinterState, PrintJobEvent, PrintJobState } from '../protocol.ts';
import { type PrinterTimes, printerTimes } from '../timeouts.ts';
import {
  type Bitmap,
  bandCount,
  feedAndCut,
  initialise,
  newProcessId,
  type ProcessId,
  processIdRequest,
  queuedStatusRequest,
  RASTER_HEAD_BYTES,
  rasterBand,
  recoverRequest,
  withoutRealTimeCommands,
} from './commands.ts';
import { type Dialogue, openDialogue } from './dialogue.ts';
import { type Job, type JobEvent, type JobRules, jobState, leavesRemains, newJob, step } from './job.ts';
import { canPrint } from './status.ts';
import { type Transport, tcpTransport } from './transport.ts';

export type PrinterConfig = NonNullable<BridgeConfig['printer']>;

export interface PrinterHooks {
  readonly onInfo: (info: PrinterInfo) => void;
  readonly onJob: (event: PrintJobEvent) => void;
  readonly log?: Log;
}

/** `not-confirmed`: the printer could not be asked, or does not know the command; it is cleared first when it is heard again. */
export type EndLeaseOutcome = { readonly kind: 'clear' } | { readonly kind: 'not-confirmed' };

export interface Printer {
  info(): PrinterInfo;
  /**
   * Queues one slip and owns its dots from now on: they are zeroed as soon as the job is over or refused. BAD_MESSAGE: the picture
   * does not fit its size or this paper. BAD_STATE: the job is known, or too many wait.
   */
  print(job: { readonly jobId: string } & Bitmap): PrinterPrintOutcome;
  /** Drops the job if no byte of it was sent. A job that is not known, or is over, cannot come out any more. */
  drop(jobId: string): void;
  /** Ends every job and says how; what the printer holds of them is for `endLease`. */
  endJobs(): void;
  /** Ends every job and clears the printer. Answers within `clearAtEndMs`. */
  endLease(): Promise<EndLeaseOutcome>;
  close(): Promise<void>;
}

interface Entry {
  readonly jobId: string;
  readonly bitmap: Bitmap;
  readonly processId: ProcessId;
  job: Job;
  told: PrintJobState;
  /** The band that the machine has not taken yet. */
  handing: Promise<'taken' | 'lost'> | null;
  band: Buffer | null;
}

export function createPrinter(
  config: PrinterConfig,
  hooks: PrinterHooks,
  given: { readonly times?: PrinterTimes; readonly transport?: Transport } = {},
): Printer {
  const times = given.times ?? printerTimes;
  const transport = given.transport ?? tcpTransport(config.transport.host, config.transport.port);
  const rules: JobRules = { confirms: config.confirms, times };
  const queue: Entry[] = [];
  let state: PrinterState = 'no-printer';
  let dialogue: Dialogue | null = null;
  // A bridge that has just started does not know what the one before it left in the printer.
  let mayHoldBytes = true;
  let mustClear = true;
  let halfSlipHangs = false;
  let closed = false;
  let wake: () => void = () => {};
  let woken = false;
  const whenClear = new Set<() => void>();

  const nowMs = () => performance.now();
  const info = (): PrinterInfo => ({ widthDots: config.widthDots, confirms: config.confirms, state });

  /** Waits until something happened, at most `ms`. What happened since the last wait counts. */
  const rest = async (ms: number, ...until: Promise<unknown>[]) => {
    if (!woken) {
      let timer: NodeJS.Timeout | undefined;
      const happened = new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, Math.max(0, ms));
      });
      await Promise.race([happened, ...until]);
      clearTimeout(timer);
    }
    woken = false;
  };
  const rouse = () => {
    woken = true;
    wake();
  };

  const apply = (entry: Entry, event: JobEvent) => {
    entry.job = step(entry.job, event, nowMs(), rules);
    if (entry.job.kind === 'over') {
      entry.bitmap.bits.fill(0);
      // A band the machine has not taken goes out white; its head stays, since the printer counts the bytes behind it.
      entry.band?.fill(0, RASTER_HEAD_BYTES);
      entry.band = null;
      const at = queue.indexOf(entry);
      if (at >= 0) queue.splice(at, 1);
      if (leavesRemains(entry.job)) {
        mustClear = true;
        halfSlipHangs = true;
      } else if (entry.job.outcome === 'printed' || (entry.job.outcome === 'handed-over' && config.confirms === 'gsR')) {
        mayHoldBytes = false;
      }
    }
    const told = jobState(entry.job);
    if (told === entry.told) return;
    entry.told = told;
    hooks.log?.('printer.job', { device: 'printer', state: told, code: state });
    hooks.onJob({ jobId: entry.jobId, state: told, printer: state });
  };

  const endJobs = () => {
    for (const entry of [...queue]) apply(entry, { type: 'lease-ended' });
  };

  const setState = (next: PrinterState) => {
    const changed = next !== state;
    state = next;
    if (changed) {
      hooks.log?.('printer.state', { device: 'printer', state });
      hooks.onInfo(info());
    }
    for (const entry of [...queue]) apply(entry, { type: 'printer', state });
  };

  const nothingHeld = () => {
    mayHoldBytes = false;
    mustClear = false;
    for (const tell of [...whenClear]) tell();
  };

  const clear = async (with_: Dialogue): Promise<void> => {
    const outcome = await with_.clear();
    hooks.log?.('printer.clear', { device: 'printer', state: outcome });
    if (with_.lost()) return;
    if (outcome === 'cleared') nothingHeld();
    await with_.send(initialise());
  };

  /** Sends what the machine takes until the next question is due, a fault is known or the job is with the printer. */
  const sendBands = async (with_: Dialogue, entry: Entry): Promise<void> => {
    const untilMs = nowMs() + times.statusBusyMs;
    while (entry.job.kind === 'sending' && entry.job.held === 'no' && !with_.lost() && !closed) {
      const all = entry.job.sentBands === bandCount(entry.bitmap);
      if (!entry.handing) {
        entry.band = all ? null : rasterBand(entry.bitmap, entry.job.sentBands);
        entry.handing = with_.send(entry.band ?? Buffer.concat([feedAndCut(), confirmation(entry)]));
      }
      const taken = await Promise.race([entry.handing, delay(times.statusAnswerMs)]);
      if (taken === undefined) return entry.job.kind === 'sending' ? setState('silent') : undefined;
      entry.handing = null;
      entry.band = null;
      if (taken === 'taken') apply(entry, { type: all ? 'all-taken' : 'band-taken' });
      if (nowMs() >= untilMs) return;
    }
  };

  const confirmation = ({ processId }: Entry): Buffer => {
    switch (config.confirms) {
      case 'processId':
        return processIdRequest(processId);
      case 'gsR':
        return queuedStatusRequest();
      case 'none':
        return Buffer.alloc(0);
      default:
        return config.confirms satisfies never;
    }
  };

  /** One connection, from the first clear to its end. */
  const serve = async (with_: Dialogue): Promise<void> => {
    let silentRounds = 0;
    while (!closed && !with_.lost()) {
      if (mustClear) await clear(with_);
      const before = state;
      const now = await with_.askState();
      if (closed || with_.lost()) return;
      // The end of a lease interrupted the question: no answer says nothing about the printer.
      if (mustClear && now === 'silent' && whenClear.size > 0) continue;
      setState(now);
      silentRounds = now === 'silent' ? silentRounds + 1 : 0;
      if (silentRounds >= times.silentRounds) return with_.abandon();
      // It answers, but not to the clear: it does not know that command, and ESC @ is all that can be done.
      if (mustClear && now !== 'silent') nothingHeld();
      if (now === 'cutter') await with_.send(recoverRequest());
      if (canPrint(now) && halfSlipHangs && !mustClear) {
        halfSlipHangs = false;
        await with_.send(feedAndCut());
      }
      for (const entry of [...queue]) apply(entry, { type: 'time' });
      const entry = queue[0];
      if (entry && !mustClear) {
        if (entry.job.kind === 'waiting' && canPrint(now)) {
          mayHoldBytes = true;
          apply(entry, { type: 'begin' });
        }
        // GS r is dropped by a printer that is offline, so it is asked again once it is back.
        if (entry.job.kind === 'confirming' && config.confirms === 'gsR' && !canPrint(before) && canPrint(now))
          await with_.send(queuedStatusRequest());
        if (entry.job.kind === 'sending') await sendBands(with_, entry);
      }
      const urgent = queue.length > 0 || !canPrint(state);
      const dueMs = Math.min(...queue.map(({ job }) => (job.kind === 'over' ? Infinity : job.deadlineMs - nowMs())));
      const goOn = queue[0]?.job.kind === 'sending' && queue[0].job.held === 'no' && queue[0].handing === null;
      await rest(goOn ? 0 : Math.min(urgent ? times.statusBusyMs : times.statusRestMs, dueMs));
    }
  };

  const run = async (): Promise<void> => {
    let pauseMs = times.reconnectFirstMs;
    while (!closed) {
      dialogue = await openDialogue(transport, times, {
        onProcessId(id) {
          const entry = queue[0];
          if (entry?.processId === id) apply(entry, { type: 'process-id' });
          rouse();
        },
        onProcessed() {
          if (queue[0]) apply(queue[0], { type: 'processed' });
          rouse();
        },
        onLost: rouse,
      });
      if (dialogue === null) {
        setState('no-printer');
        for (const entry of [...queue]) apply(entry, { type: 'time' });
        pauseMs = Math.min(pauseMs * 2, times.reconnectLastMs);
      } else {
        pauseMs = times.reconnectFirstMs;
        if (closed) dialogue.abandon();
        await serve(dialogue);
        const gaveUp = state === 'silent';
        dialogue = null;
        for (const entry of [...queue]) apply(entry, { type: 'link-lost' });
        if (!gaveUp) setState('no-printer');
      }
      if (!closed) await rest(pauseMs);
    }
    endJobs();
  };
  const running = run();

  return {
    info,
    print({ jobId, widthDots, heightDots, bits }) {
      if (bits.length !== (widthDots / 8) * heightDots || widthDots > config.widthDots) {
        bits.fill(0);
        return { kind: 'refused', code: 'BAD_MESSAGE' };
      }
      if (closed || queue.length >= times.queuedJobs || queue.some((entry) => entry.jobId === jobId)) {
        bits.fill(0);
        return { kind: 'refused', code: 'BAD_STATE' };
      }
      withoutRealTimeCommands(bits);
      queue.push({
        jobId,
        bitmap: { widthDots, heightDots, bits },
        processId: newProcessId(),
        job: newJob(nowMs(), rules),
        told: 'queued',
        handing: null,
        band: null,
      });
      rouse();
      return { kind: 'queued' };
    },
    drop(jobId) {
      const entry = queue.find((queued) => queued.jobId === jobId);
      if (entry) apply(entry, { type: 'drop' });
    },
    endJobs,
    async endLease() {
      mustClear ||= mayHoldBytes;
      endJobs();
      if (!mustClear) return { kind: 'clear' };
      const asked = dialogue;
      if (asked === null) return { kind: 'not-confirmed' };
      const cleared = new Promise<true>((resolve) => whenClear.add(() => resolve(true)));
      asked.interrupt();
      rouse();
      const outcome = await Promise.race([cleared, delay(times.clearAtEndMs)]);
      whenClear.clear();
      if (outcome) return { kind: 'clear' };
      // What the kernel still holds goes with the connection; the next one starts with the clear.
      asked.abandon();
      return { kind: 'not-confirmed' };
    },
    async close() {
      closed = true;
      dialogue?.abandon();
      rouse();
      await running;
    },
  };
}

const delay = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });
