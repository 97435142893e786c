/** The one path, as a resident walks it: real pcscd, real Chromium, real ESC/POS, in every language and on every panel. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Kiosk, openScreen, PANELS, type Screen, startBrowser, startKiosk } from './kiosk.ts';

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

afterEach(async () => {
  await kiosk.sim({ device: 'card', action: 'remove' }).catch(() => {});
  await screen?.close();
  await kiosk.freshVisit();
});

async function toShowing(lang: string) {
  await screen.shows('visit.attract');
  await screen.press('CHOOSE_LANG', lang);
  await screen.shows('visit.menu');
  await screen.press('CHOOSE_FLOW', 'smart-id');
  await screen.shows('smart-id.waiting-for-card');
  await kiosk.sim({ device: 'card', action: 'insert', specimen: 'p2' });
  await screen.shows('smart-id.showing');
}

async function toPaper() {
  await screen.shows('visit.take-card');
  const before = (await kiosk.simState()).papers.length;
  await kiosk.sim({ device: 'card', action: 'remove' });
  await screen.shows('visit.done');
  const { papers } = await kiosk.simState();
  expect(papers).toHaveLength(before + 1);
}

const FULL = ['LEE SAU YING', '李秀英', 'C123456(9)', '1941'];

describe.each([
  ['zh-HK', 'counter'],
  ['zh-CN', 'portrait'],
  ['en', 'landscape'],
] as const)('in %s on the %s panel', (lang, panel) => {
  test('a resident sees the masked data, holds to see it in full, confirms, takes the card, gets the slip, and is forgotten', async () => {
    screen = await openScreen(browser, kiosk, PANELS[panel]);
    await toShowing(lang);
    expect(await screen.page.evaluate(() => document.documentElement.lang)).toBe(lang);
    let text = await screen.text();
    for (const value of FULL) expect(text).not.toContain(value);
    expect(text).toContain('C12****(9)');

    const field = screen.page.locator('[data-hold="documentNumber"]');
    await field.hover();
    await screen.page.mouse.down();
    await screen.says(/C123456\(9\)/);
    await screen.page.mouse.up();
    await screen.saysNot(/C123456\(9\)/);

    await screen.press('ALL_CORRECT');
    await toPaper();
    text = await screen.text();
    for (const value of [...FULL, 'C12****', 'LEE']) expect(text).not.toContain(value);
    const visitBefore = screen.page.url();
    await screen.press('FINISH');
    await screen.page.waitForURL((url) => url.href !== visitBefore);
    await screen.shows('visit.attract');
    // Whoever comes next finds the site's own language and size again (SH-17).
    expect(await screen.page.evaluate(() => document.documentElement.lang)).toBe('zh-HK');
  });
});

test('CH-12 [part] a resident who finds the date of birth wrong leaves with a slip for the counter', async () => {
  screen = await openScreen(browser, kiosk);
  await toShowing('en');
  await screen.press('SOMETHING_WRONG');
  await screen.shows('smart-id.choosing-wrong-field');
  await screen.press('CHOOSE_WRONG_FIELD', 'dateOfBirth');
  await toPaper();
  await screen.press('FINISH');
});

test('SH-17 [part] text size, colours and language of one person are not there for the next', async () => {
  screen = await openScreen(browser, kiosk);
  await screen.shows('visit.attract');
  const look = () =>
    screen.page.evaluate(() =>
      JSON.stringify([
        document.documentElement.lang,
        getComputedStyle(document.querySelector('.stage')!).backgroundColor,
        getComputedStyle(document.querySelector('.stage')!).fontSize,
        document.documentElement.dataset,
      ]),
    );
  const first = await look();
  await screen.press('CHOOSE_LANG', 'en');
  await screen.shows('visit.menu');
  await screen.press('TEXT_SIZE');
  await screen.press('CONTRAST');
  await vi.waitUntil(async () => (await look()) !== first, { timeout: 5_000 });
  const url = screen.page.url();
  await screen.press('EXIT');
  await screen.shows('visit.goodbye');
  await screen.page.waitForURL((next) => next.href !== url);
  await screen.shows('visit.attract');
  expect(await look()).toBe(first);
});

test('SH-03 [part] the privacy policy opens over the screen, in no other window, and Back returns to it', async () => {
  screen = await openScreen(browser, kiosk);
  await screen.shows('visit.attract');
  await screen.press('CHOOSE_LANG', 'zh-HK');
  await screen.press('CHOOSE_FLOW', 'smart-id');
  await screen.shows('smart-id.waiting-for-card');
  await screen.press('READ', 'privacy');
  await screen.shows('visit.reading');
  expect(screen.page.context().pages()).toHaveLength(1);
  expect(await screen.page.locator('a[href]').count()).toBe(0);
  await screen.press('CLOSE');
  await screen.shows('smart-id.waiting-for-card');
  await screen.press('EXIT');
});
