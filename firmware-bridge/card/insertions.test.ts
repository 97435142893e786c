import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { insertionNumbers } from './insertions.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pailou-insertions-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

test('T4 [part] numbers rise from one bridge to the next, with the clock set back in between', () => {
  const first = insertionNumbers(dir, () => {});
  expect([first.next(), first.next()]).toEqual([1, 2]);
  vi.useFakeTimers({ now: 0 });
  expect(insertionNumbers(dir, () => {}).next()).toBe(3);
  expect(readFileSync(join(dir, 'insertions'), 'utf8')).toBe('3\n');
  expect(statSync(join(dir, 'insertions')).mode & 0o777).toBe(0o600);
});

test('rubbish counts as nothing, and a folder that cannot be written stops no card', () => {
  for (const rubbish of ['', '-4', 'NaN', '9'.repeat(40), '1e9']) {
    writeFileSync(join(dir, 'insertions'), rubbish);
    expect(insertionNumbers(dir, () => {}).next()).toBe(1);
  }
  const nowhere = insertionNumbers(join(dir, 'no such folder'), () => {});
  expect([nowhere.next(), nowhere.next()]).toEqual([1, 2]);
});
