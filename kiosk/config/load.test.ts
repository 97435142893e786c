import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadKioskConfig, loadYaml } from './load.ts';
import { SiteConfig } from './site.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pailou-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const demo = () => parse(readFileSync('config/sites/demo.yaml', 'utf8'));

/** What an operator is told after this change to the demonstration site. */
function complaintAfter(change: (site: ReturnType<typeof demo>) => void): string {
  const site = demo();
  change(site);
  const file = join(dir, 'site.yaml');
  writeFileSync(file, stringify(site));
  const loaded = loadYaml(file, SiteConfig);
  return loaded.kind === 'wrong' ? loaded.complaint.replace(`${dir}/`, '') : 'loaded';
}

describe('a wrong file', () => {
  test.each([
    ['a missing value', (site: ReturnType<typeof demo>) => delete site.times.idleMs, 'site.yaml: times.idleMs: '],
    ['a value of another kind', (site: ReturnType<typeof demo>) => (site.demo = 'yes'), 'site.yaml: demo: '],
    [
      'an unknown time zone',
      (site: ReturnType<typeof demo>) => (site.timeZone = 'Hong Kong'),
      'site.yaml: timeZone: a time zone of the IANA database',
    ],
    ['a misspelt key', (site: ReturnType<typeof demo>) => (site.times.idelMs = 1), 'site.yaml: times: '],
    [
      'a language without the site’s name',
      (site: ReturnType<typeof demo>) => delete site.name.en,
      'site.yaml: name.en: the name in every language of the site',
    ],
    [
      'a simulator in production',
      (site: ReturnType<typeof demo>) => (site.demo = false),
      'site.yaml: devices.card.path: a real reader: only a demonstration site may simulate',
    ],
  ])('%s is told with its file, its place and what was expected', (_, change, complaint) => {
    expect(complaintAfter(change)).toContain(complaint);
  });

  test('text that is no YAML is told with its line', () => {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, 'name: [\nother: }');
    expect(loadYaml(file, SiteConfig)).toMatchObject({
      kind: 'wrong',
      complaint: expect.stringMatching(/site\.yaml: not YAML at line \d/),
    });
  });

  test('a file that is not there is named', () => {
    expect(loadKioskConfig('config', 'nowhere')).toEqual({ kind: 'wrong', complaint: 'config/sites/nowhere.yaml: cannot be read' });
    expect(loadKioskConfig('config', '../../etc/passwd')).toMatchObject({ kind: 'wrong' });
  });
});

test('every site in the repository loads', () => {
  for (const file of readdirSync('config/sites')) expect(loadYaml(join('config/sites', file), SiteConfig).kind, file).toBe('loaded');
});
