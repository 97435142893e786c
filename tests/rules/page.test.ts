import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../kiosk/setup/build.mjs';
import { ROOT } from './sources.ts';

interface Part {
  readonly file: string;
  readonly entry: boolean;
  readonly imports: readonly string[];
  readonly modules: readonly string[];
  readonly gzipBytes: number;
}

const KB = 1024;
const ENTRY_MOST_BYTES = 60 * KB;
const FLOW_MOST_BYTES = 25 * KB;

describe('the built processes', () => {
  test('T5 [part] those that outlive a visit hold no code for its data: no database, no keyring, no paper, no flow', async () => {
    await build();
    const manifest = JSON.parse(readFileSync(join(ROOT, '.build/processes-manifest.json'), 'utf8')) as Record<string, string[]>;
    const personal = /^kiosk\/(store|paper|visit)\/|^flows\/|node_modules\/(knex|xstate)\//;
    for (const name of ['host', 'bridge', 'supervisor', 'shell-chromium', 'shell-electron']) {
      expect(manifest[name]?.length, name).toBeGreaterThan(2);
      expect([name, manifest[name]!.filter((id) => personal.test(id))]).toEqual([name, []]);
    }
  }, 60_000);
});

describe('the built page', () => {
  let parts: readonly Part[] = [];
  beforeAll(async () => {
    await build();
    parts = JSON.parse(readFileSync(join(ROOT, '.build/page-manifest.json'), 'utf8'));
  }, 60_000);

  /** A part and all it needs before it runs. */
  const withImports = (part: Part, seen = new Set<Part>()): Set<Part> => {
    if (seen.has(part)) return seen;
    seen.add(part);
    for (const name of part.imports) withImports(parts.find(({ file }) => file === name)!, seen);
    return seen;
  };

  test('holds nothing of the database, the visit, the machines of flows or the devices', () => {
    const modules = parts.flatMap((part) => part.modules);
    expect(modules.length).toBeGreaterThan(10);
    const packages = /node_modules\/(knex|pg|sqlite3|xstate|fastify|ws|vscode-jsonrpc|pcsclite|node-hid|pino|electron)\//;
    const ours =
      /^(kiosk\/(visit|host|store|audit|config|shell|supervisor|paper)|firmware-bridge)\/|^flows\/[^/]+\/(flow|service|index)\.ts/;
    expect(modules.filter((id) => packages.test(id) || ours.test(id))).toEqual([]);
  });

  test('its entry is at most 60 kB, compressed, without texts and faces', () => {
    const entries = parts.filter(({ entry }) => entry);
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) {
      const bytes = [...withImports(entry)].reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
      expect(bytes, `${entry.file}: ${bytes} bytes`).toBeLessThanOrEqual(ENTRY_MOST_BYTES);
    }
  });

  test('each flow adds at most 25 kB', () => {
    const shared = new Set(parts.filter(({ entry }) => entry).flatMap((entry) => [...withImports(entry)]));
    const flows = parts.filter(({ modules }) => modules.some((id) => /^flows\/[^/]+\/screens\.tsx$/.test(id)));
    expect(flows.length).toBeGreaterThan(0);
    for (const flow of flows) {
      const bytes = [...withImports(flow)].filter((part) => !shared.has(part)).reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
      expect(bytes, `${flow.file}: ${bytes} bytes`).toBeLessThanOrEqual(FLOW_MOST_BYTES);
    }
  });
});
