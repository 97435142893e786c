/**
 * The kiosk's own database. Knex migrates and queries; what changes the world goes through `act()`: BEGIN IMMEDIATE and prepared
 * bare statements, since a transaction that reads before it writes fails under contention.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import knexModule, { type Knex } from 'knex';
import { migrationSource, migrations } from './migrations.ts';

export type SqlValue = string | number | Buffer | null;

/** One transaction's statements. `?` for each value; never text built from values. */
export interface Statements {
  run(sql: string, values?: readonly SqlValue[]): Promise<{ readonly changes: number }>;
  get<T>(sql: string, values?: readonly SqlValue[]): Promise<T | undefined>;
}

export type ActOutcome<T> =
  | { readonly kind: 'committed'; readonly value: T }
  | { readonly kind: 'not-committed'; readonly why: 'disk-full' | 'store-fault' };

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
class StoreFault extends Error {
  readonly code: string;
  /** Only the code: the texts of the driver quote statements and values. */
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const BUSY_MS = 5_000;
const MIGRATES_WITHIN_MS = 3_000;

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
export async function openStore(dataDir: string): Promise<OpenOutcome> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const filename = join(dataDir, 'pailou.db');
  // Made before SQLite makes it: its log and shared memory take over these rights.
  closeSync(openSync(filename, 'a', 0o600));
  const knex = knexModule({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
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
  const ready = await prepare(knex);
  if (ready === 'open') return { kind: 'open', store: storeOn(knex) };
  await knex.destroy();
  return { kind: ready };
}

/** Faults that waiting does not mend: no database, a broken one, no room, no right. */
const FINAL_FAULTS = ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_CANTOPEN', 'SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_PERM'];

/**
 * Migrates where needed. Another process may be opening the same database at this moment: then it is busy, half made or locked, and
 * is tried again; a migration lock whose owner was killed is freed after `MIGRATES_WITHIN_MS`.
 */
async function prepare(knex: Knex): Promise<'open' | 'newer' | 'fault'> {
  const known = new Set(migrations.map(({ name }) => name));
  const startedAtMs = performance.now();
  for (;;) {
    try {
      const applied: { name: string }[] = (await knex.schema.hasTable('knex_migrations'))
        ? await knex('knex_migrations').select('name')
        : [];
      if (applied.some(({ name }) => !known.has(name))) return 'newer';
      if (applied.length < migrations.length) await knex.migrate.latest({ migrationSource });
      return 'open';
    } catch (fault) {
      const waitedMs = performance.now() - startedAtMs;
      if (FINAL_FAULTS.includes(String((fault as { code?: unknown }).code)) || waitedMs > 2 * MIGRATES_WITHIN_MS) return 'fault';
      if (waitedMs > MIGRATES_WITHIN_MS) await knex.migrate.forceFreeMigrationsLock({ migrationSource }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function storeOn(knex: Knex): Store {
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = tail.then(work, work);
    tail = next.catch(() => {});
    return next;
  };
  return {
    query: knex,
    act: (work) =>
      inTurn(async () => {
        const connection: RawConnection = await knex.client.acquireConnection();
        const statements = statementsOn(connection);
        try {
          await statements.run('BEGIN IMMEDIATE');
          const value = await work(statements);
          await statements.run('COMMIT');
          return { kind: 'committed', value };
        } catch (fault) {
          await statements.run('ROLLBACK').catch(() => {});
          if (!(fault instanceof StoreFault)) throw fault;
          return {
            kind: 'not-committed',
            why: fault.code === 'SQLITE_FULL' || fault.code === 'SQLITE_IOERR' ? 'disk-full' : 'store-fault',
          };
        } finally {
          await knex.client.releaseConnection(connection);
        }
      }),
    async truncateLog() {
      await knex.raw('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
    },
    close: () => knex.destroy(),
  };
}
