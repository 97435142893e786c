import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchClock } from './clock.ts';
import { keepHeads, readHeads } from './heads.ts';

describe('the clock', () => {
  const clock = (synchronised = false, trustAtStart = true) => {
    const time = { wallMs: 1_638_067_140_000, monotonicMs: 5_000 };
    const source = { synchronised };
    const watch = watchClock({
      wallMs: () => time.wallMs,
      monotonicMs: () => time.monotonicMs,
      maxDriftMs: 300_000,
      trustAtStart,
      synchronised: async () => source.synchronised,
    });
    const passMs = (ms: number) => {
      time.wallMs += ms;
      time.monotonicMs += ms;
    };
    return { time, source, watch, passMs };
  };

  test('is trusted while the wall clock and the monotonic clock agree', async () => {
    const { watch, passMs } = clock();
    passMs(86_400_000);
    expect(await watch.check()).toBe(true);
  });

  test.each([600_000, -600_000, 86_400_000, -86_400_000])(
    'RC-06 [part] a wall clock that jumps by %i ms is not trusted, and is again when it is set right',
    async (jumpMs) => {
      const { watch, time } = clock();
      time.wallMs += jumpMs;
      expect(await watch.check()).toBe(false);
      time.wallMs -= jumpMs;
      expect(await watch.check()).toBe(true);
    },
  );

  test('a jump that a time source has confirmed is the new time', async () => {
    const { watch, time, source, passMs } = clock();
    time.wallMs += 3_600_000;
    source.synchronised = true;
    expect(await watch.check()).toBe(true);
    source.synchronised = false;
    passMs(1_000);
    expect(await watch.check()).toBe(true);
  });

  test('RC-06 [part] at the start of a production kiosk is not trusted before a time source has confirmed it', async () => {
    const { watch, source, passMs } = clock(false, false);
    expect(await watch.check()).toBe(false);
    passMs(60_000);
    expect(await watch.check()).toBe(false);
    source.synchronised = true;
    expect(await watch.check()).toBe(true);
    source.synchronised = false;
    expect(await watch.check()).toBe(true);
  });

  test('a step within the limit changes nothing', async () => {
    const { watch, time } = clock();
    time.wallMs += 200_000;
    expect(await watch.check()).toBe(true);
  });
});

describe('heads of the audit chain', () => {
  let headsDir: string;
  const notWritten = vi.fn();
  beforeEach(() => {
    headsDir = mkdtempSync(join(tmpdir(), 'pailou-heads-'));
  });
  afterEach(() => rmSync(headsDir, { recursive: true, force: true }));
  const file = () => join(headsDir, 'audit-heads.jsonl');

  test('are signed, written once each, and read back', () => {
    const keeper = keepHeads(headsDir, notWritten);
    keeper.hear({ seq: 3, mac: 'aa' });
    keeper.write(new Date(0));
    keeper.write(new Date(1));
    keeper.hear({ seq: 5, mac: 'bb' });
    keeper.write(new Date(2));
    expect(readHeads(headsDir)).toEqual({
      kind: 'heads',
      heads: [
        { seq: 3, mac: 'aa' },
        { seq: 5, mac: 'bb' },
      ],
    });
  });

  test('a changed or invented line is named', () => {
    const keeper = keepHeads(headsDir, notWritten);
    keeper.hear({ seq: 3, mac: 'aa' });
    keeper.write(new Date(0));
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('"aa"', '"ab"'));
    expect(readHeads(headsDir)).toEqual({ kind: 'forged', line: 1 });
    rmSync(file());
    keeper.hear({ seq: 4, mac: 'cc' });
    keeper.write(new Date(1));
    appendFileSync(file(), 'rubbish\n');
    expect(readHeads(headsDir)).toEqual({ kind: 'forged', line: 2 });
  });

  test('a disk that cannot be written ends nothing, is told, and takes the head later', () => {
    const keeper = keepHeads(headsDir, notWritten);
    mkdirSync(file());
    keeper.hear({ seq: 3, mac: 'aa' });
    notWritten.mockClear();
    keeper.write(new Date(0));
    expect(notWritten).toHaveBeenCalledTimes(1);
    rmSync(file(), { recursive: true });
    keeper.write(new Date(1));
    expect(readHeads(headsDir)).toEqual({ kind: 'heads', heads: [{ seq: 3, mac: 'aa' }] });
  });

  test('a place that cannot even be made ends nothing', () => {
    writeFileSync(join(headsDir, 'a-file'), '');
    notWritten.mockClear();
    const keeper = keepHeads(join(headsDir, 'a-file/heads'), notWritten);
    keeper.hear({ seq: 1, mac: 'aa' });
    keeper.write(new Date(0));
    expect(notWritten).toHaveBeenCalledTimes(2);
  });
});
