/** What starts, what starts again, and that nothing is left: the supervisor and the shell with real processes and a real browser. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Kiosk, processesWith, startKiosk } from './kiosk.ts';

const BUILD_DIR = join(import.meta.dirname, '../../.build');
const within = { timeout: 15_000, interval: 25 };
const runs = (pid: number) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
/** The main process of a kiosk's own browser, whose parent is its shell. */
const browsersOf = (kiosk: Kiosk) => {
  const shells = kiosk.pids('shell-chromium');
  return processesWith('pailou-browser-').filter((pid) => runs(pid) && shells.includes(ancestors(pid)[0]!));
};

describe('a kiosk with its window', () => {
  let kiosk: Kiosk;
  const shownVisits = () => kiosk.log().filter(({ event }) => event === 'visit.shown').length;
  beforeAll(async () => {
    kiosk = await startKiosk({ shell: 'chromium' });
    await vi.waitUntil(() => shownVisits() > 0, within);
  });
  afterAll(async () => kiosk?.stop());

  test('no token and no ticket is in the arguments or the environment of any process', () => {
    const secrets = [...processesWith(BUILD_DIR), ...processesWith('pailou-browser-')].flatMap((pid) => {
      try {
        return [`${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`];
      } catch {
        // It ended while it was looked at.
        return [];
      }
    });
    expect(secrets.length).toBeGreaterThan(5);
    for (const text of secrets) expect(text).not.toMatch(/ticket=|#t=|[Tt]oken=/);
    const written = readdirSync(kiosk.runDir).filter((name) => name.endsWith('.json'));
    expect(written.length).toBeGreaterThan(2);
    for (const name of written) expect(readFileSync(join(kiosk.runDir, name), 'utf8')).not.toMatch(/oken|ticket|secret/);
  });

  test('T5 [part] no process of the kiosk may dump its memory, and none is told what could steer it', () => {
    const own = (['bridge', 'host', 'visit', 'shell-chromium'] as const).flatMap((name) => kiosk.pids(name));
    expect(own.length).toBeGreaterThan(4);
    for (const pid of [...own, ...browsersOf(kiosk)]) {
      expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/\b(VITEST|NODE_ENV)=/);
    }
  });

  test('the browser that was started first is still the one, and its page still answers, after a dead page would have been given up', async () => {
    const [first] = browsersOf(kiosk);
    const events = () => kiosk.log().map(({ event }) => event);
    const before = events().length;
    const shown = shownVisits();
    // As long as health is asked this often, a page that had died would have been replaced.
    for (let asked = 0; asked < 4; asked++) {
      const { uptimeSeconds: since = 0 } = (await kiosk.health()) as unknown as { uptimeSeconds?: number };
      await vi.waitUntil(async () => ((await kiosk.health()) as unknown as { uptimeSeconds: number }).uptimeSeconds > since, within);
    }
    expect(browsersOf(kiosk)).toEqual([first]);
    expect(shownVisits()).toBe(shown);
    expect(events().slice(before)).not.toContain('browser.gone');
  });

  test('T2 [part] the host hangs: the glass goes black within 4 s, the host is killed, and another one shows a visit', async () => {
    const [host] = kiosk.pids('host');
    const [browser] = browsersOf(kiosk);
    const shown = shownVisits();
    const atMs = performance.now();
    process.kill(host!, 'SIGSTOP');
    await vi.waitUntil(() => !runs(browser!), within);
    expect(performance.now() - atMs).toBeLessThan(4_500);
    await vi.waitUntil(() => !runs(host!), within);
    expect(performance.now() - atMs).toBeLessThan(6_000);
    await vi.waitUntil(() => shownVisits() > shown, within);
    expect(kiosk.log().map(({ event }) => event)).toContain('process.hangs');
    expect(browsersOf(kiosk)).toHaveLength(1);
  });

  test('the bridge hangs: it is killed, and a new one serves', async () => {
    const [bridge] = kiosk.pids('bridge');
    process.kill(bridge!, 'SIGSTOP');
    await vi.waitUntil(() => !runs(bridge!), { ...within, timeout: 25_000 });
    await vi.waitUntil(async () => (await kiosk.health())?.status === 'ok', { ...within, timeout: 20_000 });
  }, 50_000);

  test.each(['bridge', 'host', 'shell-chromium', 'simulators'] as const)(
    '%s is killed: it is back, and a visit is shown and well',
    async (name) => {
      const [before] = kiosk.pids(name);
      const shown = shownVisits();
      process.kill(before!, 'SIGKILL');
      await vi.waitUntil(() => kiosk.pids(name).some((pid) => pid !== before), within);
      if (name === 'host' || name === 'shell-chromium') await vi.waitUntil(() => shownVisits() > shown, within);
      await vi.waitUntil(async () => (await kiosk.health())?.status === 'ok', { ...within, timeout: 20_000 });
      expect(browsersOf(kiosk)).toHaveLength(1);
    },
  );

  test('T1 [part] the browser is killed: another one shows the visit, with a ticket of its own', async () => {
    const [before] = browsersOf(kiosk);
    const shown = shownVisits();
    process.kill(before!, 'SIGKILL');
    await vi.waitUntil(() => shownVisits() > shown, within);
    expect(browsersOf(kiosk)).toHaveLength(1);
    expect(browsersOf(kiosk)).not.toContain(before);
  });

  test('T2 [part] the browser is stopped: it is killed within 3 s, and another one shows the visit', async () => {
    const [before] = browsersOf(kiosk);
    const shown = shownVisits();
    const renderers = await vi.waitUntil(() => {
      const found = processesWith('--type=renderer').filter((pid) => ancestors(pid).includes(before!));
      return found.length > 0 && found;
    }, within);
    const atMs = performance.now();
    for (const pid of renderers) process.kill(pid, 'SIGSTOP');
    await vi.waitUntil(() => !runs(before!), within);
    expect(performance.now() - atMs).toBeLessThan(3_000);
    await vi.waitUntil(() => shownVisits() > shown, within);
  });
});

