/** One process of the kiosk, kept running: configuration by file, secrets by its standard input, one ready line, restarts with pauses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { z } from 'zod';

const PAUSES_MS = [0, 200, 1_000, 3_000, 10_000];
/** A process that lived this long was well; its next end is a first one again. */
const SETTLED_AFTER_MS = 30_000;
/** After its standard input closed, a process ends by itself within this, or is killed. */
const ENDS_WITHIN_MS = 2_000;
const ASKED_EVERY_MS = 1_000;
const MISSES = 3;

export interface ChildGiven<R> {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Made anew for each start: a token is never written to a file. */
  readonly secrets: Readonly<Record<string, string>> | null;
  readonly ready: z.ZodType<R>;
  readonly readyWithinMs: number;
  /** Heard at each start that succeeded: the first, and each one after a death. */
  readonly onReady: (ready: R) => void;
  /** Asked each second once it is ready; one that is not well `MISSES` times in a row hangs, and is killed. */
  readonly isWell?: (ready: R) => Promise<boolean>;
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void;
  readonly stderr: 'inherit' | number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Child {
  /** Starts it again, for instance because what it was told has changed. */
  restart(): void;
  /** Ends it for good: first by closing its standard input. */
  end(): Promise<void>;
  pid(): number | null;
}

/** How long to wait before the n-th start in a row of short lives (0 = the first death). */
export function pauseMs(deathsInARow: number): number {
  return PAUSES_MS[Math.min(deathsInARow, PAUSES_MS.length - 1)]!;
}

export function keepRunning<R>(given: ChildGiven<R>): Child {
  let child: ChildProcess | null = null;
  let deaths = 0;
  let ending: (() => void) | null = null;
  let waiting: NodeJS.Timeout | null = null;

  const start = () => {
    waiting = null;
    const startedAtMs = performance.now();
    const [program, ...args] = given.command;
    // A group of its own: Ctrl-C in a terminal reaches the supervisor only, which ends the others in order.
    const own = spawn(program!, args, { stdio: ['pipe', 'pipe', given.stderr], detached: true, env: given.env ?? process.env });
    child = own;
    own.stdin!.on('error', () => {});
    if (given.secrets) own.stdin!.write(`${JSON.stringify(given.secrets)}\n`);
    const late = setTimeout(() => {
      given.log('process.not-ready', { name: given.name });
      own.kill('SIGKILL');
    }, given.readyWithinMs);
    const lines = createInterface({ input: own.stdout! });
    lines.once('line', (line) => {
      clearTimeout(late);
      const ready = given.ready.safeParse(parse(line));
      if (ready.success) {
        given.onReady(ready.data);
        void watch(own, ready.data);
        return;
      }
      given.log('process.wrong-ready-line', { name: given.name });
      own.kill('SIGKILL');
    });
    let over = false;
    const gone = (code: number | null, signal: string | null) => {
      if (over) return;
      over = true;
      clearTimeout(late);
      lines.close();
      child = null;
      if (ending) return ending();
      if (performance.now() - startedAtMs > SETTLED_AFTER_MS) deaths = 0;
      const afterMs = pauseMs(deaths++);
      given.log('process.gone', { name: given.name, code: code ?? -1, signal: signal ?? '', againAfterMs: afterMs });
      waiting = setTimeout(start, afterMs);
    };
    own.once('exit', gone);
    own.once('error', () => gone(null, null));
  };
  const watch = async (own: ChildProcess, ready: R) => {
    let misses = 0;
    while (given.isWell && misses < MISSES) {
      await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
      if (child !== own || ending) return;
      misses = (await given.isWell(ready)) ? 0 : misses + 1;
    }
    if (!given.isWell || child !== own) return;
    given.log('process.hangs', { name: given.name });
    own.kill('SIGKILL');
  };
  start();

  return {
    restart() {
      deaths = 0;
      child?.kill('SIGKILL');
    },
    end() {
      if (waiting) clearTimeout(waiting);
      const current = child;
      return new Promise((resolve) => {
        ending = resolve;
        if (!current) return resolve();
        current.stdin!.end();
        setTimeout(() => current.kill('SIGKILL'), ENDS_WITHIN_MS).unref();
      });
    },
    pid: () => child?.pid ?? null,
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
