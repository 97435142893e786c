/** Bundles each process into one file under `.build`, then the page. What has not changed since the last build is left alone. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { BUILD_DIR, ROOT } from './paths.mjs';

/** One bundled file for each process: a fresh process then reads one file instead of a thousand. */
const PROCESSES = {
  bridge: 'firmware-bridge/main.ts',
  'card-monitor': 'firmware-bridge/card/monitor.ts',
  'card-worker': 'firmware-bridge/card/worker.ts',
  simulators: 'firmware-bridge/simulators/main.ts',
  sim: 'firmware-bridge/sim-cli.ts',
  host: 'kiosk/host/main.ts',
  visit: 'kiosk/visit/main.ts',
  supervisor: 'kiosk/supervisor/main.ts',
  'shell-chromium': 'kiosk/shell/chromium-main.ts',
  'shell-electron': 'kiosk/shell/electron/main.ts',
  'audit-verify': 'kiosk/audit/verify-cli.ts',
};

/** A sandboxed preload must be CommonJS. */
const PRELOADS = { 'shell-electron-preload': 'kiosk/shell/electron/preload.ts' };

/** Native modules, which cannot be bundled, and the optional drivers of knex and ws that this product does not use. */
const EXTERNAL = [
  ...['@napi-rs/canvas', 'electron', 'node-hid', 'pcsclite', 'sqlite3'],
  ...['better-sqlite3', 'mariadb', 'mysql', 'mysql2', 'oracledb', 'pg', 'pg-native', 'pg-query-stream', 'tedious'],
  ...['bufferutil', 'utf-8-validate'],
];

const STAMP = join(BUILD_DIR, 'inputs.json');

function* filesIn(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesIn(join(path, entry.name));
    else if (!/\.test\.tsx?$/.test(entry.name)) yield join(path, entry.name);
  }
}

/** Changes whenever a file under one of `paths` appears, vanishes, grows or is written. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => [...filesIn(join(ROOT, path))]).sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** A running process, or a second build, never sees half a file. */
function writeWhole(file, content) {
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

async function bundle(name, source, format) {
  const { rolldown } = await import('rolldown');
  const { importGlobPlugin } = await import('rolldown/experimental');
  const build = await rolldown({
    input: join(ROOT, source),
    cwd: ROOT,
    platform: 'node',
    external: (id) => EXTERNAL.some((one) => id === one || id.startsWith(`${one}/`)),
    logLevel: 'warn',
    transform: { target: 'node20' },
    // The catalogues of flows and texts are folders (`import.meta.glob`), as Vite reads them for the page.
    plugins: [importGlobPlugin({ root: ROOT })],
  });
  const extension = format === 'cjs' ? 'cjs' : 'js';
  const { output } = await build.generate({
    dir: BUILD_DIR,
    entryFileNames: `${name}.${extension}`,
    format,
    sourcemap: true,
    codeSplitting: false,
  });
  for (const part of output) writeWhole(join(BUILD_DIR, part.fileName), part.type === 'chunk' ? part.code : part.source);
  await build.close();
  return output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds.map((id) => id.replace(`${ROOT}/`, '')) : []));
}

async function buildProcesses() {
  const manifest = {};
  const there = ([, source]) => existsSync(join(ROOT, source));
  for (const [name, source] of Object.entries(PROCESSES).filter(there)) manifest[name] = await bundle(name, source, 'esm');
  for (const [name, source] of Object.entries(PRELOADS).filter(there)) manifest[name] = await bundle(name, source, 'cjs');
  // What went into each process, for the rules on who may hold what.
  writeWhole(join(BUILD_DIR, 'processes-manifest.json'), JSON.stringify(manifest, null, 1));
}

async function buildPage() {
  const configFile = join(ROOT, 'kiosk/screen/vite.config.ts');
  if (!existsSync(configFile)) return;
  const { build } = await import('vite');
  const { output } = await build({ configFile, logLevel: 'warn' });
  // What went into the page, for the rules on its size and content.
  const manifest = output.map((part) => ({
    file: part.fileName,
    entry: part.type === 'chunk' && part.isEntry,
    imports: part.type === 'chunk' ? part.imports : [],
    modules: part.type === 'chunk' ? part.moduleIds.map((id) => id.replace(`${ROOT}/`, '')) : [],
    gzipBytes: gzipSync(part.type === 'chunk' ? part.code : part.source).length,
  }));
  writeWhole(join(BUILD_DIR, 'page-manifest.json'), JSON.stringify(manifest, null, 1));
}

const always = ['package-lock.json', 'kiosk/setup/build.mjs', 'tsconfig.json'];
const PARTS = [
  {
    name: 'processes',
    inputs: ['kiosk', 'firmware-bridge', 'flows', 'locales', ...always],
    there: () =>
      Object.entries(PROCESSES).every(([name, source]) => !existsSync(join(ROOT, source)) || existsSync(join(BUILD_DIR, `${name}.js`))),
    build: buildProcesses,
  },
  {
    name: 'page',
    inputs: ['kiosk/screen', 'kiosk/contract', 'flows', 'locales', ...always],
    there: () => existsSync(join(BUILD_DIR, 'page/index.html')),
    build: buildPage,
  },
];

/** Builds what changed. Throws, naming the file, where a source cannot be built. */
export async function build(say = () => {}) {
  mkdirSync(BUILD_DIR, { recursive: true });
  let known = {};
  try {
    known = JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    // No build yet, or a broken stamp: everything is built.
  }
  for (const part of PARTS) {
    const now = fingerprint(part.inputs);
    if (known[part.name] === now && part.there()) continue;
    const from = performance.now();
    await part.build();
    known[part.name] = now;
    writeWhole(STAMP, JSON.stringify(known));
    say(`built the ${part.name} in ${((performance.now() - from) / 1000).toFixed(1)} s`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--force')) rmSync(STAMP, { force: true });
  await build((line) => console.log(line));
}
