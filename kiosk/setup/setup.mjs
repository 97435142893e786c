/** What a fresh clone needs before anything runs, done once: Node.js, Debian packages, `npm ci`, native modules. No dependencies. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from './paths.mjs';
import { installPackages, nodeHeaders } from './system.mjs';

const NODE_AT_LEAST = [20, 19];
/** The only packages whose install scripts are run, each compiled from its source. The rest of the tree runs none. */
const NATIVE = [
  { name: 'sqlite3', needed: true, without: '' },
  { name: 'pcsclite', needed: false, without: 'no real card readers; the simulated card plugs in one layer higher' },
  { name: 'node-hid', needed: false, without: 'no scanner and no tactile keypad' },
];
const MODULES = `${ROOT}/node_modules`;
const STAMP = `${MODULES}/.pailou-setup.json`;
const SAYS_SO_EVERY_MS = 10_000;
const NPM_WITHIN_MS = 900_000;

const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
};

/** Runs one long command quietly, says every ten seconds that it still runs, and shows what it wrote only when it failed. */
function run(what, command, args, env, say) {
  return new Promise((resolve) => {
    const fromMs = performance.now();
    const seconds = () => Math.round((performance.now() - fromMs) / 1000);
    say(what);
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let wrote = '';
    const keep = (chunk) => {
      wrote = (wrote + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const progress = setInterval(() => say(`  … ${seconds()} s`), SAYS_SO_EVERY_MS);
    const tooLong = setTimeout(() => child.kill('SIGKILL'), NPM_WITHIN_MS);
    const settle = (well) => {
      clearInterval(progress);
      clearTimeout(tooLong);
      if (!well) say(wrote);
      resolve(well);
    };
    child.once('error', () => settle(false));
    child.once('close', (code) => settle(code === 0));
  });
}

/** Whether what is installed is what the lock file says, in every package that this platform takes. */
function installedAsLocked() {
  const wanted = readJson(`${ROOT}/package-lock.json`)?.packages ?? {};
  const there = readJson(`${MODULES}/.package-lock.json`)?.packages ?? null;
  if (!there) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, peer }]) => {
    if (path === '') return true;
    const found = there[path];
    if (!found) return Boolean(optional || peer) && !existsSync(`${ROOT}/${path}/package.json`);
    return found.version === version && (!found.integrity || found.integrity === integrity);
  });
}

/** In a process of its own: a native module for another Node.js can end the one that loads it. */
const loads = (name) =>
  spawnSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], { cwd: ROOT, stdio: 'ignore', timeout: 20_000 }).status === 0;

async function compile(say) {
  const missing = NATIVE.filter(({ name }) => !loads(name));
  if (missing.length === 0) return true;
  const wellEquipped = installPackages(['compile'], say);
  const headers = nodeHeaders();
  const env = {
    // A ready-made binary from somewhere is not what the lock file's integrity covers.
    npm_config_build_from_source: 'true',
    JOBS: 'max',
    ...(headers ? { npm_config_nodedir: headers } : {}),
  };
  for (const { name, needed, without } of missing) {
    if (!existsSync(`${MODULES}/${name}`)) {
      say(`${name} is not installed: ${without}`);
      continue;
    }
    const tried = wellEquipped && (await run(`compiling ${name} (once; takes up to a minute)`, 'npm', ['rebuild', name], env, say));
    if (tried && loads(name)) continue;
    if (needed) {
      say(`${name} cannot be compiled here, and nothing works without it`);
      return false;
    }
    say(`${name} cannot be compiled here: ${without}`);
  }
  return true;
}

/** Everything before the build. Ends the process with an explanation where this machine cannot run the kiosk at all. */
export async function setUp(say) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_AT_LEAST[0] || (major === NODE_AT_LEAST[0] && minor < NODE_AT_LEAST[1])) {
    say(`Node.js ${process.versions.node} is too old: ${NODE_AT_LEAST.join('.')} or newer`);
    process.exit(69);
  }
  installPackages(['run'], say);
  const lock = createHash('sha256')
    .update(readFileSync(`${ROOT}/package-lock.json`))
    .digest('hex');
  const state = { lock, abi: process.versions.modules, arch: process.arch };
  if (JSON.stringify(readJson(STAMP)) === JSON.stringify(state)) return;
  if (!installedAsLocked()) {
    // The scripts of packages do not run; those that must be compiled are, by name, below.
    const well = await run('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {}, say);
    if (!well) {
      say('npm ci failed: see above');
      process.exit(69);
    }
  }
  if (!(await compile(say))) process.exit(69);
  writeFileSync(STAMP, JSON.stringify(state));
}
