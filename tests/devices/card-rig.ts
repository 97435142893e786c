/** Starts the built bridge and simulators in a folder of their own, and speaks to them as a host, a visit and a dock do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type BridgeConfig, CardProfile } from '../../firmware-bridge/config.ts';
import {
  BRIDGE_PROTOCOL_VERSION,
  bridgeEvents,
  bridgeRequests,
  type CardIdentifyOutcome,
  type CardReadOutcome,
  type CardSituation,
  cardRequests,
  type SimCommand,
  type SimDone,
  type SimState,
  simEvents,
  simRequests,
} from '../../firmware-bridge/protocol.ts';
import { type Caller, rpcCaller } from '../../firmware-bridge/rpc.ts';
import { SimulatorsReady } from '../../firmware-bridge/simulators/config.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WAIT_MS = 12_000;
export const HOST_TOKEN = 'host-token-of-this-test';

export const specimenProfile = CardProfile.parse(parse(readFileSync(join(ROOT, 'config/cards/hk-smart-id-specimen.yaml'), 'utf8')));
export const ALL_FIELDS = specimenProfile.fields.map((field) => field.name);

export interface Process {
  readonly child: ChildProcess;
  readonly ready: unknown;
  log(): string;
  /** Ends it the way its parent's death would, and waits. */
  end(): Promise<void>;
}

export async function startProcess(
  name: string,
  config: unknown,
  runDir: string,
  secrets: unknown,
  bundles = join(ROOT, '.build'),
): Promise<Process> {
  const file = join(runDir, `${name}.json`);
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, [join(bundles, `${name}.js`), file], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let logged = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    logged += text;
    if (process.env['CARD_RIG_LOGS']) process.stderr.write(text);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin!.write(`${JSON.stringify(secrets)}\n`);
  const ready = await new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return {
    child,
    ready,
    log: () => logged,
    async end() {
      child.stdin!.end();
      await exited;
    },
  };
}

export const dial = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });

type Ready = Extract<CardSituation, { kind: 'ready' }>;

/** A visit that holds the lease: every situation it was told, in order, and the card's own socket. */
export interface TestVisit {
  readonly heard: readonly CardSituation[];
  now(): CardSituation;
  readonly caller: Caller<typeof bridgeRequests, typeof bridgeEvents>;
  /** The next situation from here on, the present one included, that fits. */
  until(what: string, fits: (situation: CardSituation) => boolean): Promise<CardSituation>;
  untilKind<K extends CardSituation['kind']>(kind: K): Promise<Extract<CardSituation, { kind: K }>>;
  attach(ready: Ready): Promise<Caller<typeof cardRequests, Record<never, never>>>;
  read(ready: Ready, fields?: readonly string[]): Promise<CardReadOutcome>;
  identify(ready: Ready): Promise<CardIdentifyOutcome>;
  readonly leaseEnded: Promise<void>;
}

export interface Rig {
  readonly runDir: string;
  readonly bridge: Process;
  readonly simulators: Process;
  readonly host: Caller<typeof bridgeRequests, typeof bridgeEvents>;
  sim(command: SimCommand): Promise<SimDone>;
  simState(): Promise<SimState>;
  /** Grants a new lease and answers its token. */
  grant(): Promise<string>;
  /** The lease that was granted last. */
  lease(): string;
  /** What the bridge has logged so far. */
  log(): string;
  /** Grants a new lease, which ends the one before, and presents it. */
  visit(): Promise<TestVisit>;
  close(): Promise<void>;
}

function answered<T>(outcome: { kind: 'answered'; value: T } | { kind: 'no-answer'; why: string }): T {
  if (outcome.kind === 'no-answer') throw new Error(`no answer: ${outcome.why}`);
  return outcome.value;
}

