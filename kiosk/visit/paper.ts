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
  /** `unknown`: asked, and no answer came; some of it may come out. */
  readonly print: (jobId: string, bitmap: Bitmap) => Promise<'queued' | 'refused' | 'unknown'>;
  readonly drop: (jobId: string) => void;
  readonly onJob: (hear: (event: PrintJobEvent) => void) => () => void;
  readonly now: () => Date;
}

const PRINTS_WITHIN_MS = 45_000;
const DROPS_WITHIN_MS = 500;

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
  let copying = false;
  let stopping: Promise<void> | null = null;
  let onFinal = (_state: PrintJobEvent['state']) => {};
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
    clearTimeout(late);
    if (jobId && state !== 'printed') ports.drop(jobId);
    const job = jobId;
    jobId = '';
    // What the store could not take is not told to anybody as done: the receipt then still counts as sent.
    settled = await write(state, AUDIT_OF[state]);
    if (state === 'printed') tell(settled ? 'printed' : 'ask-person');
    else if (!settled) jobId = job;
  };

  /** A job of which no byte was sent: the slip may still be printed as it is, unless an earlier one may have come out. */
  const untouched = (): ReceiptState => (copying ? 'sent' : 'waiting');

  const start = async (copy: boolean) => {
    copying = copy;
    const bitmap = await ports.records.bitmap(receiptId, copy);
    if (ended) return;
    if (!bitmap) return tell('waits');
    if (!(await write('sent', copy ? 'receipt.copy' : undefined)) || ended) return tell('waits');
    jobId = randomUUID();
    late = setTimeout(() => tell('printer'), PRINTS_WITHIN_MS);
    const accepted = await ports.print(jobId, bitmap);
    bitmap.bits.fill(0);
    if (ended) return;
    if (accepted === 'unknown') {
      clearTimeout(late);
      ports.drop(jobId);
      jobId = '';
      return tell('ask-person');
    }
    if (accepted === 'refused') {
      clearTimeout(late);
      jobId = '';
      await write(untouched(), undefined);
      tell('waits');
    }
  };

  const forget = ports.onJob(({ jobId: of, state, printer }) => {
    if (of !== jobId) return;
    if (ended) return onFinal(state);
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
        void write(untouched(), undefined);
        return tell('printer');
    }
  });

  void start(false);
  return {
    copy: () => void start(true),
    settle: (as) => void settle(as),
    stop() {
      stopping ??= leave();
      return stopping;
    },
  };

  async function leave(): Promise<void> {
    ended = true;
    clearTimeout(late);
    if (jobId && !settled) {
      let limit: NodeJS.Timeout | undefined;
      const final = new Promise<PrintJobEvent['state'] | null>((resolve) => {
        onFinal = resolve;
        limit = setTimeout(() => resolve(null), DROPS_WITHIN_MS);
      });
      ports.drop(jobId);
      const state = await final;
      clearTimeout(limit);
      if (state === 'printed') await settle('printed');
      else if (!settled) await write(state === 'dropped' ? untouched() : 'sent', 'receipt.waits');
    }
    forget();
    await writes;
  }
}
