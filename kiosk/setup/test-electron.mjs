/** `npm run test:electron`: the Electron shell for real, under Xvfb where there is no display. Says so where there is no binary. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { build } from './build.mjs';
import { fetchElectron } from './electron.mjs';
import { ROOT } from './paths.mjs';
import { setUp } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
await setUp(say);
await build(say);
const binary = await fetchElectron(say);
const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
if (!binary) {
  console.log('not run: no Electron binary');
  process.exit(0);
}
if (!display && !existsSync('/usr/bin/xvfb-run')) {
  console.log('not run: no display and no Xvfb (sudo apt-get install xvfb xauth)');
  process.exit(0);
}
const vitest = [`${ROOT}/node_modules/.bin/vitest`, 'run', '--config', 'tests/electron/vitest.config.ts'];
const [program, ...args] = display ? vitest : ['/usr/bin/xvfb-run', '-a', ...vitest];
const { status } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PAILOU_TEST_ELECTRON: binary } });
process.exit(status ?? 1);
