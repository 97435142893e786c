/** `npm start`: set up, build, then everything with the demonstration site. The supervisor runs in this very process. */
import { build } from './build.mjs';
import { BUILD_DIR } from './paths.mjs';
import { setUp } from './setup.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
await setUp(say);
await build(say);
await import(`${BUILD_DIR}/supervisor.js`);
