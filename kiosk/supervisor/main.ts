/** The supervisor: starts simulators, bridge, host and shell, starts again what died, and takes all of them along when it ends. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { BridgeConfig, BridgeSecrets } from '../../firmware-bridge/config.ts';
import { type SimulatorsConfig, SimulatorsReady } from '../../firmware-bridge/simulators/config.ts';
import { type KioskConfig, loadKioskConfig } from '../config/load.ts';
import { type HostConfig, HostReady, type HostSecrets } from '../host/protocol.ts';
import { pickShell, type ShellChoice } from '../shell/launch.ts';
import { type ShellConfig, ShellReady, type ShellSecrets } from '../shell/protocol.ts';
import { type Child, keepRunning } from './child.ts';
import { childEnvironment } from './environment.ts';
import { askHealth } from './health.ts';
import { readOptions, refusals } from './options.ts';
import { dataDir, ownDir, runDir, takeRunDir } from './places.ts';

const READY_WITHIN_MS = { simulators: 30_000, bridge: 15_000, host: 20_000, shell: 15_000 };
/** sysexits.h: EX_USAGE, EX_UNAVAILABLE, EX_NOPERM, EX_CONFIG. */
const EXIT = { usage: 64, unavailable: 69, notAllowed: 77, config: 78 };

const BUILD_DIR = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(BUILD_DIR);
const CHROMIUM = '/usr/bin/chromium';
const PRLIMIT = '/usr/bin/prlimit';
/** A bridge that its host has not been joined to for this long hangs, or refuses it. */
const BRIDGE_GONE_FOR_MS = 10_000;

function stop(code: number, complaints: readonly string[]): never {
  for (const line of complaints) process.stderr.write(`${line}\n`);
  process.exit(code);
}

