import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  test.each([
    ['specimens under their own name', 'hk-smart-id-specimen', (text: string) => text],
    ['specimens under another name', 'hk-smart-id', (text: string) => text.replace('id: hk-smart-id-specimen', 'id: hk-smart-id')],
  ])('T7 [part] a production site refuses %s', (_, name, rename) => {
    cpSync('config', dir, { recursive: true });
    const site = demo();
    Object.assign(site, { demo: false });
    site.devices.card = { path: 'pcsc', readers: ['ACS ACR39U*'], profiles: [name] };
    site.devices.printer.transport = { kind: 'tcp', host: '10.0.0.9', port: 9100, dedicatedLink: true };
    writeFileSync(join(dir, 'sites/real.yaml'), stringify(site));
    writeFileSync(join(dir, `cards/${name}.yaml`), rename(readFileSync('config/cards/hk-smart-id-specimen.yaml', 'utf8')));
    expect(loadKioskConfig(dir, 'real')).toMatchObject({
      kind: 'wrong',
      complaint: expect.stringContaining('only a demonstration site may accept specimens'),
    });
  });

  test.each([
    ['a reader that may be a virtual one', ['Virtual PCD*'], '127.0.0.1', 'devices.card.readers'],
    ['any reader at all', ['*'], '127.0.0.1', 'devices.card.readers'],
    ['a printer across the office network', ['ACS ACR39U*'], '10.0.0.9', 'devices.printer.transport.host'],
  ])('T9 [part] a production site refuses %s', (_, readers, host, path) => {
    const complaint = complaintAfter((site) => {
      site.demo = false;
      site.devices.card = { path: 'pcsc', readers, profiles: ['hk-smart-id'] };
      site.devices.printer.transport = { kind: 'tcp', host, port: 9100 };
    });
    expect(complaint).toContain(`site.yaml: ${path}: `);
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
