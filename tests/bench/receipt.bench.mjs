/** Bundles the measured code the way the product is bundled, and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { BUILD_DIR, ROOT } from '../../kiosk/setup/paths.mjs';

export async function measure() {
  const bundle = await rolldown({
    input: join(ROOT, 'tests/bench/receipt.ts'),
    cwd: ROOT,
    platform: 'node',
    external: ['@napi-rs/canvas'],
    logLevel: 'warn',
    transform: { target: 'node20' },
  });
  const file = join(BUILD_DIR, 'bench-receipt.js');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  const { receiptBench } = await import(pathToFileURL(file).href);
  return await receiptBench();
}
