import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SiteConfig } from '../config/site.ts';
import { readOptions, refusals } from './options.ts';
import { dataDir, ownDir, runDir, takeRunDir } from './places.ts';

describe('the options of npm start', () => {
  test('none gives the demonstration site, the best window and a free port', () => {
    expect(readOptions([])).toEqual({ kind: 'options', options: { site: 'demo', shell: null, port: 0 } });
  });

  test('each is checked, and the complaint says what it may be', () => {
    expect(readOptions(['--site=ward-4', '--shell=none', '--port=8080'])).toEqual({
      kind: 'options',
      options: { site: 'ward-4', shell: 'none', port: 8080 },
    });
    for (const wrong of ['--site=../x', '--shell=firefox', '--port=66000', '--port=-1', '--unknown', 'word'])
      expect([wrong, readOptions([wrong]).kind]).toEqual([wrong, 'wrong']);
  });
});

describe('a production site', () => {
  const production = { demo: false } as SiteConfig;

  test('T1 [part] refuses root and the switches of tests, which a demonstration may have', () => {
    const env = { NODE_OPTIONS: '--inspect' };
    expect(refusals(production, { uid: 0, env })).toHaveLength(2);
    expect(refusals(production, { uid: 1000, env: {} })).toEqual([]);
    expect(refusals({ demo: true } as SiteConfig, { uid: 0, env })).toEqual([]);
  });
});

describe('where a kiosk keeps things', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pailou-places-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('in what the environment names, else in the directories of its user', () => {
    expect(dataDir({ PAILOU_DATA: '/d' }, 'demo')).toBe('/d');
    expect(dataDir({ XDG_DATA_HOME: '/x' }, 'demo')).toBe('/x/pailou/demo');
    expect(runDir({ PAILOU_RUN: '/r', XDG_RUNTIME_DIR: '/x' })).toBe('/r');
    expect(runDir({ XDG_RUNTIME_DIR: '/x' })).toBe('/x/pailou');
  });

  test('in a directory that only its owner may enter, and not in one that somebody prepared', () => {
    const own = join(dir, 'a/b');
    expect(ownDir(own)).toEqual({ kind: 'dir', path: own });
    expect(statSync(own).mode & 0o777).toBe(0o700);
    chmodSync(own, 0o755);
    expect(ownDir(own).kind).toBe('wrong');
    const link = join(dir, 'link');
    symlinkSync(dir, link);
    expect(ownDir(link).kind).toBe('wrong');
  });

  test('two kiosks do not share a run directory, and one that was killed leaves it free', async () => {
    const first = await takeRunDir(dir);
    expect((await takeRunDir(dir)).kind).toBe('in-use');
    if (first.kind === 'taken') await new Promise((resolve) => first.hold.close(resolve));
    const again = await takeRunDir(dir);
    expect(again.kind).toBe('taken');
    if (again.kind === 'taken') again.hold.close();
  });
});