describe('the supervisor', () => {
  test('a second kiosk in the same run directory is refused, and the first goes on', async () => {
    const kiosk = await startKiosk();
    const second = spawnSync(process.execPath, [join(BUILD_DIR, 'supervisor.js'), '--shell=none'], {
      encoding: 'utf8',
      env: { ...process.env, PAILOU_RUN: kiosk.runDir, PAILOU_DATA: kiosk.dataDir },
      timeout: 10_000,
    });
    expect(second.status).toBe(69);
    expect(second.stderr).toMatch(/another kiosk runs/);
    expect(second.stdout).toBe('');
    expect((await kiosk.health())?.store).toBe('open');
    await kiosk.stop();
  });

  test('is killed: every process of the kiosk, the private pcscd and the browser with its profile go too', async () => {
    const kiosk = await startKiosk({ shell: 'chromium' });
    await vi.waitUntil(() => kiosk.log().some(({ event }) => event === 'visit.shown'), within);
    const ours = (['simulators', 'bridge', 'host', 'visit', 'card-monitor', 'shell-chromium'] as const).flatMap((name) => kiosk.pids(name));
    expect(ours.length).toBeGreaterThanOrEqual(7);
    const [browser] = browsersOf(kiosk);
    const pcscd = processesWith('pcscd').filter((pid) => ancestors(pid).some((parent) => ours.includes(parent)));
    process.kill(kiosk.pids('supervisor')[0]!, 'SIGKILL');
    await vi.waitUntil(() => [...ours, ...pcscd, browser!].filter(runs).length === 0, within);
    await kiosk.stop();
  });

  test('a wrong site file is named with its place, and nothing starts', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(BUILD_DIR, 'supervisor.js'), '--site=nowhere'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr).toMatch(/config\/sites\/nowhere\.yaml: cannot be read/);
    expect(existsSync(join(BUILD_DIR, '../config/sites/nowhere.yaml'))).toBe(false);
  });
});

function ancestors(pid: number): number[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent > 1 ? [parent, ...ancestors(parent)] : [];
  } catch {
    return [];
  }
}
