/**
 * The audit log: who did what, for whom by keyed hash, how sure we were. One chain per kiosk; each row's MAC covers the row and the
 * MAC before it, under a key that is not in the database (RC-07, T17).
 */
import type { Knex } from 'knex';
import type { Keyring } from '../store/keyring.ts';
import type { Statements } from '../store/store.ts';

/** Every event there is, with what it means. Flows add theirs by name through `auditEvents`. */
export const VISIT_AUDIT_EVENTS = {
  'visit.ended': 'A visit in which a card was read ended; `why` says how.',
  'receipt.printed': 'The printer confirmed the slip.',
  'receipt.taken': 'The printer cannot confirm; the person said the slip came out.',
  'receipt.waits': 'The slip did not come out in its visit and waits for its person.',
  'receipt.copy': 'A second slip with the word COPY was sent to the printer.',
  'screen.refused': 'A page was refused: `why` is ticket, host, origin or second-screen.',
  'staff.alerted': 'A card was left in the slot or the paper needs hands; `why` says which.',
  'purge.done': 'Records past their retention were deleted; `receipts` says how many.',
} as const;

export interface AuditEntry {
  readonly event: string;
  readonly at: Date;
  readonly subjectHash: string | null;
  readonly assurance: string | null;
  /** Words from fixed lists and counts; never content. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditHead {
  readonly seq: number;
  readonly mac: string;
}

interface AuditRow {
  seq: number;
  at: string;
  event: string;
  subject_hash: string | null;
  assurance: string | null;
  detail: string;
  mac: string;
}

const GENESIS = 'pailou audit';

function macOf(keyring: Keyring, row: Omit<AuditRow, 'mac'>, before: string): string {
  return keyring.auditMac(JSON.stringify([before, row.seq, row.at, row.event, row.subject_hash, row.assurance, row.detail]));
}

/** Appends inside the transaction of the act it tells of. */
export async function appendAudit(statements: Statements, keyring: Keyring, entry: AuditEntry): Promise<AuditHead> {
  const last =
    (await statements.get<AuditHead>('SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1')) ??
    (await statements.get<AuditHead>('SELECT seq, mac FROM audit_anchor LIMIT 1'));
  const row = {
    seq: (last?.seq ?? 0) + 1,
    at: entry.at.toISOString(),
    event: entry.event,
    subject_hash: entry.subjectHash,
    assurance: entry.assurance,
    detail: JSON.stringify(entry.detail),
  };
  const mac = macOf(keyring, row, last?.mac ?? GENESIS);
  await statements.run('INSERT INTO audit (seq, at, event, subject_hash, assurance, detail, mac) VALUES (?, ?, ?, ?, ?, ?, ?)', [
    row.seq,
    row.at,
    row.event,
    row.subject_hash,
    row.assurance,
    row.detail,
    mac,
  ]);
  return { seq: row.seq, mac };
}

/** Above every row's number, which is a 32-bit integer in PostgreSQL. */
const MOST_ROWS = 2_147_483_647;

const anchorMacOf = (keyring: Keyring, { seq, mac }: AuditHead) => keyring.auditMac(JSON.stringify(['anchor', seq, mac]));

/**
 * Deletes the rows up to the first that is not older than `limit` (ISO 8601), and anchors the chain where it then begins. A row
 * behind that one stays, however old its date: a clock that was wrong once must not take what came before. Answers how many.
 */
export async function purgeAudit(statements: Statements, keyring: Keyring, limit: string): Promise<number> {
  const last = await statements.get<AuditHead>(
    'SELECT seq, mac FROM audit WHERE seq < COALESCE((SELECT MIN(seq) FROM audit WHERE at >= ?), ?) ORDER BY seq DESC LIMIT 1',
    [limit, MOST_ROWS],
  );
  if (!last) return 0;
  const { changes } = await statements.run('DELETE FROM audit WHERE seq <= ?', [last.seq]);
  await statements.run('DELETE FROM audit_anchor');
  await statements.run('INSERT INTO audit_anchor (seq, mac, anchor_mac) VALUES (?, ?, ?)', [
    last.seq,
    last.mac,
    anchorMacOf(keyring, last),
  ]);
  return changes;
}

export type AuditVerdict =
  | { readonly kind: 'whole'; readonly rows: number }
  | { readonly kind: 'broken'; readonly seq: number; readonly how: 'changed' | 'missing' }
  /** A head that was signed and kept elsewhere is not in the chain: rows were cut off, or the chain was computed anew. */
  | { readonly kind: 'head-differs'; readonly seq: number };

/** Walks the whole chain, then compares it with the heads kept elsewhere. Tells the first position that is wrong. */
export async function verifyAudit(query: Knex, keyring: Keyring, heads: readonly AuditHead[]): Promise<AuditVerdict> {
  const anchor: (AuditHead & { anchor_mac: string }) | undefined = await query('audit_anchor').first();
  if (anchor && anchorMacOf(keyring, anchor) !== anchor.anchor_mac) return { kind: 'broken', seq: anchor.seq, how: 'changed' };
  let before = anchor?.mac ?? GENESIS;
  let expected = (anchor?.seq ?? 0) + 1;
  const macs = new Map<number, string>();
  const rows: AuditRow[] = await query('audit').orderBy('seq').select();
  for (const { mac, ...row } of rows) {
    if (row.seq !== expected) return { kind: 'broken', seq: expected, how: 'missing' };
    if (macOf(keyring, row, before) !== mac) return { kind: 'broken', seq: row.seq, how: 'changed' };
    macs.set(row.seq, mac);
    before = mac;
    expected++;
  }
  for (const head of heads)
    if (head.seq > (anchor?.seq ?? 0) && macs.get(head.seq) !== head.mac) return { kind: 'head-differs', seq: head.seq };
  return { kind: 'whole', rows: rows.length };
}
