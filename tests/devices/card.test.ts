/** The card slot as a visit sees it, on the real bridge, real card processes and, for `pcscd`, the real PC/SC service. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CardSituation } from '../../firmware-bridge/protocol.ts';
import { build } from '../../kiosk/setup/build.mjs';
import { ALL_FIELDS, type Rig, startRig, type TestVisit } from './card-rig.ts';

beforeAll(() => build());

const insert = (rig: Rig, specimen: string, slot = 0) => rig.sim({ device: 'card', action: 'insert', specimen, slot });
const remove = (rig: Rig, slot = 0) => rig.sim({ device: 'card', action: 'remove', slot });

async function freshVisit(rig: Rig): Promise<TestVisit> {
  const { inserted } = await rig.simState();
  for (const [slot, id] of inserted.entries()) if (id) await remove(rig, slot);
  const visit = await rig.visit();
  await visit.untilKind('empty');
  return visit;
}

/** The private `pcscd` of a rig: the process of that name in the network that its socket's path leads to. */
function serviceOf(rig: Rig): number {
  const { pcscSocket } = (rig.simulators.ready as { card: { pcscSocket: string } }).card;
  const space = readlinkSync(pcscSocket.replace(/root\/.*/, 'ns/net'));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) === space && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'pcscd\n') return Number(pid);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error('no pcscd');
}

/** Which of these bytes are in the memory of a process. */
function tracesIn(pid: number, traces: readonly Buffer[]): string[] {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const found = new Set<string>();
  try {
    for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const [start, end] = [Number.parseInt(from!, 16), Number.parseInt(to!, 16)];
      const piece = Buffer.alloc(1 << 20);
      for (let at = start; at < end; at += piece.length - 64) {
        let read = 0;
        try {
          read = readSync(memory, piece, 0, Math.min(piece.length, end - at), at);
        } catch {
          break;
        }
        for (const trace of traces) if (piece.subarray(0, read).includes(trace)) found.add(trace.toString('hex'));
      }
    }
  } finally {
    closeSync(memory);
  }
  return [...found];
}

