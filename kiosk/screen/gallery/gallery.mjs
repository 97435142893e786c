// `npm run gallery`. Node 20 reads no TypeScript, so Vite's runner loads the script.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./shoot.ts', import.meta.url)), { configFile: false, logLevel: 'warn' });
