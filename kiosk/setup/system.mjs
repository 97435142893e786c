/** What this machine must have besides Node.js: Debian packages, looked for by the files they bring. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

const FETCH_WITHIN_S = 20;

const anyOf =
  (...paths) =>
  () =>
    paths.some((path) => existsSync(path));
const inPath = (program) => () =>
  (process.env.PATH ?? '').split(':').some((dir) => {
    try {
      accessSync(`${dir}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const inTree = (root, pattern) => () => {
  try {
    return readdirSync(root, { recursive: true }).some((name) => pattern.test(name));
  } catch {
    return false;
  }
};

/** `without` says what is lost while the package is missing; null where nothing works without it. */
const PACKAGES = [
  { name: 'python3', there: inPath('python3'), for: 'compile', without: null },
  { name: 'make', there: inPath('make'), for: 'compile', without: null },
  { name: 'g++', there: inPath('g++'), for: 'compile', without: null },
  { name: 'pkg-config', there: inPath('pkg-config'), for: 'compile', without: 'no real card readers (pcsclite cannot be compiled)' },
  {
    name: 'libpcsclite-dev',
    there: anyOf('/usr/include/PCSC/winscard.h'),
    for: 'compile',
    without: 'no real card readers (pcsclite cannot be compiled)',
  },
  {
    name: 'pcscd',
    there: anyOf('/usr/sbin/pcscd'),
    for: 'run',
    without: 'no real card readers; the simulated card plugs in one layer higher',
  },
  {
    name: 'vsmartcard-vpcd',
    there: inTree('/usr/lib/pcsc/drivers', /libifdvpcd|vpcd/),
    for: 'run',
    without: 'the simulated card plugs in above PC/SC instead of into it',
  },
  { name: 'util-linux', there: inPath('unshare'), for: 'run', without: 'the simulated card plugs in above PC/SC instead of into it' },
  {
    name: 'iproute2',
    there: anyOf('/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'),
    for: 'run',
    without: 'the simulated card plugs in above PC/SC instead of into it',
  },
  { name: 'fonts-noto-cjk', there: inTree('/usr/share/fonts', /NotoSansCJK/), for: 'run', without: 'no receipts: Chinese cannot be drawn' },
  { name: 'chromium', there: anyOf('/usr/bin/chromium'), for: 'run', without: 'no window and no browser tests; the address is printed' },
  {
    name: 'postgresql',
    there: inTree('/usr/lib/postgresql', /bin\/pg_ctl$/),
    for: 'test',
    without: 'the tests of the store on PostgreSQL fail',
  },
  { name: 'postgresql-common', there: inPath('pg_virtualenv'), for: 'test', without: 'the tests of the store on PostgreSQL fail' },
];

const nobodyAsks = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

function mayInstall() {
  if (!existsSync('/usr/bin/apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0 ? ['sudo', '-n'] : null;
}

/** Headers that came with this Node.js, so that compiling fetches none; null where there are none. */
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(`${prefix}/include/node/node_version.h`) ? prefix : null;
}

/** Packages that are missing for a purpose: `compile` native modules, `run` the kiosk or `test` it. */
export function missingPackages(purposes) {
  return PACKAGES.filter((one) => purposes.includes(one.for) && !one.there());
}

/**
 * Installs what is missing where it may, else prints the exact line to run.
 * Returns false when something is missing without which nothing works.
 */
export function installPackages(purposes, say) {
  const missing = missingPackages(purposes);
  if (missing.length === 0) return true;
  const names = missing.map(({ name }) => name);
  const as = mayInstall();
  if (as) {
    say(`installing ${names.join(' ')}`);
    const apt = (...args) => {
      const limits = [`-oAcquire::http::Timeout=${FETCH_WITHIN_S}`, `-oAcquire::https::Timeout=${FETCH_WITHIN_S}`, '-oAcquire::Retries=1'];
      const [program, ...rest] = [...as, 'apt-get', ...limits, ...args];
      // Its progress goes to standard error: standard output belongs to the ready line.
      return spawnSync(program, rest, { stdio: ['ignore', 2, 2], env: nobodyAsks }).status === 0;
    };
    const install = () => apt('install', '-y', '--no-install-recommends', ...names);
    if (!install() && apt('update')) install();
  }
  const still = missing.filter((one) => !one.there());
  if (still.length === 0) return true;
  say(`missing on this machine; install with:\n  sudo apt-get install --no-install-recommends ${still.map(({ name }) => name).join(' ')}`);
  for (const { name, without } of still) say(`  without ${name}: ${without ?? 'nothing works'}`);
  return still.every(({ without }) => without !== null);
}