describe.each(['pcscd', 'direct'] as const)('a card through %s', (path) => {
  let rig: Rig;
  let visit: TestVisit;
  beforeAll(async () => {
    rig = await startRig({ path });
  });
  afterAll(() => rig?.close());
  beforeEach(async () => {
    visit = await freshVisit(rig);
  });

  it('is named, proves itself, and is read with all its fields', async () => {
    await insert(rig, 'p1');
    const ready = await visit.untilKind('ready');
    expect(await visit.read(ready)).toEqual({
      kind: 'read',
      insertion: ready.insertion,
      proved: 'active',
      values: {
        nameEnglish: 'SHEUNG KIN HONG',
        nameChinese: '常健康',
        documentNumber: 'Z683365(5)',
        dateOfBirth: '1985-06-03',
        sex: 'M',
        dateOfIssue: '2019-11-26',
        symbols: '***AZ',
      },
    });
  });

  it('gives the fields that were asked for and no others', async () => {
    await insert(rig, 'p2');
    const ready = await visit.untilKind('ready');
    const outcome = await visit.read(ready, ['dateOfBirth']);
    expect(outcome).toMatchObject({ kind: 'read', values: { dateOfBirth: '1941-00-00' } });
    expect(outcome.kind === 'read' && Object.keys(outcome.values)).toEqual(['dateOfBirth']);
  });

  it('has the same identity when it comes back, under a new insertion, and another card has another', async () => {
    await insert(rig, 'p2');
    const first = await visit.untilKind('ready');
    const one = await visit.identify(first);
    await remove(rig);
    await visit.untilKind('empty');
    await insert(rig, 'p2');
    const second = await visit.untilKind('ready');
    const again = await visit.identify(second);
    expect(second.insertion).toBeGreaterThan(first.insertion);
    expect(again).toEqual({ ...one, insertion: second.insertion });
    await insert(rig, 'p4');
    const third = (await visit.until('a third card', (s) => s.kind === 'ready' && s.insertion > second.insertion)) as typeof first;
    const other = await visit.identify(third);
    expect(other.kind).toBe('identified');
    expect(other).not.toMatchObject({ identity: one.kind === 'identified' ? one.identity : '' });
  });

  it('swapped straight for another is a new insertion, and the old one answers no more', async () => {
    await insert(rig, 'p2');
    const first = await visit.untilKind('ready');
    const card = await visit.attach(first);
    await insert(rig, 'p4');
    const second = (await visit.until('the second card', (s) => s.kind === 'ready' && s.insertion > first.insertion)) as typeof first;
    const late = await card.call('read', { insertion: first.insertion, fields: ['documentNumber'] }, 2_000);
    expect(late.kind === 'no-answer' || ['removed', 'stale'].includes(late.value.kind)).toBe(true);
    expect(await visit.read(second, ['documentNumber'])).toMatchObject({ kind: 'read', values: { documentNumber: 'G123456(A)' } });
  });

  it('CD-12 [part] pulled before or after any command of the reading gives removed, and no value', async () => {
    await insert(rig, 'p1');
    const counted = await visit.untilKind('ready');
    await visit.read(counted);
    // SELECT application; file and READ BINARY for the identity and the certificate; challenge; two files; then the certificate again,
    // once for each length of a file, so that nothing stays in the service.
    const commands = 1 + 2 + 2 + 1 + 2 * 2 + 1 + 2;
    const looks = path === 'direct' ? [...Array(commands).keys()] : [0, 1, 2, 5, 9, commands - 1];
    for (const command of looks) {
      for (const when of ['before', 'after'] as const) {
        const { inserted } = await rig.simState();
        if (inserted[0]) await remove(rig);
        await visit.untilKind('empty');
        const heardBefore = visit.heard.length;
        await rig.sim({ device: 'card', action: 'pull-at', command, when });
        await insert(rig, 'p1');
        const inserting = await visit.until('an insertion', (s) => s.kind !== 'empty');
        const ready = inserting.kind === 'recognising' ? await visit.until('an end of it', (s) => s.kind !== 'recognising') : inserting;
        if (ready.kind === 'ready') {
          const outcome = await visit.read(ready);
          expect(outcome, `${when} command ${command}`).toEqual({ kind: 'removed' });
        }
        await visit.untilKind('empty');
        const kinds = visit.heard.slice(heardBefore).map(({ kind }) => kind);
        expect(kinds, `${when} command ${command}`).not.toContain('unreadable');
      }
    }
  }, 120_000);

  it('whose data breaks off is unreadable and gives no value', async () => {
    await insert(rig, 'damaged');
    const ready = await visit.untilKind('ready');
    expect(await visit.read(ready)).toEqual({ kind: 'unreadable', reason: 'malformed' });
  });

  it('CD-10 [part] without an answer to reset is unreadable, and the second of them counts two', async () => {
    await insert(rig, 'mute');
    expect(await visit.untilKind('unreadable')).toMatchObject({ attempts: 1 });
    await remove(rig);
    await visit.untilKind('empty');
    await insert(rig, 'mute');
    expect(await visit.untilKind('unreadable')).toMatchObject({ attempts: 2 });
  });

  it('CD-06 [part] of a bank is named as such and nothing of it can be read', async () => {
    await insert(rig, 'bank');
    expect(await visit.untilKind('foreign')).toMatchObject({ family: 'bank' });
  });

  it('that nobody knows is foreign too', async () => {
    await insert(rig, 'unknown');
    expect(await visit.untilKind('foreign')).toMatchObject({ family: 'unknown' });
  });

  it("T7 [part] copied onto another chip is not genuine, neither when it is read nor as 'the same card again'", async () => {
    await insert(rig, 'copied');
    const ready = await visit.untilKind('ready');
    expect(await visit.identify(ready)).toEqual({ kind: 'not-genuine' });
    expect(await visit.read(ready)).toEqual({ kind: 'not-genuine' });
  });

  it('that falls silent is given up at its deadline, and the next card is read', async () => {
    await insert(rig, 'silent');
    const ready = await visit.untilKind('ready');
    expect(await visit.read(ready)).toEqual({ kind: 'unreadable', reason: 'timed-out' });
    await visit.untilKind('unreadable');
    await remove(rig);
    await visit.untilKind('empty');
    await insert(rig, 'p4');
    expect(await visit.read(await visit.untilKind('ready'), ['sex'])).toMatchObject({ kind: 'read', values: { sex: 'M' } });
  });

  it('T9 [part] is reached only through sockets that other users cannot open, by one client, with the secret', async () => {
    await insert(rig, 'p1');
    const ready = await visit.untilKind('ready');
    for (const name of readdirSync(rig.runDir).filter((one) => one.endsWith('.sock')))
      expect(statSync(join(rig.runDir, name)).mode & 0o777, name).toBe(0o600);
    const wrong = { ...ready, channel: { ...ready.channel, secret: 'x'.repeat(ready.channel.secret.length) } };
    await expect(visit.attach(wrong)).rejects.toThrow('NOT_AUTHENTICATED');
  });

  it('T5 [part] is let go when its lease ends: the worker is dead before the lease is over, and the next visit reads anew', async () => {
    await insert(rig, 'p1');
    const ready = await visit.untilKind('ready');
    const card = await visit.attach(ready);
    const closed = new Promise<void>((resolve) => card.onClose(resolve));
    const next = await rig.visit();
    await Promise.all([closed, visit.leaseEnded]);
    expect(readdirSync(rig.runDir)).not.toContain(ready.channel.path.split('/').at(-1));
    const again = await next.untilKind('ready');
    expect(await next.read(again, ['nameEnglish'])).toMatchObject({ kind: 'read' });
  });
});

