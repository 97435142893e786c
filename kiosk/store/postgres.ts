/**
 * The same store on PostgreSQL, which many kiosks share. One writer at a time, as SQLite's BEGIN IMMEDIATE gives: every act takes
 * the same advisory lock for its transaction, so an act may read before it writes.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import knexModule, { type Knex } from 'knex';
import { type Client, types } from 'pg';
import { actsInTurn, type FaultMeaning, type SqlValue, type Statements, StoreFault } from './acts.ts';
import { prepare } from './prepare.ts';
import type { OpenOutcome, Store } from './store.ts';

const CONNECT_MS = 3_000;
const LOCK_MS = 2_000;
const STATEMENT_MS = 5_000;
/** Above the server's own limit, so that the server speaks first where it still can. */
const ANSWER_MS = 6_000;
const IDLE_IN_ACT_MS = 10_000;
/** The numbers of our advisory locks, any that nobody else uses in this database. */
const WRITER_LOCK = 7_241_001;
const MIGRATION_LOCK = 7_241_002;

/** SQLSTATE: what is wrong with the address, the rights or the database is not mended by waiting. */
const FINAL_FAULTS = ['28000', '28P01', '3D000', '42501', '53100', 'ECONNREFUSED', 'ENOTFOUND', 'ENOENT'];
/** serialization_failure, deadlock_detected, lock_not_available. */
const PASSING_FAULTS = ['40001', '40P01', '55P03'];
const meaningOf = (code: string): FaultMeaning =>
  code === '53100' ? 'disk-full' : PASSING_FAULTS.includes(code) ? 'again' : 'store-fault';
/** A SQLSTATE that leaves the connection usable; anything else (no code, class 08 or 57P) says that it is gone or out of step. */
const usableAfter = (code: string) => /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|25P03)/.test(code);

type Db = Client & { __knex__disposed?: string };

/** SQLite answers numbers; `pg` answers texts for 64-bit integers, such as every count. */
const INT8 = 20;
const sameTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format as 'text'),
};

/** `?` → `$1`, `$2`, …. Our statements hold no question mark but for a value. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/\?/g, () => `$${++count}`);
}

function statementsOn(connection: Db): Statements {
  const ask = async (sql: string, values: readonly SqlValue[]) => {
    try {
      return await connection.query({ text: numbered(sql), values: [...values] });
    } catch (fault) {
      throw new StoreFault((fault as { code?: string }).code ?? 'NO-ANSWER');
    }
  };
  return {
    run: async (sql, values = []) => ({ changes: (await ask(sql, values)).rowCount ?? 0 }),
    get: async <T>(sql: string, values: readonly SqlValue[] = []) => (await ask(sql, values)).rows[0] as T | undefined,
  };
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * The driver's settings, or null where the way to the server would be open to others: elsewhere only with `sslmode=verify-full`.
 * Read here and not by the driver, which takes what is missing from the environment and knows modes that verify nothing.
 */
function settingsOf(connectionString: string): Knex.PgConnectionConfig | null {
  const url = new URL(connectionString);
  const host = url.searchParams.get('host') ?? url.hostname.replace(/^\[|\]$/g, '');
  const verified = url.searchParams.get('sslmode') === 'verify-full';
  if (!verified && !isLocal(host)) return null;
  const caFile = url.searchParams.get('sslrootcert');
  return {
    host,
    port: Number(url.port || url.searchParams.get('port') || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl: verified && {
      ...(caFile ? { ca: readFileSync(caFile, 'utf8') } : {}),
      rejectUnauthorized: true,
      // By name or by address, as the string gives it: for an address the driver would check for `localhost`.
      checkServerIdentity: (_: string, certificate) => checkServerIdentity(host, certificate),
    },
    types: sameTypes,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_ACT_MS,
  } as Knex.PgConnectionConfig;
}

export type PostgresOpenOutcome = OpenOutcome | { readonly kind: 'unverified' };

/**
 * Opens and migrates the database at `connectionString` (a `postgresql://` URL). Outcomes: open; newer (left untouched); unverified
 * (another machine without `sslmode=verify-full`; nothing was sent); fault. `sslrootcert` names the office's own CA. `actMs` is the time limit of an act.
 */
export async function openPostgresStore(given: {
  readonly connectionString: string;
  readonly actMs?: number;
}): Promise<PostgresOpenOutcome> {
  let connection: Knex.PgConnectionConfig | null;
  try {
    connection = settingsOf(given.connectionString);
  } catch {
    return { kind: 'fault' };
  }
  if (!connection) return { kind: 'unverified' };
  const knex = knexModule({
    client: 'pg',
    connection,
    // Bound values in an error's text would reach a log.
    compileSqlOnError: false,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    acquireConnectionTimeout: CONNECT_MS,
    pool: { min: 0, max: 4 },
  });
  const ready = await prepareAlone(knex);
  if (ready === 'open') return { kind: 'open', store: storeOn(knex, given.actMs) };
  await knex.destroy();
  return { kind: ready };
}

/** Several kiosks may open a new database at once: one migrates, and the lock of one that was killed goes with its connection. */
async function prepareAlone(knex: Knex): Promise<'open' | 'newer' | 'fault'> {
  let holder: Db;
  try {
    holder = await knex.client.acquireConnection();
  } catch {
    return 'fault';
  }
  try {
    await holder.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    return await prepare(knex, FINAL_FAULTS);
  } catch {
    return 'fault';
  } finally {
    await holder.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => {
      holder.__knex__disposed = 'fault';
    });
    await knex.client.releaseConnection(holder);
  }
}

function storeOn(knex: Knex, actMs: number | undefined): Store {
  return {
    query: knex,
    act: actsInTurn<Db>({
      connect: () => knex.client.acquireConnection(),
      statementsOn,
      begin: ['BEGIN', `SELECT pg_advisory_xact_lock(${WRITER_LOCK})`],
      meaningOf,
      release(connection, code) {
        if (code !== null && code !== 'OUT-OF-TIME' && !usableAfter(code)) {
          // Its transaction ends with it, also where the server only notices later.
          connection.__knex__disposed = code;
          void connection.end().catch(() => {});
        }
        return knex.client.releaseConnection(connection);
      },
      ...(actMs ? { actMs } : {}),
    }),
    // The server keeps its own log, and its own disk is encrypted.
    async truncateLog() {},
    close: () => knex.destroy(),
  };
}
