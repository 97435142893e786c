import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { act, demoKeyring, plainRecords, recordsCases } from '../../tests/records/cases.ts';
import { openKeyring } from '../store/keyring.ts';
import { openStore, type Store } from '../store/store.ts';
import { newReceiptNumber, type Records } from './records.ts';

let dataDir: string;
let newDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'pailou-sqlite-'));
  newDir = mkdtempSync(join(tmpdir(), 'pailou-new-'));
});
afterEach(() => {
  for (const dir of [dataDir, newDir]) rmSync(dir, { recursive: true, force: true });
});

describe('on SQLite', () =>
  recordsCases({ reset: async () => {}, open: (limits) => openStore(dataDir, limits), openNew: () => openStore(newDir) }));

describe('the file', () => {
  let store: Store;
  let records: Records;
  const now = new Date('2021-11-28T02:39:00Z');
  beforeEach(async () => {
    const outcome = await openStore(dataDir);
    if (outcome.kind !== 'open') throw new Error(outcome.kind);
    store = outcome.store;
    records = plainRecords(store, demoKeyring(dataDir), () => now);
  });
  afterEach(() => store.close());

  test('T5 [part] nothing of the person is readable in the database, its log or its folder', async () => {
    expect(await records.keep('smart-id', act('act-1'))).toMatchObject({ kind: 'kept' });
    await records.note({ event: 'visit.ended', at: now, subjectHash: null, assurance: null, detail: { why: 'done' } });
    for (const file of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, file));
      for (const needle of ['LEE SAU', 'C123456'])
        for (const encoding of ['utf8', 'utf16le'] as const)
          expect(bytes.includes(Buffer.from(needle, encoding)), `${needle} in ${file}`).toBe(false);
      expect(statSync(join(dataDir, file)).mode & 0o077, file).toBe(0);
    }
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

  test('one written by a newer version is refused and left untouched', async () => {
    await store.query('knex_migrations').insert({ name: '2099-01-01-from-the-future', batch: 9, migration_time: now.toISOString() });
    await store.close();
    const before = readFileSync(join(dataDir, 'pailou.db'));
    expect(await openStore(dataDir)).toEqual({ kind: 'newer' });
    expect(readFileSync(join(dataDir, 'pailou.db')).equals(before)).toBe(true);
    await store.query.initialize();
  });

  test('a connection that is not to be had is an outcome', async () => {
    const bounded = await openStore(newDir, { actMs: 100 });
    if (bounded.kind !== 'open') throw new Error(bounded.kind);
    const held = await bounded.store.query.client.acquireConnection();
    expect(await bounded.store.act(async () => 1)).toEqual({ kind: 'not-committed', why: 'store-fault' });
    await bounded.store.query.client.releaseConnection(held);
    await bounded.store.close();
  });

  test('a folder that cannot be made is a fault', async () => {
    rmSync(newDir, { recursive: true });
    writeFileSync(newDir, '');
    expect(await openStore(newDir)).toEqual({ kind: 'fault' });
  });
});

describe('a receipt’s number', () => {
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

test('a file that is no database is refused at once and left as it was', async () => {
  const fresh = mkdtempSync(join(tmpdir(), 'pailou-rubbish-'));
  writeFileSync(join(fresh, 'pailou.db'), 'rubbish '.repeat(2_000));
  expect(await openStore(fresh)).toEqual({ kind: 'fault' });
  expect(readFileSync(join(fresh, 'pailou.db'), 'utf8')).toBe('rubbish '.repeat(2_000));
  rmSync(fresh, { recursive: true, force: true });
});

describe('the keyring', () => {
  test('a production site refuses demonstration keys', () => {
    demoKeyring(dataDir);
    expect(openKeyring({ dataDir, demoSite: false, credentialsDir: undefined })).toEqual({ kind: 'demo-refused' });
  });
});
