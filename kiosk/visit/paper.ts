/**
 * One receipt's way to paper within its visit (CD-14, RC-03): marked as sent before a byte goes out, called printed only when the
 * printer has confirmed, printed again only as COPY, dropped when the visit moves on.
 */
import { randomUUID } from 'node:crypto';
import type { PrinterState, PrintJobEvent } from '../../firmware-bridge/protocol.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { PaperNews } from './conversation.ts';
import type { Bitmap, ReceiptState, Records } from './records.ts';

export interface PaperPorts {
  readonly records: Pick<Records, 'bitmap' | 'setReceipt'>;
  readonly print: (jobId: string, bitmap: Bitmap) => Promise<'queued' | 'refused'>;
  readonly drop: (jobId: string) => void;
  readonly onJob: (hear: (event: PrintJobEvent) => void) => () => void;
  readonly now: () => Date;
}

const PRINTS_WITHIN_MS = 45_000;

const troubleOf = (printer: PrinterState): PaperNews =>
  printer === 'paper-out' || printer === 'cover-open' || printer === 'cutter' ? printer : 'printer';

const AUDIT_OF: Partial<Record<ReceiptState, string>> = { printed: 'receipt.printed', taken: 'receipt.taken' };

/** Starts printing and tells how it goes; the returned object takes orders and stops. Pending writes are in `settled`. */
export function printReceipt(
  receiptId: string,
  ports: PaperPorts,
  tell: (news: PaperNews) => void,
): {
  copy(): void;
  /** The person says how it ended; works after `stop` too, since moving on and stopping are one step. */
  settle(as: 'taken' | 'written-down'): void;
  stop(): Promise<void>;
} {
  let jobId = '';
  let ended = false;
  let settled = false;
  let late: NodeJS.Timeout | undefined;
  let writes: Promise<unknown> = Promise.resolve();
  const entry = (event: string): AuditEntry => ({ event, at: ports.now(), subjectHash: null, assurance: null, detail: {} });
  const write = (state: ReceiptState, event: string | undefined) => {
    const done = writes.then(() => ports.records.setReceipt(receiptId, state, event ? entry(event) : null));
    writes = done.catch(() => false);
    return done;
  };
  const settle = async (state: 'printed' | 'taken' | 'written-down') => {
    if (settled) return;
    settled = true;
    ended = true;
    clearTimeout(late);
    if (jobId && state !== 'printed') ports.drop(jobId);
    // What the store could not take is not told to anybody as done: the receipt then still waits.
    const written = await write(state, AUDIT_OF[state]);
    if (state === 'printed') tell(written ? 'printed' : 'ask-person');
  };

  const start = async (copy: boolean) => {
    const bitmap = await ports.records.bitmap(receiptId, copy);
    if (ended) return;
    if (!bitmap) return tell('waits');
    if (!(await write('sent', copy ? 'receipt.copy' : undefined)) || ended) return tell('waits');
    jobId = randomUUID();
    late = setTimeout(() => tell('printer'), PRINTS_WITHIN_MS);
    const accepted = await ports.print(jobId, bitmap);
    bitmap.bits.fill(0);
    if (accepted === 'refused' && !ended) {
      clearTimeout(late);
      // Nothing of it was taken, so it may still be printed later without the word COPY.
      jobId = '';
      await write('waiting', undefined);
      tell('waits');
    }
  };

  const forget = ports.onJob(({ jobId: of, state, printer }) => {
    if (of !== jobId || ended) return;
    switch (state) {
      case 'queued':
      case 'printing':
        return tell('printing');
      case 'waiting-for-paper':
      case 'waiting-for-printer':
        clearTimeout(late);
        return tell(troubleOf(printer));
      case 'printed':
        return void settle('printed');
      case 'handed-over':
      case 'unknown':
        clearTimeout(late);
        jobId = '';
        return tell('ask-person');
      case 'dropped':
        clearTimeout(late);
        jobId = '';
        void write('waiting', undefined);
        return tell('printer');
    }
  });

  void start(false);
  return {
    copy: () => void start(true),
    settle: (as) => void settle(as),
    async stop() {
      ended = true;
      forget();
      clearTimeout(late);
      if (jobId) ports.drop(jobId);
      await writes;
    },
  };
}
