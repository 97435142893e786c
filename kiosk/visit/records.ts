/**
 * What a visit leaves behind: acts with their receipts, written in one transaction with their audit events before anybody is told.
 * A receipt is a row before it is paper; its bitmap is sealed under its own row (architecture §3, RC-03).
 */
import { randomInt, randomUUID } from 'node:crypto';
import { type AuditEntry, type AuditHead, appendAudit, purgeAudit } from '../audit/audit.ts';
import type { Act, FindActOutcome, KeepOutcome } from '../contract/flow.ts';
import type { Receipt } from '../contract/receipt.ts';
import type { Keyring } from '../store/keyring.ts';
import type { Statements, Store } from '../store/store.ts';

export interface Bitmap {
  readonly widthDots: number;
  readonly heightDots: number;
  readonly bits: Buffer;
}

/**
 * A receipt's life: `waiting` (no byte has gone to a printer), `sent` (some may have; never again without COPY), then how it ended.
 * `sent` at the end of a visit means: nobody knows.
 */
export type ReceiptState = 'waiting' | 'sent' | 'printed' | 'taken' | 'written-down';

export interface Retention {
  readonly receiptPrintedDays: number;
  readonly receiptWaitingDays: number;
  readonly auditDays: number;
}

export interface Records {
  keep(flow: string, act: Act): Promise<KeepOutcome>;
  /** In turn behind what is being written, so `none` is never said of an act that is then kept. */
  find(actKey: string): Promise<FindActOutcome>;
  /** The slip, or its COPY; null when the row is gone or does not open. */
  bitmap(receiptId: string, copy: boolean): Promise<Bitmap | null>;
  /** False when the store could not take it; nothing may then be claimed. */
  setReceipt(receiptId: string, state: ReceiptState, audit: AuditEntry | null): Promise<boolean>;
  note(entry: AuditEntry): Promise<boolean>;
  /** Deletes what is past its date (`config/retention.yaml`) and empties the write-ahead log. */
  purge(now: Date): Promise<void>;
  head(): AuditHead | null;
}

const DAY_MS = 86_400_000;

/** The calendar of one time zone, as numbers of UTC: what a clock on the site's wall shows at `at`. */
function wallMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The day on the site's calendar that comes `days` after the day of `at`, as YYYY-MM-DD. Kept until then means: to the end of that day. */
export const daysAfter = (at: Date, days: number, timeZone: string): string =>
  new Date(wallMs(at, timeZone) + days * DAY_MS).toISOString().slice(0, 10);

/** The instant at which a day of the site's calendar begins. */
function startOf(day: string, timeZone: string): Date {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  let at = wanted;
  // The second round is for a zone whose offset changed between the guess and the answer.
  for (let round = 0; round < 2; round++) at += wanted - wallMs(new Date(at), timeZone);
  return new Date(at);
}

/** Eleven random digits and a check digit (ISO 7064 MOD 11-10), so that a number read over the telephone tells a slip of the tongue. */
export function newReceiptNumber(): string {
  let digits = '';
  for (let i = 0; i < 11; i++) digits += randomInt(10);
  let rest = 10;
  for (const digit of digits) {
    const sum = (rest + Number(digit)) % 10 || 10;
    rest = (sum * 2) % 11;
  }
  return digits + ((11 - rest) % 10);
}

