/** A whole kiosk for a test: the real supervisor and everything it starts, in folders of its own, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { type SimCommand, type SimState, simEvents, simRequests } from '../../firmware-bridge/protocol.ts';
import { rpcCaller } from '../../firmware-bridge/rpc.ts';

const BUILD_DIR = join(import.meta.dirname, '../../.build');
const READY_WITHIN_MS = 30_000;
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

type ProcessName = 'supervisor' | 'simulators' | 'bridge' | 'host' | 'visit' | 'card-monitor' | 'card-worker' | 'shell-chromium';

export interface Kiosk {
  readonly frontDoor: string;
  readonly runDir: string;
  readonly dataDir: string;
  /** Process ids of our own processes by name, oldest first; from `/proc`, as an operator would find them. */
  pids(name: ProcessName): number[];
  sim(command: SimCommand): Promise<SimState>;
  simState(): Promise<SimState>;
  paperPng(id: string): Promise<Buffer>;
  /** Ends whatever visit a test has left: its process is killed, and the next one serves. */
  freshVisit(): Promise<void>;
  /** Log lines so far, as objects. */
  log(): { readonly process: string; readonly event: string }[];
  health(): Promise<{ status: string; devices: Record<string, string>; store: string; alert: string | null } | null>;
  stop(): Promise<void>;
}

function descendants(root: number): { pid: number; command: string }[] {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8'));
    } catch {
      // Gone between the listing and the look.
    }
  }
  const under = (pid: number): boolean => pid === root || (parents.has(pid) && parents.get(pid)! > 1 && under(parents.get(pid)!));
  return [...commands].filter(([pid]) => under(pid)).map(([pid, command]) => ({ pid, command }));
}

/** Starts the demonstration site and waits for its ready line. */
export async function startKiosk(given: { readonly shell?: 'none' | 'chromium' } = {}): Promise<Kiosk> {
  const dir = mkdtempSync(join(tmpdir(), 'pailou-e2e-'));
  const [runDir, dataDir] = [join(dir, 'run'), join(dir, 'data')];
  const supervisor: ChildProcess = spawn(
    process.execPath,
    [join(BUILD_DIR, 'supervisor.js'), '--site=demo', `--shell=${given.shell ?? 'none'}`, '--port=0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PAILOU_RUN: runDir, PAILOU_DATA: dataDir },
    },
  );
  let [out, err] = ['', ''];
  supervisor.stdout!.on('data', (chunk) => (out += chunk));
  supervisor.stderr!.on('data', (chunk) => (err += chunk));
  const gone = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()));
  await vi.waitUntil(() => out.includes('ready after') || supervisor.exitCode !== null, READY_WITHIN_MS);
  const frontDoor = /http:\S+/.exec(out)?.[0];
  if (!frontDoor) throw new Error(`the kiosk did not start:\n${out}${err}`);

  const pids = (name: ProcessName): number[] =>
    name === 'supervisor'
      ? [supervisor.pid!]
      : descendants(supervisor.pid!)
          .filter(({ command }) => command.split('\0').includes(join(BUILD_DIR, `${name}.js`)))
          .map(({ pid }) => pid)
          .sort((a, b) => a - b);
  const socket = connect(join(runDir, 'sim.sock'));
  const simulators = rpcCaller(socket, simRequests, simEvents);
  const answered = async <T>(call: Promise<{ kind: 'answered'; value: T } | { kind: 'no-answer'; why: string }>): Promise<T> => {
    const answer = await call;
    if (answer.kind === 'no-answer') throw new Error(`the simulators: ${answer.why}`);
    return answer.value;
  };
  return {
    frontDoor,
    runDir,
    dataDir,
    pids,
    async sim(command) {
      const outcome = await answered(simulators.call('do', command, 10_000));
      if (outcome.kind === 'refused') throw new Error(outcome.why);
      return outcome.state;
    },
    simState: () => answered(simulators.call('state', {}, 5_000)),
    async paperPng(id) {
      const outcome = await answered(simulators.call('paper', { id }, 5_000));
      if (outcome.kind === 'none') throw new Error('no such paper');
      return Buffer.from(outcome.base64, 'base64');
    },
    async freshVisit() {
      const [serving] = pids('visit');
      if (serving) process.kill(serving, 'SIGKILL');
      await vi.waitUntil(() => pids('visit').length === 2 && !pids('visit').includes(serving!), 10_000);
    },
    log: () =>
      err
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    async health() {
      try {
        return await (await fetch(new URL('/healthz', frontDoor))).json();
      } catch {
        return null;
      }
    },
    async stop() {
      simulators.close();
      supervisor.kill('SIGTERM');
      await gone;
      // The last process may still be closing its files.
      rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      rmSync(`${dataDir}-heads`, { recursive: true, force: true });
    },
  };
}

export const PANELS = {
  counter: { width: 1024, height: 768 },
  landscape: { width: 1920, height: 1080 },
  portrait: { width: 1080, height: 1920 },
} as const;

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: BROWSER_ARGS });
}

export interface Screen {
  readonly page: Page;
  now(): Promise<string | null>;
  /** Waits for the screen of this id. */
  shows(id: string, withinMs?: number): Promise<void>;
  press(event: string, value?: string): Promise<void>;
  text(): Promise<string>;
  /** Waits until the screen says this, or no longer does. (The page's policy forbids what `waitForFunction` would do in it.) */
  says(words: RegExp): Promise<void>;
  saysNot(words: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** Opens the kiosk as a person does, by its front door; follows it from visit to visit. */
export async function openScreen(
  browser: Browser,
  kiosk: Kiosk,
  viewport: { width: number; height: number } = PANELS.landscape,
): Promise<Screen> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(kiosk.frontDoor);
  return screenOf(page, () => context.close());
}

export function screenOf(page: Page, close: () => Promise<void>): Screen {
  const now = async () => {
    try {
      return await page.evaluate(() => document.querySelector('[data-screen]')?.getAttribute('data-screen') ?? null);
    } catch {
      // Between two visits there is no page to ask.
      return null;
    }
  };
  // The kiosk's own screen: the device dock beside it names its specimens.
  const text = () => page.evaluate(() => (document.querySelector('[data-screen]') as HTMLElement | null)?.innerText ?? '');
  return {
    page,
    now,
    async shows(id, withinMs = 8_000) {
      let seen: string | null = null;
      await vi
        .waitUntil(
          async () => {
            seen = await now();
            return seen === id;
          },
          { timeout: withinMs, interval: 20 },
        )
        .catch(() => expect.fail(`expected the screen ${id}, there was ${seen}`));
    },
    press: (event, value) =>
      page
        .locator(value === undefined ? `[data-event="${event}"]` : `[data-event="${event}"][data-value="${value}"]`)
        .first()
        .click({ timeout: 5_000 }),
    text,
    says: async (words) => void (await vi.waitUntil(async () => words.test(await text()), { timeout: 5_000, interval: 20 })),
    saysNot: async (words) => void (await vi.waitUntil(async () => !words.test(await text()), { timeout: 5_000, interval: 20 })),
    close,
  };
}

/** The renderer, browser and helper processes of a Chromium, by what their command lines contain. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) && readlinkSync(`/proc/${pid}/exe`).length > 0;
      } catch {
        return false;
      }
    })
    .map(Number);
}
