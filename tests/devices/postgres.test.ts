import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../kiosk/store/postgres.ts';
import { recordsCases } from '../records/cases.ts';

const STARTS_WITHIN_MS = 40_000;
let cluster: ChildProcess;
let address = (_database: string) => '';
let database = 0;

/** A cluster of its own, gone with the end of the test's standard input (`pg_virtualenv`, postgresql-common). */
beforeAll(async () => {
  cluster = spawn('pg_virtualenv', ['-t', 'sh', '-c', 'echo "ready $PGHOST $PGPORT $PGUSER $PGPASSWORD"; cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = once(cluster, 'exit').then(([code]) => `pg_virtualenv ended with ${code}: install postgresql and postgresql-common`);
  failed.catch(() => {});
  const ready = (async () => {
    for await (const line of createInterface({ input: cluster.stdout! })) if (line.startsWith('ready ')) return line.split(' ');
    return 'pg_virtualenv said nothing';
  })();
  const said = await Promise.race([ready, failed.catch(() => 'no pg_virtualenv: install postgresql and postgresql-common')]);
  if (typeof said === 'string') throw new Error(said);
  const [, host, port, user, password] = said;
  address = (name) => `postgresql://${user}:${password}@${host}:${port}/${name}`;
}, STARTS_WITHIN_MS);
afterAll(async () => {
  if (!cluster?.pid || cluster.exitCode !== null) return;
  cluster.stdin?.end();
  await once(cluster, 'exit');
});

/** Makes an empty database and answers its address. */
async function emptyDatabase(): Promise<string> {
  const admin = await openPostgresStore({ connectionString: address('postgres') });
  if (admin.kind !== 'open') throw new Error(admin.kind);
  const name = `pailou_${++database}`;
  await admin.store.query.raw(`CREATE DATABASE ${name}`);
  await admin.store.close();
  return address(name);
}

describe('on PostgreSQL', () => {
  let used = '';
  let fresh = '';
  recordsCases({
    async reset() {
      used = await emptyDatabase();
      fresh = await emptyDatabase();
    },
    open: (limits) => openPostgresStore({ connectionString: used, ...limits }),
    openNew: () => openPostgresStore({ connectionString: fresh }),
  });
});

describe('the server', () => {
  test('a lost connection is an outcome, and the next act works', async () => {
    const outcome = await openPostgresStore({ connectionString: await emptyDatabase() });
    if (outcome.kind !== 'open') throw new Error(outcome.kind);
    const { store } = outcome;
    const lost = await store.act((statements) => statements.run('SELECT pg_terminate_backend(pg_backend_pid())'));
    expect(lost).toEqual({ kind: 'not-committed', why: 'store-fault' });
    expect(await store.act((statements) => statements.get('SELECT 1 AS one'))).toEqual({ kind: 'committed', value: { one: 1 } });
    await store.close();
  });

  test('a deadlock is tried again, and a disk that is full is told as such', async () => {
    const outcome = await openPostgresStore({ connectionString: await emptyDatabase() });
    if (outcome.kind !== 'open') throw new Error(outcome.kind);
    const { store } = outcome;
    let tries = 0;
    const raise = (code: string) => `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${code}'; END $$`;
    const again = await store.act(async (statements) => {
      if (++tries < 3) await statements.run(raise('40P01'));
      return tries;
    });
    expect(again).toEqual({ kind: 'committed', value: 3 });
    tries = 0;
    const never = await store.act(async (statements) => {
      tries++;
      await statements.run(raise('40001'));
    });
    expect([never, tries]).toEqual([{ kind: 'not-committed', why: 'store-fault' }, 4]);
    expect(await store.act((statements) => statements.run(raise('53100')))).toEqual({ kind: 'not-committed', why: 'disk-full' });
    await store.close();
  });

  test('another machine is not spoken to without verified TLS', async () => {
    for (const mode of ['', '?sslmode=disable', '?sslmode=require', '?sslmode=no-verify', '?sslmode=verify-ca'])
      for (const host of ['db.office.example', '192.0.2.1', '127.0.0.1.example.org', ''])
        expect(await openPostgresStore({ connectionString: `postgresql://u:p@${host}/x${mode}`.replace('u:p@/', '/') })).toEqual({
          kind: 'unverified',
        });
  });

  test('a server that cannot prove who it is, and one that is not there, are faults', async () => {
    expect(await openPostgresStore({ connectionString: `${address('postgres')}?sslmode=verify-full` })).toEqual({ kind: 'fault' });
    expect(await openPostgresStore({ connectionString: 'postgresql://u:p@127.0.0.1:1/x' })).toEqual({ kind: 'fault' });
  });
});
