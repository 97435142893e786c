/**
 * The kiosk's own database. Knex migrates and queries; what changes the world goes through `act()`: BEGIN IMMEDIATE and prepared
 * bare statements, since a transaction that reads before it writes fails under contention.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import knexModule, { type Knex } from 'knex';
import { type ActOutcome, actsInTurn, type SqlValue, type Statements, StoreFault } from './acts.ts';
import { prepare } from './prepare.ts';

export type { ActOutcome, SqlValue, Statements } from './acts.ts';

export interface Store {
  readonly query: Knex;
  /** Runs all statements or none. A fault of the store is an outcome; a fault of `work` itself rolls back and is thrown on. */
  act<T>(work: (statements: Statements) => Promise<T>): Promise<ActOutcome<T>>;
  /** Truncates the write-ahead log, so that what was deleted is not read there. */
  truncateLog(): Promise<void>;
  close(): Promise<void>;
}

export type OpenOutcome = { readonly kind: 'open'; readonly store: Store } | { readonly kind: 'newer' | 'fault' };

interface RawConnection {
  run(sql: string, values: readonly SqlValue[], done: (this: { changes: number }, error: SqliteError | null) => void): void;
  get(sql: string, values: readonly SqlValue[], done: (error: SqliteError | null, row: unknown) => void): void;
}
interface SqliteError extends Error {
  readonly code?: string;
}
const BUSY_MS = 5_000;
const CONNECT_MS = 5_000;

function statementsOn(connection: RawConnection): Statements {
  return {
    run: (sql, values = []) =>
      new Promise((resolve, reject) => {
        connection.run(sql, values, function (error) {
          if (error) reject(new StoreFault(error.code ?? 'SQLITE'));
          else resolve({ changes: this.changes });
        });
      }),
    get: <T>(sql: string, values: readonly SqlValue[] = []) =>
      new Promise<T | undefined>((resolve, reject) => {
        connection.get(sql, values, (error, row) =>
          error ? reject(new StoreFault(error.code ?? 'SQLITE')) : resolve(row as T | undefined),
        );
      }),
  };
}

/** Opens and migrates `<dataDir>/pailou.db`. Outcomes: open; newer (written by a later version, left untouched); fault. */
export async function openStore(dataDir: string, limits: { readonly actMs?: number } = {}): Promise<OpenOutcome> {
  const filename = join(dataDir, 'pailou.db');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // Made before SQLite makes it: its log and shared memory take over these rights.
    closeSync(openSync(filename, 'a', 0o600));
  } catch {
    return { kind: 'fault' };
  }
  const knex = knexModule({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: CONNECT_MS,
    // Bound values in an error's text would reach a log.
    compileSqlOnError: false,
    // Faults are answered as outcomes; Knex would also print them.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    pool: {
      min: 1,
      max: 1,
      afterCreate(
        connection: { exec(sql: string, done: (error: Error | null) => void): void },
        done: (error: Error | null, connection: unknown) => void,
      ) {
        connection.exec(
          `PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;`,
          (error) => done(error, connection),
        );
      },
    },
  });
  const ready = await prepare(knex, FINAL_FAULTS);
  if (ready === 'open') return { kind: 'open', store: storeOn(knex, limits.actMs) };
  await knex.destroy();
  return { kind: ready };
}

/** Faults that waiting does not mend: no database, a broken one, no room, no right. */
const FINAL_FAULTS = ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_CANTOPEN', 'SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_PERM'];

const DISK_FAULTS = ['SQLITE_FULL', 'SQLITE_IOERR'];

function storeOn(knex: Knex, actMs: number | undefined): Store {
  return {
    query: knex,
    act: actsInTurn<RawConnection>({
      connect: () => knex.client.acquireConnection(),
      statementsOn,
      begin: ['BEGIN IMMEDIATE'],
      // A busy database was waited for by SQLite itself.
      meaningOf: (code) => (DISK_FAULTS.includes(code) ? 'disk-full' : 'store-fault'),
      release: (connection) => knex.client.releaseConnection(connection),
      ...(actMs ? { actMs } : {}),
    }),
    async truncateLog() {
      await knex.raw('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
    },
    close: () => knex.destroy(),
  };
}
