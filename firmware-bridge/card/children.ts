/** The card processes as the bridge sees them: started beside this bundle, spoken to in lines, ended by SIGKILL and awaited. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BridgeConfig } from '../config.ts';
import type { Log } from '../log.ts';
import { hearLines, MonitorSays, type MonitorStart, type WorkerOrder, WorkerSays, type WorkerStart } from './lines.ts';

export type CardConfig = NonNullable<BridgeConfig['card']>;

export interface Child {
  readonly pid: number;
  /** Resolves when the process is gone; asking twice is fine. */
  kill(): Promise<void>;
  readonly exited: Promise<void>;
}

const bundle = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

function start(name: string, config: CardConfig): ChildProcess {
  const socket = config.path.kind === 'pcsc' ? config.path.pcscSocket : null;
  return spawn(process.execPath, [bundle(name)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...(socket === null ? {} : { PCSCLITE_CSOCK_NAME: socket }) },
  });
}

function tell(child: ChildProcess, line: MonitorStart | WorkerStart | WorkerOrder): void {
  // A child that has just died cannot hear; its exit is told elsewhere.
  child.stdin!.on('error', () => {});
  child.stdin!.write(`${JSON.stringify(line)}\n`);
}

function asChild(child: ChildProcess): Child {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export function startMonitor(config: CardConfig, hear: (line: MonitorSays) => void): Child {
  const child = start('card-monitor', config);
  const asked = asChild(child);
  hearLines(child.stdout!, MonitorSays, hear);
  tell(child, { path: config.path });
  return asked;
}

export interface Worker extends Child {
  /** Where the visit finds this worker once a card is known. */
  readonly channel: { readonly path: string; readonly secret: string };
  /** Gives the worker its one card; what it says about it goes to `hear`. */
  take(insertion: number, hear: (line: WorkerSays) => void): void;
  /** Whether it may answer the visit; told only when it changes. */
  answer(allowed: boolean): void;
  gone(): void;
}

/** A worker without a card yet: started ahead, so that a card does not wait for a process. */
export function startWorker(config: CardConfig, runDir: string, reader: string, log: Log): Worker {
  const child = start('card-worker', config);
  const base = asChild(child);
  const channel = { path: join(runDir, `card-${randomBytes(8).toString('hex')}.sock`), secret: randomBytes(24).toString('base64url') };
  let hearer: ((line: WorkerSays) => void) | null = null;
  let listening = false;
  let mayAnswer = true;
  let order: WorkerOrder | null = null;
  hearLines(child.stdout!, WorkerSays, (line) => {
    if (line.says !== 'listening') return hearer?.(line);
    listening = true;
    if (order) tell(child, order);
  });
  const { path, profiles } = config;
  tell(child, { path, reader, profiles, socket: channel.path, secret: channel.secret });
  const exited = base.exited.then(() => {
    rmSync(channel.path, { force: true });
    log('card.worker-ended', { device: 'card', pid: base.pid });
  });
  return {
    pid: base.pid,
    channel,
    exited,
    async kill() {
      await base.kill();
      await exited;
    },
    take(insertion, hear) {
      hearer = hear;
      order = { order: 'take', insertion };
      if (listening) tell(child, order);
    },
    answer(allowed) {
      if (allowed === mayAnswer) return;
      mayAnswer = allowed;
      tell(child, { order: 'answer', allowed });
    },
    gone: () => tell(child, { order: 'gone' }),
  };
}
