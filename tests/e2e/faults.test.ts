/** Everything pulled at any moment: each has a defined end, nothing of the person stays, and the kiosk serves again by itself. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Kiosk, openScreen, type Screen, startBrowser, startKiosk } from './kiosk.ts';

let kiosk: Kiosk;
let browser: Browser;
let screen: Screen;

beforeAll(async () => {
  [kiosk, browser] = await Promise.all([startKiosk(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await kiosk?.stop();
});
beforeEach(async () => {
  screen = await openScreen(browser, kiosk);
  await screen.shows('visit.attract');
});
afterEach(async () => {
  // Each test leaves a kiosk that serves: that is part of what it proves.
  for (const command of [
    { device: 'card', action: 'remove' },
    { device: 'printer', action: 'paper-in' },
    { device: 'printer', action: 'close-cover' },
  ] as const)
    await kiosk.sim(command).catch(() => {});
  await screen.close();
  await kiosk.freshVisit();
});

const PERSON = /LEE SAU YING|李秀英|C123456|C12\*|LEE S/;
const holdsPerson = async () => PERSON.test(await screen.text().catch(() => ''));

async function toShowing(specimen = 'p2') {
  await screen.press('CHOOSE_LANG', 'en');
  await screen.shows('visit.menu');
  await screen.press('CHOOSE_FLOW', 'smart-id');
  await screen.shows('smart-id.waiting-for-card');
  await kiosk.sim({ device: 'card', action: 'insert', specimen });
  await screen.shows('smart-id.showing');
}
async function toPrinting() {
  await toShowing();
  await screen.press('ALL_CORRECT');
  await screen.shows('visit.take-card');
}
const papers = async () => (await kiosk.simState()).papers.length;

/** Waits until another visit serves, and tells how long that took. */
async function nextVisit(url: string): Promise<number> {
  const startedAtMs = performance.now();
  await vi.waitUntil(async () => screen.page.url() !== url && (await screen.now()) === 'visit.attract', { timeout: 10_000, interval: 20 });
  return performance.now() - startedAtMs;
}

describe('the card', () => {
  test('CD-12 [part] pulled while its data is shown: hidden at once, back for the same card', async () => {
    await toShowing();
    expect(await holdsPerson()).toBe(true);
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.card-out');
    expect(await holdsPerson()).toBe(false);
    await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p2' });
    await screen.shows('smart-id.showing');
  });

  test('CD-13 another card clears the first person’s screen before anything of the second is shown, who starts a visit of their own', async () => {
    await toShowing();
    const url = screen.page.url();
    await kiosk.sim({ device: 'card', action: 'remove' });
    await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p4' });
    await vi.waitUntil(async () => screen.page.url() !== url && (await screen.now()) === 'visit.menu', { timeout: 10_000, interval: 20 });
    expect(await holdsPerson()).toBe(false);
  });

  test.each(['before', 'after'] as const)(
    'CD-12 [part] pulled %s a command of the reading: nothing is shown, and the same card resumes',
    async (when) => {
      await kiosk.sim({ device: 'card', action: 'pull-at', command: 6, when });
      await screen.press('CHOOSE_LANG', 'en');
      await screen.press('CHOOSE_FLOW', 'smart-id');
      await screen.shows('smart-id.waiting-for-card');
      await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p2' });
      await vi.waitUntil(async () => (await kiosk.simState()).inserted[0] === null, { timeout: 8_000 });
      expect(await screen.now()).not.toBe('smart-id.showing');
      expect(await holdsPerson()).toBe(false);
      await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p2' });
      await screen.shows('smart-id.showing');
    },
  );

  test.each([
    ['damaged', /cannot be read|could not|again|damaged/i],
    ['mute', /cannot be read|could not|again|chip/i],
    ['bank', /identity card/i],
    ['copied', /card/i],
  ])('a %s card is told by name, and shows nothing', async (specimen, words) => {
    await screen.press('CHOOSE_LANG', 'en');
    await screen.press('CHOOSE_FLOW', 'smart-id');
    await screen.shows('smart-id.waiting-for-card');
    await kiosk.sim({ device: 'card', action: 'insert', specimen });
    await screen.page.locator('[role="alert"]').waitFor({ timeout: 10_000 });
    expect(await screen.text()).toMatch(words);
    expect(await holdsPerson()).toBe(false);
  });

  test('CD-14 [part] left in the slot: the next person’s attract screen says so and starts nothing with it', async () => {
    await toPrinting();
    const url = screen.page.url();
    await screen.press('EXIT');
    await screen.shows('visit.leave-question');
    await screen.press('LEAVE_NOW');
    await nextVisit(url);
    const before = await papers();
    await screen.page.locator('.notice').first().waitFor();
    expect(await screen.now()).toBe('visit.attract');
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.page.locator('.notice').first().waitFor({ state: 'detached' });
    expect(await papers()).toBe(before);
  });
});

