/**
 * T5: after a visit nothing of its person is left in any process that goes on, nor on disk. The browser is driven by touch and by
 * screen ids only: reading its texts through the test's own connection would put them where they are looked for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { BROWSER_ARGS, type Kiosk, processesWith, startKiosk } from './kiosk.ts';
import { findInMemory, needlesOf, slipNeedlesOf } from './memory.ts';

const NEEDLES = needlesOf(['CHAN TAI MAN', '陳大文', 'G123456(A)', 'G123456']);
const GONE_WITHIN_MS = 5_000;

let kiosk: Kiosk;
let browser: Browser;
let page: Page;
/** Marks this browser's processes among others on the machine. */
const mark = `--pailou-residue-${process.pid}`;

beforeAll(async () => {
  [kiosk, browser] = await Promise.all([
    startKiosk(),
    chromium.launch({ executablePath: '/usr/bin/chromium', args: [...BROWSER_ARGS, mark] }),
  ]);
  page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
  // The dock names specimens and shows paper: it is the test's hand, not part of the kiosk.
  await page.route(/dock/, (route) => route.abort());
  await page.goto(kiosk.frontDoor);
});
afterAll(async () => {
  await browser?.close();
  await kiosk?.stop();
});

const screenNow = () => page.evaluate(() => document.querySelector('[data-screen]')?.getAttribute('data-screen') ?? null).catch(() => null);
const shows = (id: string) => vi.waitUntil(async () => (await screenNow()) === id, { timeout: 10_000, interval: 20 });
async function touchAt(selector: string): Promise<void> {
  const box = await vi.waitUntil(
    () =>
      page.evaluate((wanted) => {
        const box = document.querySelector(wanted)?.getBoundingClientRect();
        return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
      }, selector),
    { timeout: 5_000 },
  );
  await page.mouse.move(box!.x, box!.y);
  await page.mouse.down();
}
async function touch(selector: string): Promise<void> {
  await touchAt(selector);
  await page.mouse.up();
}

/** Every process of the kiosk but the simulators, and every process of the browser. */
function survivors(): { name: string; pid: number }[] {
  const own = (['supervisor', 'bridge', 'host', 'visit', 'card-monitor', 'card-worker'] as const).flatMap((name) =>
    kiosk.pids(name).map((pid) => ({ name, pid })),
  );
  const parents = new Map<number, number>();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Gone.
    }
  }
  const roots = processesWith(mark);
  const isOf = (pid: number): boolean => roots.includes(pid) || (parents.has(pid) && parents.get(pid)! > 1 && isOf(parents.get(pid)!));
  return [...own, ...[...parents.keys()].filter(isOf).map((pid) => ({ name: 'browser', pid }))];
}
const whereFound = () => survivors().flatMap(({ name, pid }) => findInMemory(pid, NEEDLES).map((needle) => `${name}: ${needle}`));

test('T5 [part] within 5 s of a visit’s end, no process that goes on and no file holds anything of the person', async () => {
  await shows('visit.attract');
  await touch('[data-event="CHOOSE_LANG"][data-value="en"]');
  await shows('visit.menu');
  await touch('[data-event="CHOOSE_FLOW"]');
  await shows('smart-id.waiting-for-card');
  await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p4' });
  await shows('smart-id.showing');
  for (const field of ['documentNumber', 'nameEnglish', 'nameChinese']) {
    await touchAt(`[data-hold="${field}"]`);
    await vi.waitUntil(() => page.evaluate((wanted) => document.querySelector(`[data-shown="${wanted}"]`) !== null, field), {
      timeout: 5_000,
    });
    await page.mouse.up();
  }
  // The search itself is proved first: while the person is here, the visit holds them.
  expect(whereFound().some((found) => found.startsWith('visit: '))).toBe(true);

  await touch('[data-event="ALL_CORRECT"]');
  await shows('visit.take-card');
  await kiosk.sim({ device: 'card', action: 'remove' });
  await shows('visit.done');
  const paper = await vi.waitUntil(async () => (await kiosk.simState()).papers[0], { timeout: 15_000 });
  const url = page.url();
  await touch('[data-event="FINISH"]');
  await vi.waitUntil(() => page.url() !== url, { timeout: 5_000, interval: 10 });
  const endedAtMs = performance.now();
  await shows('visit.attract');
  let found = whereFound();
  while (found.length > 0 && performance.now() - endedAtMs < GONE_WITHIN_MS) found = whereFound();
  expect(found).toEqual([]);

  // The slip too, which the bridge had in its hands; the virtual printer still has it on paper, where the search finds it.
  const slip = slipNeedlesOf(PNG.sync.read(await kiosk.paperPng(paper!.id)));
  const inPrinter = kiosk.pids('simulators').flatMap((pid) => findInMemory(pid, slip));
  expect(inPrinter.filter((name) => name.endsWith('dots')).length).toBeGreaterThan(0);
  const ours = survivors().filter(({ name }) => name !== 'browser');
  const where = () => ours.flatMap(({ name, pid }) => findInMemory(pid, slip).map((needle) => `${name}: ${needle}`));
  expect(where()).toEqual([]);

  for (const dir of [kiosk.dataDir, `${kiosk.dataDir}-heads`, kiosk.runDir])
    for (const file of readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()))
      for (const { name, bytes } of NEEDLES)
        expect(readFileSync(join(file.parentPath, file.name)).includes(bytes), `${name} in ${file.name}`).toBe(false);
}, 60_000);
