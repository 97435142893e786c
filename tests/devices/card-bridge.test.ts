/** Who may ask the bridge for what, and what is left when a process goes without a word. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BridgeConfig } from '../../firmware-bridge/config.ts';
import { BRIDGE_PROTOCOL_VERSION, bridgeEvents, bridgeRequests } from '../../firmware-bridge/protocol.ts';
import { rpcCaller } from '../../firmware-bridge/rpc.ts';
import { build } from '../../kiosk/setup/build.mjs';
import { dial, HOST_TOKEN, type Rig, ROOT, specimenProfile, startProcess, startRig } from './card-rig.ts';

beforeAll(() => build());

const ANSWER_MS = 5_000;
const joinBridge = async (rig: Pick<Rig, 'runDir'>) => rpcCaller(await dial(join(rig.runDir, 'bridge.sock')), bridgeRequests, bridgeEvents);
const version = BRIDGE_PROTOCOL_VERSION;
const refused = (code: string) => ({ kind: 'answered', value: { kind: 'refused', code } });

describe('the bridge', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ path: 'direct' });
  });
  afterAll(() => rig?.close());

  it('answers nothing before hello, and hangs up on a wrong token or version', async () => {
    const stranger = await joinBridge(rig);
    expect(await stranger.call('lease.grant', { lease: 'x', token: 'x'.repeat(16) }, ANSWER_MS)).toEqual(refused('NOT_AUTHENTICATED'));
    expect(await stranger.call('hello', { version: version + 1, role: 'host', token: HOST_TOKEN }, ANSWER_MS)).toEqual(
      refused('BAD_VERSION'),
    );
    const liar = await joinBridge(rig);
    const closed = new Promise<void>((resolve) => liar.onClose(resolve));
    expect(await liar.call('hello', { version, role: 'host', token: 'not the token at all' }, ANSWER_MS)).toEqual(
      refused('NOT_AUTHENTICATED'),
    );
    await closed;
  });

  it('T9 [part] gives a lease only to the host, and only to the visit with its token', async () => {
    const visit = await rig.visit();
    expect(await visit.caller.call('lease.grant', { lease: 'mine', token: 'x'.repeat(16) }, ANSWER_MS)).toEqual(refused('BAD_STATE'));
    const other = await joinBridge(rig);
    expect(await other.call('hello', { version, role: 'visit', token: 'another visit token' }, ANSWER_MS)).toEqual(
      refused('NOT_AUTHENTICATED'),
    );
    expect(await rig.host.call('printer.drop', { jobId: 'j' }, ANSWER_MS)).toEqual(refused('BAD_STATE'));
  });

  it('tells the loser of a lease, which may then print nothing and hears of no card', async () => {
    const first = await rig.visit();
    const second = await rig.visit();
    await first.leaseEnded;
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    await second.untilKind('ready');
    expect(first.heard.map(({ kind }) => kind)).toEqual(['empty']);
    const job = { jobId: 'j', widthDots: 8, heightDots: 1, bitsBase64: 'AA==' };
    expect(await first.caller.call('printer.print', job, ANSWER_MS)).toEqual(refused('NO_LEASE'));
    await rig.sim({ device: 'card', action: 'remove' });
  });

  it('never tells a host which card is in', async () => {
    const visit = await rig.visit();
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    await visit.untilKind('ready');
    const host = await joinBridge(rig);
    const hello = await host.call('hello', { version, role: 'host', token: HOST_TOKEN }, ANSWER_MS);
    expect(hello).toMatchObject({ value: { kind: 'welcome', card: { kind: 'empty' }, health: { card: 'ready', printer: 'absent' } } });
    await rig.sim({ device: 'card', action: 'remove' });
  });

  it('lets go of the card when the visit that holds it vanishes, and keeps the lease for the host to end', async () => {
    const visit = await rig.visit();
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    const ready = await visit.untilKind('ready');
    const card = await visit.attach(ready);
    const gone = new Promise<void>((resolve) => card.onClose(resolve));
    visit.caller.close();
    await gone;
    expect(await rig.host.call('lease.end', { lease: 'no such lease' }, ANSWER_MS)).toEqual(refused('NO_LEASE'));
    await rig.sim({ device: 'card', action: 'remove' });
  });
});

const processes = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
const hasInEnvironment = (pid: number, marker: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(marker);
  } catch {
    return false;
  }
};
const namespaceOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
};

it('prints a slip of its leaseholder, and answers the end of a lease only when nothing of it can come out', async () => {
  const rig = await startRig({ path: 'direct', printer: true });
  try {
    const visit = await rig.visit();
    const states: string[] = [];
    const printed = new Promise<void>((resolve) =>
      visit.caller.on('printer.job', ({ state }) => {
        states.push(state);
        if (state === 'printed') resolve();
      }),
    );
    const slip = { widthDots: 576, heightDots: 16, bitsBase64: Buffer.alloc(72 * 16, 0xaa).toString('base64') };
    expect(await visit.caller.call('printer.print', { jobId: 'first', ...slip }, ANSWER_MS)).toMatchObject({ value: { kind: 'queued' } });
    await printed;
    expect(states.at(-1)).toBe('printed');
    await rig.sim({ device: 'printer', action: 'paper-out' });
    await visit.caller.call('printer.print', { jobId: 'second', ...slip }, ANSWER_MS);
    const next = await rig.visit();
    await visit.leaseEnded;
    await rig.sim({ device: 'printer', action: 'paper-in' });
    expect(await next.caller.call('printer.print', { jobId: 'third', ...slip }, ANSWER_MS)).toMatchObject({ value: { kind: 'queued' } });
    await new Promise<void>((resolve) => next.caller.on('printer.job', ({ state }) => state === 'printed' && resolve()));
    expect((await rig.simState()).papers).toHaveLength(2);
  } finally {
    await rig.close();
  }
});

it('leaves no process behind when the bridge and the simulators are killed without a word', async () => {
  const rig = await startRig({ path: 'pcscd' });
  const visit = await rig.visit();
  await rig.sim({ device: 'card', action: 'insert', specimen: 'p1' });
  await visit.untilKind('ready');
  const { pcscSocket } = (rig.simulators.ready as { card: { pcscSocket: string } }).card;
  const holder = Number(/^\/proc\/(\d+)\//.exec(pcscSocket)![1]);
  const space = namespaceOf(holder);
  const theirs = processes().filter((pid) => namespaceOf(pid) === space);
  const workers = processes().filter((pid) => hasInEnvironment(pid, pcscSocket));
  // The service, its holder and the connector; the monitor and at least one worker.
  expect(theirs.length).toBeGreaterThanOrEqual(3);
  expect(workers.length).toBeGreaterThanOrEqual(2);
  const children = [...theirs, ...workers];
  const ended = [rig.bridge, rig.simulators].map(({ child }) => new Promise<void>((resolve) => child.once('exit', () => resolve())));
  rig.bridge.child.kill('SIGKILL');
  rig.simulators.child.kill('SIGKILL');
  await Promise.all(ended);
  const isAlive = (pid: number) => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  await expect.poll(() => children.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  rmSync(rig.runDir, { recursive: true, force: true });
});

it('goes on without the card driver: no service, and everything else answers', async () => {
  // Bundles in a folder without packages, so the optional driver cannot be found.
  const dir = mkdtempSync(join(tmpdir(), 'pailou-no-driver-'));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const name of ['bridge', 'card-monitor', 'card-worker']) copyFileSync(join(ROOT, `.build/${name}.js`), join(dir, `${name}.js`));
  const config: BridgeConfig = {
    runDir: dir,
    card: { path: { kind: 'pcsc', pcscSocket: null }, readers: ['*'], profiles: [specimenProfile] },
    printer: null,
  };
  const bridge = await startProcess('bridge', config, dir, { hostToken: HOST_TOKEN }, dir);
  try {
    const host = await joinBridge({ runDir: dir });
    const hello = await host.call('hello', { version, role: 'host', token: HOST_TOKEN }, ANSWER_MS);
    expect(hello).toMatchObject({ value: { kind: 'welcome', card: { kind: 'no-service' }, health: { card: 'no-service' } } });
    expect(await host.call('lease.grant', { lease: 'l', token: 'x'.repeat(16) }, ANSWER_MS)).toEqual({
      kind: 'answered',
      value: { kind: 'done' },
    });
  } finally {
    await bridge.end();
    rmSync(dir, { recursive: true, force: true });
  }
});
