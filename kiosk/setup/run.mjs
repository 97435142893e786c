/** `node kiosk/setup/run.mjs <program> …`: builds what changed, then runs one of the programs under `.build` with the rest. */
import { build } from './build.mjs';
import { BUILD_DIR } from './paths.mjs';
import { setUp } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const [node, , program, ...rest] = process.argv;
await setUp(say);
await build(say);
process.argv = [node, `${BUILD_DIR}/${program}.js`, ...rest];
await import(process.argv[1]);