describe('the reader and its service', () => {
  let rig: Rig;
  let visit: TestVisit;
  beforeAll(async () => {
    rig = await startRig({ path: 'pcscd' });
  });
  afterAll(() => rig?.close());
  beforeEach(async () => {
    visit = await freshVisit(rig);
  });

  it('T5 [part] the service keeps nothing of a card that was read', async () => {
    await insert(rig, 'p1');
    expect(await visit.read(await visit.untilKind('ready'))).toMatchObject({ kind: 'read' });
    const daemon = serviceOf(rig);
    const bridge = rig.bridge.child.pid!;
    const traces = ['Z683365', 'KIN HONG', '1985-06-03', '2019-11-26'].map((text) => Buffer.from(text));
    traces.push(Buffer.from('常健康', 'utf16le').swap16());
    for (const pid of [daemon, bridge]) expect(tracesIn(pid, traces)).toEqual([]);
    // The search itself finds what is there: the name of the reader.
    expect(tracesIn(daemon, [Buffer.from('Virtual PCD 00 00')])).toHaveLength(1);
  });

  it('CD-02 [part] a stopped service is told as such, not as a missing reader, with the reader plugged in', async () => {
    await rig.sim({ device: 'reader', action: 'stop-service' });
    await visit.untilKind('no-service');
    expect(visit.heard.map(({ kind }) => kind)).not.toContain('no-reader');
    await rig.sim({ device: 'reader', action: 'start-service' });
    await visit.untilKind('empty');
  });

  it('CD-17 [part] a service killed three times under a reading is back within 5 s each time, and the card is read again', async () => {
    for (let round = 0; round < 3; round++) {
      await insert(rig, 'p1');
      const ready = await visit.untilKind('ready');
      const reading = visit.read(ready);
      await rig.sim({ device: 'reader', action: 'stop-service' });
      expect(['read', 'removed', 'unreadable']).toContain((await reading.catch(() => ({ kind: 'removed' }))).kind);
      await visit.untilKind('no-service');
      await rig.sim({ device: 'reader', action: 'start-service' });
      const from = performance.now();
      const back = (await visit.until('the card again', (s) => s.kind === 'ready' && s.insertion > ready.insertion)) as typeof ready;
      expect(performance.now() - from).toBeLessThan(5_000);
      expect(await visit.read(back, ALL_FIELDS)).toMatchObject({ kind: 'read', proved: 'active' });
      await remove(rig);
      await visit.untilKind('empty');
    }
  }, 60_000);

  it('CD-05 [part] a reader that is unplugged is missing, and one that is plugged in again takes cards without a restart', async () => {
    await rig.sim({ device: 'reader', action: 'unplug' });
    await visit.untilKind('no-reader');
    await rig.sim({ device: 'reader', action: 'plug' });
    await visit.untilKind('empty');
    await insert(rig, 'p2');
    await visit.untilKind('ready');
  });

  it('CD-07 [part] two cards at once are several, and the one that stays is read when the other has left', async () => {
    await insert(rig, 'p1', 0);
    const first = await visit.untilKind('ready');
    await insert(rig, 'p2', 1);
    expect(await visit.untilKind('several')).toEqual({ kind: 'several' });
    await expect.poll(() => visit.read(first).then(({ kind }) => kind)).toBe('stale');
    await remove(rig, 0);
    const ready = await visit.untilKind('ready');
    expect(await visit.read(ready, ['documentNumber'])).toMatchObject({ kind: 'read', values: { documentNumber: 'C123456(9)' } });
  });
});

it('CD-01 [part] a reader that is not on the list is named to the maintainer and not used', async () => {
  const rig = await startRig({ path: 'pcscd', readers: ['ACS*'] });
  try {
    await insert(rig, 'p1');
    const visit = await rig.visit();
    const situation = await visit.until('unknown readers', (s) => s.kind === 'no-reader' && s.unknownReaders.length === 2);
    expect(situation).toEqual({ kind: 'no-reader', unknownReaders: ['Virtual PCD 00 00', 'Virtual PCD 00 01'] } satisfies CardSituation);
  } finally {
    await rig.close();
  }
});

it('CD-02 [part] a service that never ran is told as no service from the first word on', async () => {
  const rig = await startRig({ path: 'pcscd', before: async (sim) => void (await sim({ device: 'reader', action: 'stop-service' })) });
  try {
    const visit = await rig.visit();
    expect(visit.now()).toEqual({ kind: 'no-service' });
  } finally {
    await rig.close();
  }
});