export async function startRig(given: {
  readonly path: 'pcscd' | 'direct';
  readonly readers?: readonly string[];
  readonly printer?: boolean;
  readonly before?: (sim: Rig['sim']) => Promise<void>;
}): Promise<Rig> {
  const runDir = mkdtempSync(join(tmpdir(), 'pailou-card-'));
  const simulators = await startProcess(
    'simulators',
    {
      runDir,
      card: given.path,
      specimensDir: join(ROOT, 'config/cards/specimens'),
      printer: { port: 0, widthDots: 576, confirms: 'processId' },
    },
    runDir,
    {},
  );
  const { card: path, printerPort } = SimulatorsReady.parse(simulators.ready);
  const simCaller = rpcCaller(await dial(join(runDir, 'sim.sock')), simRequests, simEvents);
  const sim = async (command: SimCommand) => answered(await simCaller.call('do', command, WAIT_MS));
  await given.before?.(sim);
  const config: BridgeConfig = {
    runDir,
    card: { path, readers: [...(given.readers ?? ['Virtual PCD*'])], profiles: [specimenProfile] },
    printer: given.printer
      ? { transport: { kind: 'tcp', host: '127.0.0.1', port: printerPort }, widthDots: 576, confirms: 'processId' }
      : null,
  };
  const bridge = await startProcess('bridge', config, runDir, { hostToken: HOST_TOKEN });
  const socket = join(runDir, 'bridge.sock');
  const host = rpcCaller(await dial(socket), bridgeRequests, bridgeEvents);
  answered(await host.call('hello', { version: BRIDGE_PROTOCOL_VERSION, role: 'host', token: HOST_TOKEN }, WAIT_MS));
  let leases = 0;

  const grant = async () => {
    const token = `visit-token-number-${++leases}`;
    answered(await host.call('lease.grant', { lease: `lease-${leases}`, token }, WAIT_MS));
    return token;
  };

  return {
    runDir,
    bridge,
    grant,
    lease: () => `lease-${leases}`,
    log: () => bridge.log(),
    simulators,
    host,
    sim,
    simState: async () => answered(await simCaller.call('state', {}, WAIT_MS)),
    async visit() {
      return await openVisit(socket, await grant());
    },
    async close() {
      await bridge.end();
      await simulators.end();
      rmSync(runDir, { recursive: true, force: true });
    },
  };
}

async function openVisit(socket: string, token: string): Promise<TestVisit> {
  const caller = rpcCaller(await dial(socket), bridgeRequests, bridgeEvents);
  const heard: CardSituation[] = [];
  const waiting = new Set<() => void>();
  caller.on('card.changed', (situation) => {
    heard.push(situation);
    for (const look of waiting) look();
  });
  const leaseEnded = new Promise<void>((resolve) => caller.on('lease.ended', () => resolve()));
  const hello = answered(await caller.call('hello', { version: BRIDGE_PROTOCOL_VERSION, role: 'visit', token }, WAIT_MS));
  if (hello.kind !== 'welcome') throw new Error(`refused: ${hello.code}`);
  heard.unshift(hello.card);
  const now = () => heard.at(-1)!;
  const until = (what: string, fits: (situation: CardSituation) => boolean) =>
    new Promise<CardSituation>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`never ${what}; heard ${heard.map(({ kind }) => kind).join(' ')}`));
      }, WAIT_MS);
      const look = () => {
        if (!fits(now())) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(now());
      };
      waiting.add(look);
      look();
    });
  const attached = new Map<string, Promise<Caller<typeof cardRequests, Record<never, never>>>>();
  const attach: TestVisit['attach'] = ({ channel }) => {
    const before = attached.get(channel.path);
    if (before) return before;
    const fresh = dial(channel.path).then(async (to) => {
      const card = rpcCaller(to, cardRequests, {});
      const outcome = answered(await card.call('attach', { secret: channel.secret }, WAIT_MS));
      if (outcome.kind !== 'done') throw new Error(outcome.code);
      return card;
    });
    attached.set(channel.path, fresh);
    return fresh;
  };
  return {
    heard,
    now,
    caller,
    until,
    untilKind: async (kind) => (await until(kind, (situation) => situation.kind === kind)) as never,
    attach,
    async read(ready, fields = ALL_FIELDS) {
      return answered(await (await attach(ready)).call('read', { insertion: ready.insertion, fields: [...fields] }, WAIT_MS));
    },
    async identify(ready) {
      return answered(await (await attach(ready)).call('identify', { insertion: ready.insertion }, WAIT_MS));
    },
    leaseEnded,
  };
}
