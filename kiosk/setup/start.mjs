/** `npm start`: set up, build, then everything with the demonstration site. The supervisor runs in this very process. */
import { build } from './build.mjs';
import { fetchElectron } from './electron.mjs';
import { BUILD_DIR } from './paths.mjs';
import { setUp } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
await setUp(say);
await build(say);
const asked = process.argv.findLast((one) => one.startsWith('--shell='))?.slice('--shell='.length);
const hasDisplay = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
if (hasDisplay && (asked === undefined || asked === 'electron')) await fetchElectron(say);
await import(`${BUILD_DIR}/supervisor.js`);

// A kiosk started from npm ends with it, also when npm is killed and can pass no signal on.
const parent = process.ppid;
if (process.env.npm_lifecycle_event)
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 1_000).unref();
