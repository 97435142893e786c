import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyAudit } from '../audit/audit.ts';
import type { Act } from '../contract/flow.ts';
import { type Keyring, makeDemoKeyring, openKeyring } from '../store/keyring.ts';
import { openStore, type Store } from '../store/store.ts';
import { createRecords, newReceiptNumber, type Records } from './records.ts';

let dataDir: string;
let store: Store;
let keyring: Keyring;
let records: Records;
let now = new Date('2021-11-28T02:39:00Z');
const retention = { receiptPrintedDays: 1, receiptWaitingDays: 30, auditDays: 2557 };

const act = (actKey: string, subject = 'C123456(9)'): Act => ({
  actKey,
  auditEvent: 'smart-id.confirmed',
  assurance: 'active',
  subject,
  detail: { source: 'card' },
  receipt: ({ number }) => ({
    lang: 'en',
    site: 'Site',
    title: 'LEE SAU YING',
    at: '28 Nov 2021',
    number,
    numberLabel: 'Number',
    blocks: [],
    contact: [],
    copy: null,
  }),
});

async function opened(): Promise<Store> {
  const outcome = await openStore(dataDir);
  if (outcome.kind !== 'open') throw new Error(outcome.kind);
  return outcome.store;
}

beforeEach(async () => {
  now = new Date('2021-11-28T02:39:00Z');
  dataDir = mkdtempSync(join(tmpdir(), 'pailou-records-'));
  makeDemoKeyring(dataDir);
  const keys = openKeyring({ dataDir, demoSite: true, credentialsDir: undefined });
  if (keys.kind !== 'keyring') throw new Error(keys.kind);
  keyring = keys.keyring;
  store = await opened();
  // The bitmap carries the title in plain letters, so that a test finds it where it must not be.
  records = createRecords({
    store,
    keyring,
    retention,
    timeZone: 'Asia/Hong_Kong',
    now: () => now,
    draw: ({ title, copy }) => ({ widthDots: 8, heightDots: 12, bits: Buffer.from(`${copy ?? ''}${title}`.padEnd(12)) }),
    copyWord: () => 'COPY',
  });
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const keep = async (actKey: string) => {
  const kept = await records.keep('smart-id', act(actKey));
  if (kept.kind !== 'kept') throw new Error(kept.kind);
  return kept;
};

describe('writing an act down', () => {
  test('the same act key is written once, and finds its own receipt again', async () => {
    const first = await keep('act-1');
    expect(await keep('act-1')).toMatchObject({ number: first.number, receiptId: first.receiptId });
    expect(await records.find('act-1')).toMatchObject({ number: first.number });
    expect(await store.query('audit').count({ n: '*' })).toEqual([{ n: 1 }]);
  });

  test('T5 [part] nothing of the person is readable in the database, its log or its folder', async () => {
    await keep('act-1');
    await records.note({ event: 'visit.ended', at: now, subjectHash: null, assurance: null, detail: { why: 'done' } });
    for (const file of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, file));
      for (const needle of ['LEE SAU', 'C123456'])
        for (const encoding of ['utf8', 'utf16le'] as const)
          expect(bytes.includes(Buffer.from(needle, encoding)), `${needle} in ${file}`).toBe(false);
      expect(statSync(join(dataDir, file)).mode & 0o077, file).toBe(0);
    }
  });

  test('a ciphertext moved to another row does not open', async () => {
    const [one, two] = [await keep('act-1'), await keep('act-2')];
    expect((await records.bitmap(one.receiptId, false))?.bits.toString()).toBe('LEE SAU YING');
    const { bitmap } = await store.query('receipts').where({ id: one.receiptId }).first('bitmap');
    await store.query('receipts').where({ id: two.receiptId }).update({ bitmap });
    expect(await records.bitmap(two.receiptId, false)).toBeNull();
  });

  test('a full disk is an outcome: nothing is kept, nothing is claimed, and the next act works when there is room', async () => {
    await store.query.raw('PRAGMA max_page_count = 1');
    const outcomes = [];
    for (let i = 0; i < 40; i++) outcomes.push(await records.keep('smart-id', act(`act-${i}`)));
    expect(outcomes.at(-1)).toEqual({ kind: 'not-kept', why: 'disk-full' });
    const rows = await store.query('acts').select('act_key');
    expect(rows).toHaveLength(outcomes.filter(({ kind }) => kind === 'kept').length);
    await store.query.raw('PRAGMA max_page_count = 1000000');
    expect(await records.keep('smart-id', act('act-later'))).toMatchObject({ kind: 'kept' });
  });

  test('receipt numbers carry a check digit that finds every wrong digit', () => {
    const valid = (digits: string) => {
      let rest = 10;
      for (const digit of digits.slice(0, -1)) rest = (((rest + Number(digit)) % 10 || 10) * 2) % 11;
      return (rest + Number(digits.at(-1))) % 10 === 1;
    };
    const number = newReceiptNumber();
    expect(number).toMatch(/^\d{12}$/);
    expect(valid(number)).toBe(true);
    for (let at = 0; at < 12; at++)
      for (let digit = 0; digit < 10; digit++)
        if (String(digit) !== number[at]) expect(valid(number.slice(0, at) + digit + number.slice(at + 1))).toBe(false);
  });
});

