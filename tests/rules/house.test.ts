import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complaints } from './imports.ts';
import { importsOf, isTest, ROOT, sources } from './sources.ts';

const all = sources('kiosk', 'firmware-bridge', 'flows', 'tests');

describe('the house', () => {
  test('every file imports only what its place in the house allows', () => {
    expect(all.filter((source) => !isTest(source)).flatMap(complaints)).toEqual([]);
  });

  test('the rule on imports sees through the ways an import can be written', () => {
    const text = `
      import { a } from './a.ts';
      import type {
        B,
      } from '../../kiosk/store/b.ts';
      export * from "./c.ts";
      import './d.css';
      const e = await import('knex');
      // import { no } from './no.ts';
      /* import { no } from './no.ts'; */`;
    expect(importsOf('flows/x/index.ts', text)).toEqual(['flows/x/a.ts', 'kiosk/store/b.ts', 'flows/x/c.ts', 'flows/x/d.css', 'knex']);
  });

  test('the rule on imports refuses what would break the house', () => {
    const one = (path: string, ...imports: string[]) => complaints({ path, lines: 1, imports });
    for (const [path, wanted] of [
      ['flows/a/flow.ts', 'flows/b/schema.ts'],
      ['flows/a/flow.ts', 'kiosk/store/store.ts'],
      ['flows/a/service.ts', 'node:fs'],
      ['flows/a/screens.tsx', 'kiosk/visit/visit.ts'],
      ['flows/a/screens.tsx', 'xstate'],
      ['kiosk/screen/main.tsx', 'flows/a/flow.ts'],
      ['kiosk/screen/main.tsx', 'knex'],
      ['kiosk/visit/visit.ts', 'firmware-bridge/card/worker.ts'],
      ['kiosk/host/main.ts', 'kiosk/store/keyring.ts'],
      ['kiosk/host/main.ts', 'sqlite3'],
      ['firmware-bridge/main.ts', 'kiosk/contract/link.ts'],
      ['kiosk/contract/flow.ts', 'kiosk/visit/visit.ts'],
      ['kiosk/setup/setup.mjs', 'zod'],
      ['kiosk/elsewhere/x.ts', 'zod'],
    ] as const)
      expect([path, wanted, one(path, wanted).length]).toEqual([path, wanted, 1]);
    expect(one('flows/a/screens.tsx', 'flows/a/schema.ts', 'kiosk/screen/parts/index.ts', 'preact/hooks')).toEqual([]);
    expect(one('kiosk/visit/main.ts', 'node:fs', 'xstate', 'flows/a/index.ts', 'firmware-bridge/protocol.ts')).toEqual([]);
  });

  test('no file is longer than 400 lines', () => {
    expect(all.filter((source) => !isTest(source) && source.lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('the top level holds what the architecture says, and nothing else', () => {
    const allowed = ['kiosk', 'firmware-bridge', 'flows', 'locales', 'config', 'tests'];
    const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'biome.json'];
    const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
    const top = [
      ...new Set(
        tracked
          .trim()
          .split('\n')
          .map((path) => path.split('/')[0]!),
      ),
    ];
    expect(top.filter((name) => ![...allowed, ...files].includes(name) && !name.startsWith('.'))).toEqual([]);
  });

  test('nothing names a workplace: no home directory, no registry address', () => {
    const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
      .trim()
      .split('\n');
    const text = tracked.filter((path) => /\.(tsx?|mjs|mts|json|ya?ml|md|html|css|npmrc)$/.test(path) || path === '.npmrc');
    const named = new RegExp(['/ho' + 'me/\\w', '/ro' + 'ot/', '/wo' + 'rk/', 'registry\\.npm' + 'js'].join('|'));
    const found = text.filter((path) => existsSync(join(ROOT, path)) && named.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(found).toEqual([]);
  });
});
