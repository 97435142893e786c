/** What the records promise on every database: the same cases, run on SQLite and on PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyAudit } from '../../kiosk/audit/audit.ts';
import type { Act } from '../../kiosk/contract/flow.ts';
import { type Keyring, makeDemoKeyring, openKeyring } from '../../kiosk/store/keyring.ts';
import type { Store } from '../../kiosk/store/store.ts';
import { createRecords, daysAfter, type Records } from '../../kiosk/visit/records.ts';

export interface Database {
  /** Before each test: an empty database. */
  reset(): Promise<void>;
  open(limits: { readonly actMs?: number }): Promise<{ kind: 'open'; store: Store } | { kind: string }>;
  /** Another empty database, the same one at each call of one test. */
  openNew(): Promise<{ kind: 'open'; store: Store } | { kind: string }>;
}

export const TIME_ZONE = 'Asia/Hong_Kong';

export const act = (actKey: string, subject = 'C123456(9)'): Act => ({
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

export function demoKeyring(dataDir: string): Keyring {
  makeDemoKeyring(dataDir);
  const keys = openKeyring({ dataDir, demoSite: true, credentialsDir: undefined });
  if (keys.kind !== 'keyring') throw new Error(keys.kind);
  return keys.keyring;
}

/** The bitmap carries the title in plain letters, so that a test finds it where it must not be. */
export const plainRecords = (store: Store, keyring: Keyring, now: () => Date) =>
  createRecords({
    store,
    keyring,
    retention: { receiptPrintedDays: 1, receiptWaitingDays: 30, auditDays: 2557 },
    timeZone: TIME_ZONE,
    now,
    draw: ({ title, copy }) => ({ widthDots: 8, heightDots: 12, bits: Buffer.from(`${copy ?? ''}${title}`.padEnd(12)) }),
    copyWord: () => 'COPY',
  });

export function recordsCases(database: Database): void {
  let dataDir: string;
  let store: Store;
  let keyring: Keyring;
  let records: Records;
  let now: Date;

  const open = async (limits: { readonly actMs?: number }): Promise<Store> => {
    const outcome = await database.open(limits);
    if (!('store' in outcome)) throw new Error(outcome.kind);
    return outcome.store;
  };
  const recordsOn = (one: Store) => plainRecords(one, keyring, () => now);

  beforeEach(async () => {
    now = new Date('2021-11-28T02:39:00Z');
    dataDir = mkdtempSync(join(tmpdir(), 'pailou-records-'));
    keyring = demoKeyring(dataDir);
    await database.reset();
    store = await open({});
    records = recordsOn(store);
  });
  afterEach(async () => {
    await store?.close();
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

    test('a ciphertext moved to another row does not open', async () => {
      const [one, two] = [await keep('act-1'), await keep('act-2')];
      expect((await records.bitmap(one.receiptId, false))?.bits.toString()).toBe('LEE SAU YING');
      const { bitmap } = await store.query('receipts').where({ id: one.receiptId }).first('bitmap');
      await store.query('receipts').where({ id: two.receiptId }).update({ bitmap });
      expect(await records.bitmap(two.receiptId, false)).toBeNull();
    });

    test('no one is told "not kept" of an act that is then kept: the look for it waits behind its writing', async () => {
      let go = () => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const slow = store.act(() => gate);
      const keeping = records.keep('smart-id', act('act-1'));
      const found = records.find('act-1');
      go();
      await slow;
      expect(await keeping).toMatchObject({ kind: 'kept' });
      expect(await found).toMatchObject({ kind: 'kept' });
    });

    test('kept until a day means the day on the site’s wall, for the act as for its receipt', async () => {
      // 00:30 on the 29th in Hong Kong, still the 28th in UTC.
      now = new Date('2021-11-28T16:30:00Z');
      const { receiptId } = await keep('act-1');
      await records.setReceipt(receiptId, 'printed', null);
      expect(daysAfter(now, 1, TIME_ZONE)).toBe('2021-11-30');
      await records.purge(new Date('2021-11-30T15:59:00Z'));
      expect(await records.find('act-1')).toMatchObject({ kind: 'kept' });
      await records.purge(new Date('2021-11-30T16:00:00Z'));
      expect(await store.query('receipts').select('id')).toEqual([]);
      expect(await store.query('acts').select('act_key')).toEqual([]);
    });
  });

  describe('an act', () => {
    test('that throws leaves nothing behind and throws on', async () => {
      const broken = store.act(async (statements) => {
        await statements.run('INSERT INTO audit (seq, at, event, detail, mac) VALUES (?, ?, ?, ?, ?)', [1, '', '', '', '']);
        throw new TypeError('a bug');
      });
      await expect(broken).rejects.toThrow(TypeError);
      expect(await store.query('audit').select('seq')).toEqual([]);
    });

    test('whose statement fails is an outcome without the bound values, and the next one works', async () => {
      const failed = await store.act((statements) => statements.run('INSERT INTO acts (act_key) VALUES (?)', ['C123456']));
      expect(failed).toEqual({ kind: 'not-committed', why: 'store-fault' });
      expect(await records.keep('smart-id', act('act-1'))).toMatchObject({ kind: 'kept' });
    });

    test('that never ends is answered in time, rolled back, and the next one works', async () => {
      const bounded = await open({ actMs: 200 });
      const stuck = await bounded.act(async (statements) => {
        await statements.run('INSERT INTO audit (seq, at, event, detail, mac) VALUES (?, ?, ?, ?, ?)', [1, '', '', '', '']);
        await new Promise(() => {});
      });
      expect(stuck).toEqual({ kind: 'not-committed', why: 'store-fault' });
      expect(await bounded.act(async (statements) => statements.get('SELECT seq FROM audit'))).toEqual({
        kind: 'committed',
        value: undefined,
      });
      await bounded.close();
    });

    test('that reads before it writes never meets another: two stores append to one chain', async () => {
      const other = await open({});
      const second = recordsOn(other);
      const note = { event: 'visit.ended', at: now, subjectHash: null, assurance: null, detail: { why: 'done' } };
      const noted = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? records : second).note(note)));
      expect(noted).toEqual(Array(20).fill(true));
      expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'whole', rows: 20 });
      await other.close();
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

    test('one row with a wrong old date takes nothing with it when the old are purged', async () => {
      await keep('act-1');
      const right = now;
      now = new Date('1990-01-01T00:00:00Z');
      await records.note({ event: 'visit.ended', at: now, subjectHash: null, assurance: null, detail: { why: 'done' } });
      now = right;
      await keep('act-2');
      await records.purge(now);
      expect(await verifyAudit(store.query, keyring, [])).toEqual({ kind: 'whole', rows: 3 });
    });
  });

  describe('a database that is not ours to open', () => {
    test('one written by a newer version is refused', async () => {
      const row = { name: '2099-01-01-from-the-future', batch: 9, migration_time: now.toISOString() };
      await store.query('knex_migrations').insert(row);
      expect(await database.open({})).toEqual({ kind: 'newer' });
    });

    test('several that open it while it is new all succeed', async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => database.openNew()));
      expect(all.map(({ kind }) => kind)).toEqual(['open', 'open', 'open', 'open']);
      for (const outcome of all) if ('store' in outcome) await outcome.store.close();
    });
  });
}