describe('the audit log', () => {
  test('RC-07 [part] a changed old row is found, with its position', async () => {
    for (let i = 1; i <= 5; i++) await keep(`act-${i}`);
    expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'whole', rows: 5 });
    await store.query('audit').where({ seq: 3 }).update({ event: 'smart-id.disputed' });
    expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'broken', seq: 3, how: 'changed' });
  });

  test('a deleted row is found, with its position', async () => {
    for (let i = 1; i <= 5; i++) await keep(`act-${i}`);
    await store.query('audit').where({ seq: 2 }).delete();
    expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'broken', seq: 2, how: 'missing' });
  });

  test('T17 [part] a cut tail is found by a head that was kept elsewhere', async () => {
    for (let i = 1; i <= 5; i++) await keep(`act-${i}`);
    const head = records.head()!;
    await store.query('audit').where('seq', '>', 3).delete();
    expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'whole', rows: 3 });
    expect(await verifyAudit(store.query, keyring, [head])).toEqual({ kind: 'head-differs', seq: 5 });
  });

  test('what is past its date is purged, and the chain still verifies from where it begins', async () => {
    const old = await keep('act-1');
    now = new Date('2021-12-29T00:00:00Z');
    await records.purge(now);
    expect(await records.bitmap(old.receiptId, false)).toBeNull();
    now = new Date('2028-12-01T00:00:00Z');
    await keep('act-2');
    await records.purge(now);
    const rows = await store.query('audit').orderBy('seq').select('seq', 'event');
    expect(rows[0].seq).toBeGreaterThan(1);
    expect(await verifyAudit(store.query, keyring, [])).toMatchObject({ kind: 'whole' });
  });
});

describe('a database that is not ours to open', () => {
  test('one written by a newer version is refused and left untouched', async () => {
    await store.query('knex_migrations').insert({ name: '2099-01-01-from-the-future', batch: 9, migration_time: now.toISOString() });
    await store.close();
    const before = readFileSync(join(dataDir, 'pailou.db'));
    expect(await openStore(dataDir)).toEqual({ kind: 'newer' });
    expect(readFileSync(join(dataDir, 'pailou.db')).equals(before)).toBe(true);
    await store.query.initialize();
  });

  test('several that open a new database at once all succeed', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'pailou-two-'));
    const both = await Promise.all([openStore(fresh), openStore(fresh), openStore(fresh), openStore(fresh)]);
    expect(both.map(({ kind }) => kind)).toEqual(['open', 'open', 'open', 'open']);
    for (const outcome of both) if (outcome.kind === 'open') await outcome.store.close();
    rmSync(fresh, { recursive: true, force: true });
  });
});

test('a file that is no database is refused at once and left as it was', async () => {
  const fresh = mkdtempSync(join(tmpdir(), 'pailou-rubbish-'));
  writeFileSync(join(fresh, 'pailou.db'), 'rubbish '.repeat(2_000));
  expect(await openStore(fresh)).toEqual({ kind: 'fault' });
  expect(readFileSync(join(fresh, 'pailou.db'), 'utf8')).toBe('rubbish '.repeat(2_000));
  rmSync(fresh, { recursive: true, force: true });
});

describe('the keyring', () => {
  test('a production site refuses demonstration keys', () => {
    expect(openKeyring({ dataDir, demoSite: false, credentialsDir: undefined })).toEqual({ kind: 'demo-refused' });
  });
});
