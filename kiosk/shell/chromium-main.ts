/** The shell process where the window is Chromium's: joins the host, starts the browser, and starts it again. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Launch } from '../host/protocol.ts';
import { type Browser, openChromium, sweepProfiles } from './chromium.ts';
import { joinHost } from './host-link.ts';
import { ShellConfig, ShellSecrets } from './protocol.ts';

/** A browser that ends sooner than this did not come up: the next one waits, longer each time. */
const SETTLED_AFTER_MS = 10_000;
const PAUSE_MOST_MS = 10_000;

function log(event: string): void {
  appendFileSync(2, `${JSON.stringify({ at: new Date().toISOString(), process: 'shell', event })}\n`);
}

process.on('SIGUSR1', () => {});

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return '';
}

/** What a browser writes belongs in memory, not on a disk. */
function memoryDir(): string {
  const candidates = [process.env['XDG_RUNTIME_DIR'], '/dev/shm'];
  return candidates.find((dir) => dir && existsSync(dir)) ?? tmpdir();
}

async function main(): Promise<void> {
  const config = ShellConfig.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const { shellToken } = ShellSecrets.parse(JSON.parse(await firstLine()));
  if (sweepProfiles(memoryDir()) > 0) log('browser.swept');
  let browser: Browser | null = null;
  let wanted: Launch | null = null;
  let failures = 0;
  let ending = false;

  const open = () => {
    if (browser || !wanted || ending) return;
    browser = openChromium({
      binary: config.binary,
      tmpDir: memoryDir(),
      sandbox: config.sandbox,
      headless: config.headless,
      launch: wanted,
      onExit() {
        const livedMs = performance.now() - (browser?.startedAtMs ?? 0);
        const asked = restarting;
        browser = null;
        restarting = false;
        if (ending) process.exit(0);
        if (!wanted) return;
        log(asked ? 'browser.restarted' : 'browser.gone');
        if (asked) return open();
        failures = livedMs > SETTLED_AFTER_MS ? 0 : failures + 1;
        // The ticket of a browser that ended by itself is used up.
        wanted = null;
        setTimeout(() => host.askAgain(), failures === 0 ? 0 : Math.min(200 * 2 ** failures, PAUSE_MOST_MS));
      },
    });
    log('browser.started');
  };
  let restarting = false;

  const end = () => {
    ending = true;
    if (!browser) process.exit(0);
    browser.kill();
  };
  process.stdin.on('end', end);
  process.stdin.resume();
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  const host = joinHost({
    socket: join(config.runDir, 'host.sock'),
    token: shellToken,
    log,
    shell: {
      show(launch) {
        wanted = launch;
        open();
      },
      restart(launch) {
        wanted = launch;
        if (!browser) return open();
        restarting = true;
        browser.kill();
      },
      hostGone() {
        wanted = null;
        browser?.kill();
      },
    },
  });
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
}

void main();
