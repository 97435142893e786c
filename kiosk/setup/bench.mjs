/** `npm run bench -- <name> [--json]`: measures the product and its floor in the same run. */
import { existsSync, readdirSync } from 'node:fs';
import { build } from './build.mjs';
import { ROOT } from './paths.mjs';
import { setUp } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const [name, ...rest] = process.argv.slice(2);
const there = readdirSync(`${ROOT}/tests/bench`).flatMap((file) => /^([a-z-]+)\.bench\.mjs$/.exec(file)?.[1] ?? []);
const file = `${ROOT}/tests/bench/${name}.bench.mjs`;
if (!name || !existsSync(file)) {
  say(`npm run bench -- <name> [--json], where name is one of: ${there.join(', ')}`);
  process.exit(64);
}
await setUp(say);
await build(say);
const { measure } = await import(file);
const result = await measure(say);
if (rest.includes('--json')) console.log(JSON.stringify(result));
else {
  const { unit, product, floor, ratio, notes } = result;
  console.log(
    `${name}: product ${product.p50} ${unit} (p95 ${product.p95}), floor ${floor.p50} ${unit} (p95 ${floor.p95}), ratio ${ratio}`,
  );
  for (const note of notes) console.log(`  ${note}`);
}
process.exit(0);
