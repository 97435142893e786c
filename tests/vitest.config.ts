import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  test: {
    reporters: ['default', ['json', { outputFile: 'tests/.report/vitest.json' }]],
    projects: [
      {
        root,
        extends: true,
        test: {
          name: 'unit',
          include: [
            'kiosk/**/*.test.{ts,tsx}',
            'firmware-bridge/**/*.test.ts',
            'flows/**/*.test.{ts,tsx}',
            'locales/**/*.test.ts',
            'tests/rules/**/*.test.ts',
          ],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        root,
        extends: true,
        // These start processes, a pcscd and browsers: one file at a time, so that two cores do not make them late.
        test: {
          name: 'whole',
          include: ['tests/devices/**/*.test.ts', 'tests/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