export function createRecords(given: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly retention: Retention;
  /** The site's, whose days the last screen tells. */
  readonly timeZone: string;
  readonly now: () => Date;
  readonly draw: (receipt: Receipt) => Bitmap;
  /** The word COPY in the receipt's language. */
  readonly copyWord: (receipt: Receipt) => string;
}): Records {
  const { store, keyring, retention, timeZone } = given;
  let head: AuditHead | null = null;
  const audit = async (statements: Statements, entry: AuditEntry) => {
    head = await appendAudit(statements, keyring, entry);
  };
  const place = (id: string, column: string) => `receipts.${column}.${id}`;

  const findIn = async (statements: Statements, actKey: string): Promise<FindActOutcome> => {
    const row = await statements.get<{ id: string; number: string }>(
      'SELECT receipts.id, acts.number FROM acts JOIN receipts ON receipts.act_key = acts.act_key WHERE acts.act_key = ?',
      [actKey],
    );
    return row ? { kind: 'kept', receiptId: row.id, number: row.number } : { kind: 'none' };
  };

  return {
    async find(actKey) {
      const outcome = await store.act((statements) => findIn(statements, actKey));
      return outcome.kind === 'committed' ? outcome.value : { kind: 'unknown' };
    },
    async keep(flow, act) {
      const at = given.now();
      const number = newReceiptNumber();
      const receiptId = randomUUID();
      const receipt = act.receipt({ number, at });
      const slip = given.draw({ ...receipt, copy: null });
      const copy = given.draw({ ...receipt, copy: given.copyWord(receipt) });
      const subjectHash = keyring.lookup('subject', act.subject);
      const sealed = keyring.seal(place(receiptId, 'bitmap'), slip.bits);
      // The copy is a few rows higher than the slip; its own height travels with it.
      const copyHeight = Buffer.alloc(4);
      copyHeight.writeUInt32BE(copy.heightDots);
      const sealedCopy = keyring.seal(place(receiptId, 'copy_bitmap'), Buffer.concat([copyHeight, copy.bits]));
      slip.bits.fill(0);
      copy.bits.fill(0);
      const outcome = await store.act(async (statements) => {
        const inserted = await statements.run(
          'INSERT INTO acts (act_key, number, flow, subject_hash, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (act_key) DO NOTHING',
          [act.actKey, number, flow, subjectHash, at.toISOString()],
        );
        if (inserted.changes === 0) return await findIn(statements, act.actKey);
        await statements.run(
          'INSERT INTO receipts (id, act_key, width_dots, height_dots, bitmap, copy_bitmap, state, changed_at, keep_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
          [
            receiptId,
            act.actKey,
            slip.widthDots,
            slip.heightDots,
            sealed,
            sealedCopy,
            'waiting',
            at.toISOString(),
            daysAfter(at, retention.receiptWaitingDays, timeZone),
          ],
        );
        await audit(statements, { event: act.auditEvent, at, subjectHash, assurance: act.assurance, detail: act.detail });
        return { kind: 'kept', receiptId, number } as const;
      });
      if (outcome.kind === 'not-committed') return { kind: 'not-kept', why: outcome.why };
      return outcome.value.kind === 'kept' ? outcome.value : { kind: 'not-kept', why: 'store-fault' };
    },
    async bitmap(receiptId, copy) {
      const column = copy ? 'copy_bitmap' : 'bitmap';
      const row = await store.query('receipts').where({ id: receiptId }).first('width_dots', 'height_dots', column);
      const opened = row && keyring.open(place(receiptId, column), row[column]);
      if (!opened) return null;
      if (!copy) return { widthDots: row.width_dots, heightDots: row.height_dots, bits: opened };
      return { widthDots: row.width_dots, heightDots: opened.readUInt32BE(0), bits: opened.subarray(4) };
    },
    async setReceipt(receiptId, state, entry) {
      const at = given.now();
      const days =
        state === 'printed' || state === 'taken' || state === 'written-down' ? retention.receiptPrintedDays : retention.receiptWaitingDays;
      const outcome = await store.act(async (statements) => {
        await statements.run('UPDATE receipts SET state = ?, changed_at = ?, keep_until = ? WHERE id = ?', [
          state,
          at.toISOString(),
          daysAfter(at, days, timeZone),
          receiptId,
        ]);
        if (entry) await audit(statements, entry);
      });
      return outcome.kind === 'committed';
    },
    async note(entry) {
      return (await store.act((statements) => audit(statements, entry))).kind === 'committed';
    },
    async purge(now) {
      const limit = startOf(daysAfter(now, -retention.auditDays, timeZone), timeZone).toISOString();
      await store.act(async (statements) => {
        const { changes } = await statements.run('DELETE FROM receipts WHERE keep_until < ?', [daysAfter(now, 0, timeZone)]);
        // An act was told to its person as kept for as long as its receipt, and no longer.
        await statements.run('DELETE FROM acts WHERE act_key NOT IN (SELECT act_key FROM receipts)');
        const audited = await purgeAudit(statements, keyring, limit);
        const detail = { receipts: changes, audit: audited };
        if (changes + audited > 0) await audit(statements, { event: 'purge.done', at: now, subjectHash: null, assurance: null, detail });
      });
      await store.truncateLog();
    },
    head: () => head,
  };
}