function electronBinary(): string | null {
  const home = join(ROOT, 'node_modules/electron');
  try {
    const binary = join(home, 'dist', readFileSync(join(home, 'path.txt'), 'utf8'));
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

const token = () => randomBytes(24).toString('base64url');

function bridgeConfig({ site, cardProfiles }: KioskConfig, places: { runDir: string }, simulated: SimulatorsReady | null): BridgeConfig {
  const { card, printer } = site.devices;
  return {
    runDir: places.runDir,
    card: card && {
      path: card.path === 'simulated' && simulated ? simulated.card : { kind: 'pcsc', pcscSocket: null },
      readers: card.readers,
      profiles: [...cardProfiles],
    },
    printer: printer && {
      transport:
        printer.transport.kind === 'simulated' ? { kind: 'tcp', host: '127.0.0.1', port: simulated!.printerPort } : printer.transport,
      widthDots: printer.widthDots,
      confirms: printer.confirms,
    },
  };
}

async function main(): Promise<void> {
  const read = readOptions(process.argv.slice(2));
  if (read.kind === 'wrong') stop(EXIT.usage, [read.complaint]);
  const { options } = read;
  const configDir = join(ROOT, 'config');
  const loaded = loadKioskConfig(configDir, options.site);
  if (loaded.kind === 'wrong') stop(EXIT.config, [loaded.complaint]);
  const config = loaded.value;
  const { site } = config;
  const uid = process.getuid?.() ?? -1;
  const refused = refusals(site, { uid, env: process.env });
  if (refused.length > 0) stop(EXIT.notAllowed, refused);

  const shell = pickShell({
    asked: options.shell,
    hasDisplay: Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']),
    electronBinary: electronBinary(),
    chromiumBinary: existsSync(CHROMIUM) ? CHROMIUM : null,
  });
  if (shell.kind === 'cannot') stop(EXIT.unavailable, [shell.complaint]);

  const data = ownDir(dataDir(process.env, options.site));
  const run = ownDir(runDir(process.env));
  for (const place of [data, run]) if (place.kind === 'wrong') stop(EXIT.config, [place.complaint]);
  if (data.kind === 'wrong' || run.kind === 'wrong') return;
  const taken = await takeRunDir(run.path);
  if (taken.kind === 'in-use')
    stop(EXIT.unavailable, [`another kiosk runs with ${run.path}; end it first, or give this one its own PAILOU_RUN and PAILOU_DATA`]);

  // On a terminal the log would hide the one line that matters.
  const stderr = process.stderr.isTTY ? openSync(join(run.path, 'kiosk.log'), 'w', 0o600) : 'inherit';
  const log = (event: string, fields: Readonly<Record<string, string | number>>) =>
    appendFileSync(
      stderr === 'inherit' ? 2 : stderr,
      `${JSON.stringify({ at: new Date().toISOString(), process: 'supervisor', event, ...fields })}\n`,
    );

  // A core dump would hold what a person showed (T5); all that is started from here inherits the limit.
  if (existsSync(PRLIMIT)) spawnSync(PRLIMIT, ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' });
  else log('core-dumps.not-limited', {});

  const hostToken = token();
  const shellToken = token();
  const children = new Map<string, Child>();
  const processOf = <R>(
    name: string,
    settings: object,
    secrets: Readonly<Record<string, string>> | null,
    ready: z.ZodType<R>,
    readyWithinMs: number,
    onReady: (ready: R) => void,
    more: {
      readonly program?: readonly string[] | undefined;
      readonly also?: readonly string[];
      readonly isWell?: (ready: R) => Promise<boolean>;
    } = {},
  ): Child => {
    const file = join(run.path, `${name}.json`);
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    const program = more.program ?? [process.execPath, '--enable-source-maps', join(BUILD_DIR, `${name}.js`)];
    const child = keepRunning({
      ...{ name, command: [...program, file], secrets, ready, readyWithinMs, onReady, log, stderr },
      ...{ env: childEnvironment(process.env, more.also), ...(more.isWell ? { isWell: more.isWell } : {}) },
    });
    children.set(name, child);
    return child;
  };

  let told = false;
  const waitingFor = new Set(['bridge', 'host', ...(shell.kind === 'none' ? [] : ['shell'])]);
  let frontDoor = '';
  const readyNow = (name: string) => {
    waitingFor.delete(name);
    if (told || waitingFor.size > 0) return;
    told = true;
    const seconds = (performance.now() / 1000).toFixed(1);
    process.stdout.write(`Pailou is ready after ${seconds} s · shell: ${shellName(shell)} · ${frontDoor}\n`);
  };

  let bridge: Child | null = null;
  const startBridge = (simulated: SimulatorsReady | null) => {
    const settings = bridgeConfig(config, { runDir: run.path }, simulated);
    if (bridge) {
      writeFileSync(join(run.path, 'bridge.json'), JSON.stringify(settings), { mode: 0o600 });
      return bridge.restart();
    }
    const secrets: z.input<typeof BridgeSecrets> = { hostToken };
    const Ready = z.looseObject({ ready: z.literal(true) });
    bridge = processOf('bridge', settings, secrets, Ready, READY_WITHIN_MS.bridge, () => readyNow('bridge'));
  };

  const simulates = site.devices.card?.path === 'simulated' || site.devices.printer?.transport.kind === 'simulated';
  if (simulates) {
    const settings: SimulatorsConfig = {
      runDir: run.path,
      card: 'auto',
      specimensDir: join(configDir, 'cards/specimens'),
      printer: { port: 0, widthDots: site.devices.printer?.widthDots ?? 576, confirms: site.devices.printer?.confirms ?? 'processId' },
    };
    processOf('simulators', settings, null, SimulatorsReady, READY_WITHIN_MS.simulators, startBridge);
  } else {
    startBridge(null);
  }

  const hostConfig: HostConfig = {
    runDir: run.path,
    dataDir: data.path,
    configDir,
    siteName: options.site,
    buildDir: BUILD_DIR,
    port: options.port,
    simSocket: simulates ? join(run.path, 'sim.sock') : null,
  };
  const hostSecrets: z.input<typeof HostSecrets> = { hostToken, shellToken };
  let bridgeGoneSinceMs: number | null = null;
  const isWell = async ({ port }: HostReady) => {
    const health = await askHealth(port);
    const nowMs = performance.now();
    if (health?.bridge !== 'gone') bridgeGoneSinceMs = null;
    else bridgeGoneSinceMs ??= nowMs;
    if (bridgeGoneSinceMs !== null && nowMs - bridgeGoneSinceMs > BRIDGE_GONE_FOR_MS) {
      bridgeGoneSinceMs = null;
      log('process.hangs', { name: 'bridge' });
      bridge?.restart();
    }
    return health !== null;
  };
  const hostReady = (ready: HostReady) => {
    // A host that is started again keeps its door: pages that lost it knock there.
    writeFileSync(join(run.path, 'host.json'), JSON.stringify({ ...hostConfig, port: ready.port }), { mode: 0o600 });
    frontDoor = site.demo ? ready.frontDoor : `health: http://127.0.0.1:${ready.port}/healthz`;
    readyNow('host');
  };
  // The place of the keys goes through the host to its visits, and to nobody else.
  const also = ['CREDENTIALS_DIRECTORY'];
  processOf('host', hostConfig, hostSecrets, HostReady, READY_WITHIN_MS.host, hostReady, { also, isWell });

  if (shell.kind !== 'none') {
    const settings: ShellConfig = {
      runDir: run.path,
      binary: shell.binary,
      demo: site.demo,
      sandbox: uid !== 0,
      headless: shell.headless,
    };
    const secrets: z.input<typeof ShellSecrets> = { shellToken };
    const electron = [...(uid === 0 ? ['--no-sandbox'] : []), join(BUILD_DIR, 'shell-electron.js')];
    const program = shell.kind === 'electron' ? [shell.binary, ...electron] : undefined;
    processOf(`shell-${shell.kind}`, settings, secrets, ShellReady, READY_WITHIN_MS.shell, () => readyNow('shell'), { program });
  }

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    // The shell first: a screen whose visit ends before it would show a fault for a moment.
    for (const name of ['shell-electron', 'shell-chromium', 'host', 'bridge', 'simulators']) await children.get(name)?.end();
    process.exit(0);
  };
  process.on('SIGINT', () => void end());
  process.on('SIGTERM', () => void end());
  process.on('SIGHUP', () => void end());
}

function shellName(shell: ShellChoice): string {
  return shell.kind === 'chromium' && shell.headless ? 'chromium (headless)' : shell.kind;
}

void main();
