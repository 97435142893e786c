/** Who may ask the bridge for what, and what is left when a process goes without a word. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BridgeConfig } from '../../firmware-bridge/config.ts';
import { BRIDGE_PROTOCOL_VERSION, bridgeEvents, bridgeRequests } from '../../firmware-bridge/protocol.ts';
import { rpcCaller } from '../../firmware-bridge/rpc.ts';
import { build } from '../../kiosk/setup/build.mjs';
import { leaseDevices } from '../../kiosk/visit/devices.ts';
import { serveSlip } from '../../kiosk/visit/slip-socket.ts';
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
    const source = { path: join(rig.runDir, 'slip-0123456789abcdef.sock'), secret: 'a secret of the test' };
    const job = { jobId: 'j', widthDots: 8, heightDots: 1, source };
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

  it('T3 [part] lets go of the card and ends the lease when the visit that holds it vanishes', async () => {
    const visit = await rig.visit();
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    const ready = await visit.untilKind('ready');
    const card = await visit.attach(ready);
    const gone = new Promise<void>((resolve) => card.onClose(resolve));
    visit.caller.close();
    await gone;
    expect(await rig.host.call('lease.end', { lease: rig.lease() }, ANSWER_MS)).toEqual(refused('NO_LEASE'));
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
    const slip = async () => ({
      widthDots: 576,
      heightDots: 16,
      source: (await serveSlip(rig.runDir, Buffer.alloc(72 * 16, 0xaa)))!.source,
    });
    expect(await visit.caller.call('printer.print', { jobId: 'first', ...(await slip()) }, ANSWER_MS)).toMatchObject({
      value: { kind: 'queued' },
    });
    await printed;
    expect(states.at(-1)).toBe('printed');
    await rig.sim({ device: 'printer', action: 'paper-out' });
    const told: string[] = [];
    visit.caller.on('printer.job', ({ jobId, state }) => void told.push(`${jobId} ${state}`));
    visit.caller.on('lease.ended', () => void told.push('lease ended'));
    await visit.caller.call('printer.print', { jobId: 'second', ...(await slip()) }, ANSWER_MS);
    const next = await rig.visit();
    await expect.poll(() => told).toContain('lease ended');
    expect(told.slice(-2)).toEqual(['second dropped', 'lease ended']);
    await rig.sim({ device: 'printer', action: 'paper-in' });
    expect(await next.caller.call('printer.print', { jobId: 'third', ...(await slip()) }, ANSWER_MS)).toMatchObject({
      value: { kind: 'queued' },
    });
    await new Promise<void>((resolve) => next.caller.on('printer.job', ({ state }) => state === 'printed' && resolve()));
    expect((await rig.simState()).papers).toHaveLength(2);
  } finally {
    await rig.close();
  }
});

it('T3 [part] the printer is cleared of the slip of a visit that vanished at once, though nobody is given the next lease', async () => {
  const rig = await startRig({ path: 'direct', printer: true });
  try {
    const visit = await rig.visit();
    await rig.sim({ device: 'printer', action: 'paper-out' });
    const waiting = new Promise<void>((resolve) =>
      visit.caller.on('printer.job', ({ state }) => state === 'waiting-for-paper' && resolve()),
    );
    const slip = (await serveSlip(rig.runDir, Buffer.alloc(72 * 16, 0xaa)))!;
    await visit.caller.call('printer.print', { jobId: 'left', widthDots: 576, heightDots: 16, source: slip.source }, ANSWER_MS);
    await waiting;
    visit.caller.close();
    // The answer comes behind whatever the bridge is clearing.
    await expect.poll(() => rig.host.call('lease.end', { lease: 'any other' }, ANSWER_MS), { timeout: 5_000 }).toEqual(refused('NO_LEASE'));
    await expect.poll(() => rig.log().includes('"lease.cleared"'), { timeout: 5_000 }).toBe(true);
    const after = await rig.host.call('lease.end', { lease: rig.lease() }, ANSWER_MS);
    expect(after).toEqual(refused('NO_LEASE'));
  } finally {
    await rig.close();
  }
});

it('prints a visit’s slip over a socket of its own, which is gone afterwards; without an answer nobody knows', async () => {
  const rig = await startRig({ path: 'direct', printer: true });
  try {
    const token = await rig.grant();
    const news: string[] = [];
    let printed = () => {};
    const done = new Promise<void>((resolve) => {
      printed = resolve;
    });
    const leased = await leaseDevices(join(rig.runDir, 'bridge.sock'), token, {
      onSlot: ({ kind }) => void news.push(kind),
      onJob: ({ state }) => state === 'printed' && printed(),
      onLost: (why) => void news.push(why),
      onMalformed: () => {},
    });
    if (leased.kind !== 'leased') throw new Error('not leased');
    const slip = () => ({ widthDots: 576, heightDots: 16, bits: Buffer.alloc(72 * 16, 0xaa) });
    expect(await leased.devices.print('whole', slip())).toBe('queued');
    await done;
    expect(readdirSync(rig.runDir).filter((name) => name.startsWith('slip-'))).toEqual([]);
    expect(await leased.devices.print('short', { ...slip(), heightDots: 17 })).toBe('refused');
    // A bridge that hangs answers nothing; it may have the slip all the same.
    rig.bridge.child.kill('SIGSTOP');
    expect(await leased.devices.print('asked', slip())).toBe('unknown');
    rig.bridge.child.kill('SIGKILL');
    await expect.poll(() => news).toContain('bridge-gone');
    expect(await leased.devices.print('late', slip())).toBe('refused');
  } finally {
    await rig.close();
  }
});

it('T4 [part] a card that was in when a bridge or its monitor began to look is found, one put in later is not, and numbers rise', async () => {
  for (const path of ['direct', 'pcscd'] as const) {
    const rig = await startRig({ path, before: async (sim) => void (await sim({ device: 'card', action: 'insert', specimen: 'p2' })) });
    try {
      const visit = await rig.visit();
      const first = await visit.untilKind('ready');
      expect(first, path).toMatchObject({ found: true, insertion: 1 });
      await rig.sim({ device: 'card', action: 'remove' });
      await visit.untilKind('empty');
      await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
      expect(await visit.untilKind('ready'), path).toMatchObject({ found: false, insertion: 2 });
      if (path === 'direct') continue;
      await rig.sim({ device: 'reader', action: 'stop-service' });
      await visit.untilKind('no-service');
      await rig.sim({ device: 'reader', action: 'start-service' });
      expect(await visit.untilKind('ready')).toMatchObject({ found: true, insertion: 3 });
    } finally {
      await rig.close();
    }
  }
}, 60_000);

it('answers the end of a lease when the worker of a card that has just left is dead too', async () => {
  const rig = await startRig({ path: 'direct' });
  try {
    const visit = await rig.visit();
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    await visit.untilKind('ready');
    const workers = () =>
      processes().filter((pid) => {
        try {
          const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
          return Number(parent) === rig.bridge.child.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('card-worker');
        } catch {
          return false;
        }
      });
    // A worker that cannot hear its order to go, and so does not go by itself.
    const before = workers();
    expect(before).not.toEqual([]);
    for (const pid of before) process.kill(pid, 'SIGSTOP');
    await rig.sim({ device: 'card', action: 'remove' });
    await visit.untilKind('empty');
    expect(await rig.host.call('lease.end', { lease: rig.lease() }, ANSWER_MS)).toMatchObject({ value: { kind: 'done' } });
    expect(workers()).toEqual([]);
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
