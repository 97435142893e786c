import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { chromiumArguments, launchPage, openChromium, sweepProfiles } from './chromium.ts';
import { ShellConfig } from './protocol.ts';

const launch = { address: 'http://v0123456789abcdef.localhost:4711/', ticket: 'one-use-ticket-0123456789' };

describe('the locked browser', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pailou-shell-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** A stand-in for the browser that notes what it was given, leaves something in its profile, starts a helper, and stays. */
  const standIn = () => {
    const binary = join(dir, 'browser');
    writeFileSync(
      binary,
      `#!/bin/sh\nsleep 300 &\necho $! > ${dir}/helper\nenv > ${dir}/env\necho secret > "$HOME/left-behind"\necho "$@" > ${dir}/args.tmp\nmv ${dir}/args.tmp ${dir}/args\nwait\n`,
      {
        mode: 0o755,
      },
    );
    return binary;
  };
  const started = () => vi.waitUntil(() => existsSync(join(dir, 'args')), { timeout: 5_000 });

  test('T1 [part] is a kiosk, asks nothing, updates nothing, and keeps its sandbox unless a demonstration runs as root', () => {
    const given = { profileDir: '/p', launchFile: '/l', sandbox: true, headless: false };
    const args = chromiumArguments(given);
    expect(args).toEqual(
      expect.arrayContaining(['--kiosk', '--disable-pinch', '--no-first-run', '--disable-component-update', '--disable-sync']),
    );
    expect(args).toContain('--host-resolver-rules=MAP *.localhost 127.0.0.1');
    expect(args.join(' ')).not.toMatch(/no-sandbox|remote-debugging|headless/);
    expect(chromiumArguments({ ...given, sandbox: false })).toContain('--no-sandbox');
  });

  test('T1 [part] a production site cannot be configured without sandbox or without a display', () => {
    const config = { runDir: '/r', binary: '/b', demo: false, sandbox: true, headless: false };
    expect(ShellConfig.safeParse(config).success).toBe(true);
    expect(ShellConfig.safeParse({ ...config, sandbox: false }).success).toBe(false);
    expect(ShellConfig.safeParse({ ...config, headless: true }).success).toBe(false);
    expect(ShellConfig.safeParse({ ...config, demo: true, sandbox: false, headless: true }).success).toBe(true);
  });

  test('is told its ticket in a file of its own user, not in its arguments, and offers nothing of its own', async () => {
    const tmpDir = join(dir, 'tmp');
    mkdirSync(tmpDir);
    const over = vi.fn();
    const browser = openChromium({ binary: standIn(), tmpDir, sandbox: true, headless: false, launch, onExit: over });
    await started();
    const [own] = readdirSync(tmpDir);
    const file = join(tmpDir, own!, 'launch.html');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(`${launch.address}#t=${launch.ticket}`);
    expect(readFileSync(join(dir, 'args'), 'utf8')).not.toContain(launch.ticket);
    // A translation bubble over a Chinese screen was seen in spite of the switch against it.
    const preferences = JSON.parse(readFileSync(join(tmpDir, own!, 'profile/Default/Preferences'), 'utf8'));
    expect(preferences.translate.enabled).toBe(false);
    browser.kill();
    await vi.waitUntil(() => over.mock.calls.length === 1);
  });

  test('T5 [part] leaves no profile and no helper process behind when it is ended', async () => {
    const tmpDir = join(dir, 'tmp');
    mkdirSync(tmpDir);
    const over = vi.fn();
    const browser = openChromium({ binary: standIn(), tmpDir, sandbox: true, headless: false, launch, onExit: over });
    await started();
    const helper = readFileSync(join(dir, 'helper'), 'utf8').trim();
    expect(readdirSync(tmpDir)).toHaveLength(1);
    browser.kill();
    await vi.waitUntil(() => over.mock.calls.length === 1);
    expect(readdirSync(tmpDir)).toEqual([]);
    await vi.waitUntil(() => !alive(helper));
  });

  test('T5 [part] what a killed shell left behind is gone at the next start; what a live one uses stays', async () => {
    const tmpDir = join(dir, 'tmp');
    for (const [name, kept] of [
      ['pailou-browser-killed', '999999999 1'],
      ['pailou-browser-pid-of-another', `${process.pid} 1`],
      ['pailou-browser-unnamed', null],
      ['somebody-else', null],
    ] as const) {
      mkdirSync(join(tmpDir, name, 'profile'), { recursive: true });
      if (kept !== null) writeFileSync(join(tmpDir, name, 'owner'), kept);
    }
    const over = vi.fn();
    const browser = openChromium({ binary: standIn(), tmpDir, sandbox: true, headless: false, launch, onExit: over });
    await started();
    expect(sweepProfiles(tmpDir)).toBe(3);
    expect(readdirSync(tmpDir)).toHaveLength(2);
    expect(readdirSync(tmpDir)).toContain('somebody-else');
    browser.kill();
    await vi.waitUntil(() => over.mock.calls.length === 1);
  });

  test('is told nothing of the environment but what a browser needs', async () => {
    vi.stubEnv('SSLKEYLOGFILE', '/somewhere');
    vi.stubEnv('CREDENTIALS_DIRECTORY', '/keys');
    const over = vi.fn();
    const browser = openChromium({ binary: standIn(), tmpDir: dir, sandbox: true, headless: false, launch, onExit: over });
    await started();
    vi.unstubAllEnvs();
    expect(readFileSync(join(dir, 'env'), 'utf8')).not.toMatch(/SSLKEYLOGFILE|CREDENTIALS|NODE_ENV|VITEST/);
    browser.kill();
    await vi.waitUntil(() => over.mock.calls.length === 1);
  });

  test('a ticket cannot break out of the page that carries it', () => {
    expect(launchPage({ ...launch, ticket: '</script><script>alert(1)' })).not.toContain('</script><script>alert');
  });
});

/** A killed process that its parent has not collected yet is a zombie: it runs no more. */
function alive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
