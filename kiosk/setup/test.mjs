/** `npm test`: set up, build, then lint, types and every test. `npm test -- <filter>` runs only the tests, as Vitest filters them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { build } from './build.mjs';
import { ROOT } from './paths.mjs';
import { setUp } from './setup.mjs';
import { installPackages } from './system.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const REPORT = `${ROOT}/tests/.report/vitest.json`;
const bin = (name) => `${ROOT}/node_modules/.bin/${name}`;
const step = (name, command, args) => {
  say(`— ${name}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) say(`${name} failed`);
  return status === 0;
};

await setUp(say);
installPackages(['test'], say);
await build(say);
rmSync(REPORT, { force: true });
const filter = process.argv.slice(2);
const checks =
  filter.length > 0 ||
  [step('Biome', bin('biome'), ['check', '--no-errors-on-unmatched']), step('types', bin('tsc'), ['-p', '.'])].every(Boolean);
const tests = step('tests', bin('vitest'), ['run', '--config', 'tests/vitest.config.ts', ...filter]);

let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
try {
  counts = JSON.parse(readFileSync(REPORT, 'utf8'));
} catch {
  // Vitest ended before it wrote a report: the failure below says so.
}
// A file that cannot even be loaded has no failed test of its own.
const failed = Math.max(counts.numFailedTests, tests ? 0 : 1);
if (!checks) say('lint or types failed: see above');
console.log(`${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + counts.numTodoTests} skipped`);
process.exit(checks && tests ? 0 : 1);
