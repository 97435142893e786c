/**
 * One print job as a pure machine: transitions return data, the driver's loop owns the effects.
 *
 * A job of which no byte was sent may wait, and be dropped, as long as anybody likes. Once a byte was sent it may come out, so from
 * then on it ends `printed` or `handed-over` when the printer says so, and `unknown` in every other way; it is never sent again.
 */
import type { PrinterConfirms, PrinterState, PrintJobState } from '../protocol.ts';
import type { PrinterTimes } from '../timeouts.ts';
import { canPrint } from './status.ts';

/** Why the printer cannot go on. */
type Held = 'no' | 'paper' | 'printer';
type Confirms = (typeof PrinterConfirms)['options'][number];

export type Job =
  | { readonly kind: 'waiting'; readonly held: Held; readonly deadlineMs: number }
  | { readonly kind: 'sending'; readonly sentBands: number; readonly held: Held; readonly deadlineMs: number }
  | { readonly kind: 'confirming'; readonly held: Held; readonly deadlineMs: number }
  | { readonly kind: 'over'; readonly outcome: 'printed' | 'handed-over' | 'unknown' | 'dropped' };

export type JobEvent =
  /** The printer was asked and said this. */
  | { readonly type: 'printer'; readonly state: PrinterState }
  /** It is this job's turn and the printer has just said that it can print. */
  | { readonly type: 'begin' }
  | { readonly type: 'band-taken' }
  /** Picture, cut and the request to confirm are with the printer. */
  | { readonly type: 'all-taken' }
  /** The printer said this job's id. */
  | { readonly type: 'process-id' }
  | { readonly type: 'processed' }
  | { readonly type: 'link-lost' }
  | { readonly type: 'drop' }
  | { readonly type: 'lease-ended' }
  | { readonly type: 'time' };

export interface JobRules {
  readonly confirms: Confirms;
  readonly times: Pick<PrinterTimes, 'waitingMs' | 'confirmMs' | 'brokenOffMs'>;
}

const over = (outcome: (Job & { kind: 'over' })['outcome']): Job => ({ kind: 'over', outcome });
const heldBy = (state: PrinterState): Held => (canPrint(state) ? 'no' : state === 'paper-out' ? 'paper' : 'printer');

export const newJob = (nowMs: number, { times }: JobRules): Job => ({
  kind: 'waiting',
  held: 'no',
  deadlineMs: nowMs + times.waitingMs,
});

/** The job after an event. `nowMs` is monotonic; a job over stays as it ended. */
export function step(job: Job, event: JobEvent, nowMs: number, rules: JobRules): Job {
  if (job.kind === 'over') return job;
  if (event.type === 'time' && nowMs < job.deadlineMs) return job;
  return job.kind === 'waiting' ? stepWaiting(job, event, nowMs, rules) : stepSent(job, event, nowMs, rules);
}

function stepWaiting(job: Job & { kind: 'waiting' }, event: JobEvent, nowMs: number, { times }: JobRules): Job {
  switch (event.type) {
    case 'printer':
      return { ...job, held: heldBy(event.state) };
    case 'begin':
      return { kind: 'sending', sentBands: 0, held: 'no', deadlineMs: nowMs + times.confirmMs };
    case 'drop':
    case 'lease-ended':
    case 'time':
      return over('dropped');
    default:
      return job;
  }
}

function stepSent(job: Job & { kind: 'sending' | 'confirming' }, event: JobEvent, nowMs: number, { confirms, times }: JobRules): Job {
  switch (event.type) {
    case 'printer': {
      const held = heldBy(event.state);
      if (held === job.held) return job;
      // The time a printer stands still is not the time it takes to print.
      const waits = (job.held === 'no') !== (held === 'no');
      const deadlineMs = waits ? nowMs + (held === 'no' ? times.confirmMs : times.brokenOffMs) : job.deadlineMs;
      return { ...job, held, deadlineMs };
    }
    case 'band-taken':
      return job.kind === 'sending' ? { ...job, sentBands: job.sentBands + 1 } : job;
    case 'all-taken':
      if (job.kind === 'confirming') return job;
      return confirms === 'none' ? over('handed-over') : { kind: 'confirming', held: job.held, deadlineMs: job.deadlineMs };
    case 'process-id':
      // The id leaves this machine only behind the cut, so its answer may overtake our own note that all was taken.
      return confirms === 'processId' ? over('printed') : job;
    case 'processed':
      return confirms === 'gsR' && job.kind === 'confirming' ? over('handed-over') : job;
    case 'link-lost':
    case 'lease-ended':
    case 'time':
      return over('unknown');
    case 'begin':
    case 'drop':
      return job;
    default:
      return event satisfies never;
  }
}

/** Whether something of the job may still be inside the printer, or hang out of it half printed. */
export const leavesRemains = (job: Job): boolean => job.kind === 'over' && job.outcome === 'unknown';

/** The word the visit is told. */
export function jobState(job: Job): PrintJobState {
  if (job.kind === 'over') return job.outcome;
  if (job.held !== 'no') return job.held === 'paper' ? 'waiting-for-paper' : 'waiting-for-printer';
  return job.kind === 'waiting' ? 'queued' : 'printing';
}
