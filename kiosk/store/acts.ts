/** What both databases share: acts run one after another, whole or not at all, each within a time limit, and faults are outcomes. */

export type SqlValue = string | number | Buffer | null;

/** One transaction's statements. `?` for each value; never text built from values. */
export interface Statements {
  run(sql: string, values?: readonly SqlValue[]): Promise<{ readonly changes: number }>;
  get<T>(sql: string, values?: readonly SqlValue[]): Promise<T | undefined>;
}

export type ActOutcome<T> =
  | { readonly kind: 'committed'; readonly value: T }
  | { readonly kind: 'not-committed'; readonly why: 'disk-full' | 'store-fault' };

/** What a driver's fault means. `again` is for faults that leave nothing behind and pass: another writer, a deadlock. */
export type FaultMeaning = 'disk-full' | 'store-fault' | 'again';

export class StoreFault extends Error {
  readonly code: string;
  /** Only the code: the texts of the drivers quote statements and values. */
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export interface Acts<C> {
  connect(): Promise<C>;
  statementsOn(connection: C): Statements;
  /** The statements that begin a transaction as the only writer. */
  readonly begin: readonly string[];
  meaningOf(code: string): FaultMeaning;
  /** `code` is the fault the connection ended with, if any: one that is broken must not be used again. */
  release(connection: C, code: string | null): Promise<unknown>;
  readonly actMs?: number;
}

/** The longest an act may take, its turn included: a person waits for it. */
export const ACT_MS = 8_000;
const MOST_TRIES = 4;

/**
 * Makes `act()`. An act that is out of time before its COMMIT is sent is rolled back; one whose COMMIT is under way is answered as
 * a `store-fault`, and what runs next runs after it, so that a look for the act's key finds what became of it.
 */
export function actsInTurn<C>(given: Acts<C>): <T>(work: (statements: Statements) => Promise<T>) => Promise<ActOutcome<T>> {
  let tail: Promise<unknown> = Promise.resolve();

  async function once<T>(work: (statements: Statements) => Promise<T>, late: () => boolean, outOfTime: Promise<never>): Promise<T> {
    let connection: C;
    try {
      connection = await given.connect();
    } catch {
      throw new StoreFault('NO-CONNECTION');
    }
    const bare = given.statementsOn(connection);
    const inTime = () => {
      if (late()) throw new StoreFault('OUT-OF-TIME');
    };
    const statements: Statements = {
      run: async (sql, values) => {
        inTime();
        return bare.run(sql, values);
      },
      get: async (sql, values) => {
        inTime();
        return bare.get(sql, values);
      },
    };
    let code: string | null = null;
    try {
      for (const sql of given.begin) await statements.run(sql);
      const value = await Promise.race([work(statements), outOfTime]);
      await statements.run('COMMIT');
      return value;
    } catch (fault) {
      if (fault instanceof StoreFault) code = fault.code;
      await bare.run('ROLLBACK').catch((second: StoreFault) => {
        code ??= second.code;
      });
      throw fault;
    } finally {
      await given.release(connection, code);
    }
  }

  return (work) => {
    const untilMs = performance.now() + (given.actMs ?? ACT_MS);
    const late = () => performance.now() >= untilMs;
    let timer: NodeJS.Timeout;
    const expires = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StoreFault('OUT-OF-TIME')), given.actMs ?? ACT_MS);
    });
    const run = async (): Promise<ActOutcome<Awaited<ReturnType<typeof work>>>> => {
      for (let tries = 1; ; tries++) {
        try {
          if (late()) return { kind: 'not-committed', why: 'store-fault' };
          return { kind: 'committed', value: await once(work, late, expires) };
        } catch (fault) {
          if (!(fault instanceof StoreFault)) throw fault;
          const meaning = given.meaningOf(fault.code);
          if (meaning === 'again' && tries < MOST_TRIES && !late()) continue;
          return { kind: 'not-committed', why: meaning === 'disk-full' ? 'disk-full' : 'store-fault' };
        }
      }
    };
    const inTurn = tail.then(run, run);
    tail = inTurn.catch(() => {});
    const inTime = Promise.race([inTurn, expires.catch(() => ({ kind: 'not-committed', why: 'store-fault' }) as const)]);
    return inTime.finally(() => clearTimeout(timer));
  };
}
