import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runVisits, type Visits } from './visits.ts';

let dir: string;
let visits: Visits;
let nowMs: number;
/** How often the host has looked at its clock: at least once each time that it judges its visits. */
let looks: number;
const log = vi.fn();
const grantLease = vi.fn<(lease: string, token: string) => Promise<boolean>>();
const within = { timeout: 8_000, interval: 10 };
const execPath = process.execPath;

/** A visit that only writes down what it was started with. */
const VISIT = `process.stdin.once('data', (line) => {
  const start = JSON.parse(line);
  const fs = require('node:fs');
  fs.writeFileSync(start.dataDir + '/new', JSON.stringify({ visit: start.visit, token: start.token, pid: process.pid }));
  fs.renameSync(start.dataDir + '/new', start.dataDir + '/' + start.visit + '.visit');
});
process.stdin.on('end', () => process.exit(0));`;

interface Started {
  readonly visit: string;
  readonly token: string;
  readonly pid: number;
}
const started = (): Started[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.visit'))
    .map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')));

/** Lets the visit that was started join and serve; `told` is what the host told it. */
async function serve() {
  const [own] = await vi.waitUntil(() => started().length > 0 && started(), within);
  const told = vi.fn();
  expect(visits.join(own!.visit, own!.token, { tell: told, onClose: () => {}, close: () => {} })).toBe(true);
  visits.registered(own!.visit, { address: 'http://v0123456789abcdef.localhost:4711/', ticket: 'one-use-ticket-0123' }, 'open');
  const leases = () => told.mock.calls.filter(([name]) => name === 'lease');
  return { ...own!, told, leases };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pailou-visits-'));
  writeFileSync(join(dir, 'visit.cjs'), VISIT);
  nowMs = 0;
  looks = 0;
  log.mockReset();
  grantLease.mockReset().mockResolvedValue(true);
});
afterEach(() => {
  visits.close();
  process.execPath = execPath;
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
});

const run = () => {
  visits = runVisits({
    visitJs: join(dir, 'visit.cjs'),
    start: { hostSocket: '', bridgeSocket: '', dataDir: dir, configDir: '', siteName: 'demo', buildDir: '', frontDoor: null, dock: null },
    clockSure: () => true,
    monotonicMs() {
      looks++;
      return nowMs;
    },
    grantLease,
    onServing: () => {},
    onNeedsBrowser: () => {},
    usedFile: join(dir, 'used-insertion'),
    log,
  });
};

describe('the lease of the visit that serves', () => {
  test('is asked for until the bridge grants it, with a new token each time', async () => {
    grantLease.mockResolvedValueOnce(false).mockResolvedValueOnce(false);
    run();
    const { leases } = await serve();
    await vi.waitUntil(() => leases().length === 1, within);
    expect(new Set(grantLease.mock.calls.map(([, token]) => token)).size).toBe(3);
    expect(leases()[0]![1]).toEqual({ bridgeToken: grantLease.mock.calls[2]![1] });
  });

  test('is granted anew when the visit says that it was refused, and not for a visit that does not serve', async () => {
    run();
    const { visit, leases } = await serve();
    await vi.waitUntil(() => leases().length === 1, within);
    visits.leaseRefused('another');
    visits.leaseRefused(visit);
    await vi.waitUntil(() => leases().length === 2, within);
    expect(grantLease).toHaveBeenCalledTimes(2);
  });

  test('that was asked for before the bridge came back is not told: it would be a lease of the past', async () => {
    let answer: (granted: boolean) => void = () => {};
    grantLease.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    run();
    const { leases } = await serve();
    visits.leaseAgain();
    await vi.waitUntil(() => leases().length === 1, within);
    answer(true);
    visits.leaseAgain();
    await vi.waitUntil(() => leases().length === 2, within);
    expect(leases().map(([, { bridgeToken }]) => bridgeToken)).toEqual(grantLease.mock.calls.slice(1).map(([, token]) => token));
  });
});

test('a visit that cannot even be started ends nothing: it is tried again', async () => {
  process.execPath = join(dir, 'no-such-program');
  run();
  await vi.waitUntil(() => log.mock.calls.some(([event]) => event === 'visit.gone'), within);
  process.execPath = execPath;
  await serve();
});

test('a host that stood still itself kills no visit for it; a visit that is silent is killed', async () => {
  run();
  const { pid } = await serve();
  const silent = () => log.mock.calls.filter(([event]) => event === 'visit.silent').length;
  nowMs += 60_000;
  const looked = looks;
  await vi.waitUntil(() => looks >= looked + 2, within);
  expect(silent()).toBe(0);
  expect(() => process.kill(pid, 0)).not.toThrow();
  const ticking = setInterval(() => {
    nowMs += 100;
  }, 50);
  await vi.waitUntil(() => silent() > 0, within);
  clearInterval(ticking);
});

test('only the visit that serves says which insertion was taken up', async () => {
  run();
  const { visit } = await serve();
  visits.used('another', 9);
  visits.used(visit, 4);
  expect(readFileSync(join(dir, 'used-insertion'), 'utf8')).toBe('4');
});
