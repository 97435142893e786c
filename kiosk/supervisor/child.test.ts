import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Child, keepRunning, pauseMs } from './child.ts';

const Ready = z.object({ ready: z.literal(true), pid: z.number() });

describe('a process that is kept running', () => {
  let dir = '';
  let child: Child | null = null;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pailou-child-'));
  });
  afterEach(async () => {
    await child?.end();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = (program: string, readyWithinMs = 5_000, isWell?: () => Promise<boolean>) => {
    const file = join(dir, 'program.mjs');
    writeFileSync(file, program);
    const ready: number[] = [];
    const log = vi.fn();
    child = keepRunning({
      name: 'program',
      command: [process.execPath, file],
      secrets: { token: 'a-secret' },
      ready: Ready,
      readyWithinMs,
      ...(isWell ? { isWell } : {}),
      onReady: ({ pid }) => ready.push(pid),
      log,
      stderr: 'inherit',
    });
    return { ready, log };
  };
  const WELL = `process.stdin.once('data', (line) => console.log(JSON.stringify({ ready: JSON.parse(line).token === 'a-secret', pid: process.pid })));
    process.stdin.on('end', () => process.exit(0));`;

  test('gets its secrets by standard input, and is started again at once when it dies', async () => {
    const { ready } = start(WELL);
    await vi.waitUntil(() => ready.length === 1, { timeout: 5_000 });
    process.kill(ready[0]!, 'SIGKILL');
    await vi.waitUntil(() => ready.length === 2, { timeout: 5_000 });
    expect(ready[1]).not.toBe(ready[0]);
    expect(child?.pid()).toBe(ready[1]);
  });

  test('ends when its standard input closes, and is not started again', async () => {
    const { ready, log } = start(WELL);
    await vi.waitUntil(() => ready.length === 1, { timeout: 5_000 });
    await child?.end();
    expect(() => process.kill(ready[0]!, 0)).toThrow();
    expect(log).not.toHaveBeenCalled();
  });

  test('that does not listen to its standard input is killed', async () => {
    const { ready } = start(`console.log(JSON.stringify({ ready: true, pid: process.pid })); setInterval(() => {}, 1000);`);
    await vi.waitUntil(() => ready.length === 1, { timeout: 5_000 });
    await child?.end();
    expect(() => process.kill(ready[0]!, 0)).toThrow();
  });

  test('that never gets ready is killed and tried again', async () => {
    const { log } = start('setInterval(() => {}, 1000);', 300);
    await vi.waitUntil(() => log.mock.calls.filter(([event]) => event === 'process.gone').length === 2, { timeout: 5_000 });
    expect(log).toHaveBeenCalledWith('process.not-ready', { name: 'program' });
  });

  test('that is ready but no longer well, three times in a row, is killed and started again; two times are forgiven', async () => {
    const asked: boolean[] = [];
    const { ready, log } = start(WELL, 5_000, async () => {
      asked.push([false, false, true, false, false, false][asked.length] ?? true);
      return asked.at(-1)!;
    });
    await vi.waitUntil(() => ready.length === 2, { timeout: 15_000 });
    expect(log).toHaveBeenCalledWith('process.hangs', { name: 'program' });
    expect(asked.slice(0, 6)).toEqual([false, false, true, false, false, false]);
  }, 20_000);

  test('waits longer after each death, so that a broken one does not burn the machine', () => {
    expect([0, 1, 2, 3, 4, 9].map(pauseMs)).toEqual([0, 200, 1_000, 3_000, 10_000, 10_000]);
  });
});
