/**
 * A slip's dots on their way from the visit to the printer's queue, only ever in buffers of ours that are zeroed (T5): the bridge
 * outlives visits, and a text or a buffer of somebody else's would keep the slip legible until its memory is used again.
 */
import { connect } from 'node:net';
import { basename, dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { PrinterPrint, PrinterPrintOutcome } from '../protocol.ts';
import { printerTimes } from '../timeouts.ts';
import type { Printer } from './index.ts';

export interface Intake {
  /** Fetches the dots, then queues the slip. Besides the printer's own refusals: BAD_MESSAGE (not our socket, too few or too many
   * bytes), TIMED_OUT, BAD_STATE (the job is known already, or was dropped meanwhile). */
  print(job: z.output<typeof PrinterPrint>): Promise<PrinterPrintOutcome>;
  /** Whether the job was under way here; then none of it reaches the printer. */
  drop(jobId: string): boolean;
  /** Drops everything under way and says what it was. */
  dropAll(): string[];
}

const READ_BYTES = 64 * 1024;

type Fetched = { readonly kind: 'bits'; readonly bits: Buffer } | { readonly kind: 'wrong' | 'late' | 'dropped' };

/** Exactly `length` bytes and the end, or nothing. */
export function fetchBits(
  { path, secret }: { readonly path: string; readonly secret: string },
  length: number,
  signal: AbortSignal,
  withinMs: number,
): Promise<Fetched> {
  return new Promise((settle) => {
    const bits = Buffer.alloc(length);
    const read = Buffer.alloc(READ_BYTES);
    let got = 0;
    let outcome: Fetched = { kind: 'wrong' };
    const giveUp = (kind: 'wrong' | 'late' | 'dropped') => {
      outcome = { kind };
      socket.destroy();
    };
    const socket = connect({
      path,
      onread: {
        buffer: read,
        callback(bytes) {
          if (got + bytes > length) giveUp('wrong');
          else read.copy(bits, got, 0, bytes);
          got += bytes;
          read.fill(0, 0, bytes);
          return true;
        },
      },
    });
    const timer = setTimeout(() => giveUp('late'), withinMs);
    const onAbort = () => giveUp('dropped');
    signal.addEventListener('abort', onAbort, { once: true });
    // Every error is followed by `close`.
    socket.on('error', () => {});
    socket.once('connect', () => socket.write(`${secret}\n`));
    socket.once('end', () => {
      if (got === length) outcome = { kind: 'bits', bits };
    });
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      read.fill(0);
      if (signal.aborted) outcome = { kind: 'dropped' };
      if (outcome.kind !== 'bits') bits.fill(0);
      settle(outcome);
    });
  });
}

export function createIntake(printer: Pick<Printer, 'info' | 'print'>, runDir: string, withinMs: number = printerTimes.fetchMs): Intake {
  const underWay = new Map<string, AbortController>();
  const refused = (code: 'BAD_MESSAGE' | 'BAD_STATE' | 'TIMED_OUT'): PrinterPrintOutcome => ({ kind: 'refused', code });
  const isOurs = (path: string) => dirname(path) === resolve(runDir) && /^slip-[0-9a-f]{16}\.sock$/.test(basename(path));

  return {
    async print({ jobId, widthDots, heightDots, source }) {
      if (!isOurs(source.path) || widthDots > printer.info().widthDots) return refused('BAD_MESSAGE');
      if (underWay.has(jobId) || underWay.size >= printerTimes.queuedJobs) return refused('BAD_STATE');
      const abort = new AbortController();
      underWay.set(jobId, abort);
      const fetched = await fetchBits(source, (widthDots / 8) * heightDots, abort.signal, withinMs);
      if (underWay.get(jobId) === abort) underWay.delete(jobId);
      if (abort.signal.aborted && fetched.kind === 'bits') fetched.bits.fill(0);
      if (abort.signal.aborted || fetched.kind === 'dropped') return refused('BAD_STATE');
      if (fetched.kind !== 'bits') return refused(fetched.kind === 'late' ? 'TIMED_OUT' : 'BAD_MESSAGE');
      return printer.print({ jobId, widthDots, heightDots, bits: fetched.bits });
    },
    drop(jobId) {
      const abort = underWay.get(jobId);
      underWay.delete(jobId);
      abort?.abort();
      return abort !== undefined;
    },
    dropAll() {
      const jobs = [...underWay];
      underWay.clear();
      for (const [, abort] of jobs) abort.abort();
      return jobs.map(([jobId]) => jobId);
    },
  };
}
