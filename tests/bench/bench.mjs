/** What the benches that start a whole kiosk share: the kiosk, a browser, percentiles. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { BUILD_DIR } from '../../kiosk/setup/paths.mjs';

export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const READY_WITHIN_MS = 60_000;

export const round = (value, digits = 1) => Number(value.toFixed(digits));

export function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]);
  return { p50: at(0.5), p95: at(0.95) };
}

/** The first line a process prints; rejects when it ends, or says nothing, before that. */
export function firstLine(child) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no line in time')), READY_WITHIN_MS);
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(late);
      resolve(line);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}

/** A demonstration kiosk in folders of its own. */
export async function startKiosk(args = []) {
  const dir = mkdtempSync(join(tmpdir(), 'pailou-bench-'));
  const startedAtMs = performance.now();
  const supervisor = spawn(process.execPath, [join(BUILD_DIR, 'supervisor.js'), '--shell=none', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PAILOU_DATA: join(dir, 'data'), PAILOU_RUN: join(dir, 'run') },
  });
  const line = await firstLine(supervisor);
  return {
    frontDoor: /http:\S+/.exec(line)[0],
    startedAtMs,
    pid: supervisor.pid,
    runDir: join(dir, 'run'),
    async stop() {
      const gone = new Promise((resolve) => supervisor.once('exit', resolve));
      supervisor.kill('SIGTERM');
      await gone;
      rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

export const startBrowser = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: BROWSER_ARGS });