describe('the printer', () => {
  test('RC-03 [part] out of paper: the number stays, and refilling prints once', async () => {
    await toPrinting();
    const before = await papers();
    await kiosk.sim({ device: 'printer', action: 'paper-out' });
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.paper-problem');
    await screen.press('WAIT_FOR_STAFF');
    await kiosk.sim({ device: 'printer', action: 'paper-in' });
    await screen.shows('visit.done');
    expect(await papers()).toBe(before + 1);
  });

  test('T3 [part] paper out, visit over, paper refilled: nothing of the slip comes out for the next person', async () => {
    await toPrinting();
    const before = await papers();
    await kiosk.sim({ device: 'printer', action: 'paper-out' });
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.paper-problem');
    const url = screen.page.url();
    await screen.press('EXIT');
    await screen.shows('visit.leave-question');
    await screen.press('LEAVE_NOW');
    await nextVisit(url);
    await kiosk.sim({ device: 'printer', action: 'paper-in' });
    // A whole later visit prints its own slip, and nothing else came out before it.
    await toPrinting();
    expect(await papers()).toBe(before);
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.done');
    expect(await papers()).toBe(before + 1);
  });

  test('a printer that answers rubbish is told as a printer fault, and the written number is enough', async () => {
    await toPrinting();
    await kiosk.sim({ device: 'printer', action: 'babble' });
    await kiosk.sim({ device: 'card', action: 'remove' });
    await vi.waitUntil(async () => ['visit.paper-problem', 'visit.paper-question'].includes((await screen.now()) ?? ''), {
      timeout: 60_000,
    });
    await kiosk.sim({ device: 'printer', action: 'speak' });
  }, 70_000);
});

describe('a process dies', () => {
  test.each(['visit', 'bridge', 'host'] as const)(
    'the %s, killed while data is shown: nothing of the person stays, and the kiosk serves within 5 s',
    async (name) => {
      await toShowing();
      const url = screen.page.url();
      const victim = kiosk.pids(name)[0]!;
      process.kill(victim, 'SIGKILL');
      const startedAtMs = performance.now();
      if (name === 'bridge') {
        // The bridge comes back under the same visit: the card is asked for again and, being the same, resumes it.
        await vi.waitUntil(async () => (await screen.now()) !== 'smart-id.showing', { timeout: 3_000, interval: 10 });
        expect(await holdsPerson()).toBe(false);
        await screen.shows('smart-id.showing', 5_000);
      } else {
        await nextVisit(url);
        expect(await holdsPerson()).toBe(false);
      }
      expect(performance.now() - startedAtMs).toBeLessThan(5_000);
      await kiosk.sim({ device: 'card', action: 'remove' });
    },
  );

  test('the visit, killed while printing: no second slip, and nothing for the next person', async () => {
    await toPrinting();
    const before = await papers();
    await kiosk.sim({ device: 'printer', action: 'paper-out' });
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.paper-problem');
    const url = screen.page.url();
    process.kill(kiosk.pids('visit')[0]!, 'SIGKILL');
    await nextVisit(url);
    await kiosk.sim({ device: 'printer', action: 'paper-in' });
    await toPrinting();
    expect(await papers()).toBe(before);
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.done');
  });

  test('T2 [part] the visit, stopped: the page blanks itself within 3 s, and another visit serves', async () => {
    await toShowing();
    const url = screen.page.url();
    const victim = kiosk.pids('visit')[0]!;
    process.kill(victim, 'SIGSTOP');
    const startedAtMs = performance.now();
    await vi.waitUntil(async () => !(await holdsPerson()), { timeout: 6_000, interval: 20 });
    expect(performance.now() - startedAtMs).toBeLessThan(3_600);
    await nextVisit(url);
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
  });

  test('the page, reloaded: the current view comes again', async () => {
    await toShowing();
    await screen.page.reload();
    await screen.shows('smart-id.showing');
  });
});

describe('who looks at the wire', () => {
  test('T6 [part] no full value crosses the link before it is held', async () => {
    const values: string[] = [];
    // The page's own decryption is where plaintext appears: every decrypted frame is counted there.
    await screen.page.addInitScript(() => {
      const original = crypto.subtle.decrypt.bind(crypto.subtle);
      (window as unknown as { frames: string[] }).frames = [];
      crypto.subtle.decrypt = async (...args: Parameters<SubtleCrypto['decrypt']>) => {
        const plain = await original(...args);
        (window as unknown as { frames: string[] }).frames.push(new TextDecoder().decode(plain));
        return plain;
      };
    });
    await screen.page.reload();
    await screen.shows('visit.attract');
    await toShowing();
    const frames = () => screen.page.evaluate(() => (window as unknown as { frames: string[] }).frames.join('\n'));
    expect((await frames()).length).toBeGreaterThan(100);
    for (const value of ['C123456(9)', 'LEE SAU YING', '李秀英']) expect(await frames()).not.toContain(value);
    await screen.page.locator('[data-hold="documentNumber"]').hover();
    await screen.page.mouse.down();
    await screen.says(/C123456\(9\)/);
    values.push(await frames());
    await screen.page.mouse.up();
    expect(values[0]).toContain('C123456(9)');
  });
});

describe('staff', () => {
  test('CD-14 [part] somebody who waits for paper lights the lamp in the dock, and the paper puts it out', async () => {
    await toPrinting();
    await kiosk.sim({ device: 'printer', action: 'paper-out' });
    await kiosk.sim({ device: 'card', action: 'remove' });
    await screen.shows('visit.paper-problem');
    expect(await screen.page.locator('[data-lamp]').getAttribute('data-lamp')).toBe('off');
    await screen.press('WAIT_FOR_STAFF');
    await screen.page.locator('[data-lamp="paper"]').waitFor();
    expect((await kiosk.health())?.alert).toBe('paper');
    await kiosk.sim({ device: 'printer', action: 'paper-in' });
    await screen.page.locator('[data-lamp="off"]').waitFor();
  });
});
