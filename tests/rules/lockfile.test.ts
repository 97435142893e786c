import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './sources.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly name?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const manifest = read('package.json');
const entries = Object.entries(packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('the lock file', () => {
  test('has the integrity of every package and the address of none', () => {
    expect(entries.filter(([, { integrity, link }]) => link || !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
  });

  test('locks every package that it mentions, or npm ci refuses a fresh clone', () => {
    const locked = new Set(entries.map(([path]) => nameOf(path)));
    const mentioned = entries.flatMap(([, { optionalDependencies }]) => Object.keys(optionalDependencies ?? {}));
    expect(mentioned.filter((name) => !locked.has(name))).toEqual([]);
  });

  test('takes the exact versions that package.json names', () => {
    const named = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies } as Record<string, string>;
    for (const [name, version] of Object.entries(named)) {
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)]);
      expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    }
  });

  test('never holds the abandoned request, only the reviewed package in its place', () => {
    const requests = entries.filter(([path]) => nameOf(path) === 'request').map(([, { name, version }]) => `${name}@${version}`);
    expect(requests).toEqual(['@cypress/request@3.0.9']);
  });

  test('lets exactly three packages run install scripts, and the same three are compiled by set-up', () => {
    const allowed = Object.keys(manifest.allowScripts).sort();
    const having = [...new Set(entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path)))].sort();
    expect(having).toEqual(allowed);
    const setUp = readFileSync(join(ROOT, 'kiosk/setup/setup.mjs'), 'utf8');
    expect([...setUp.matchAll(/\{ name: '([^']+)', needed/g)].map(([, name]) => name).sort()).toEqual(allowed);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^strict-allow-scripts=true$/m);
  });
});
