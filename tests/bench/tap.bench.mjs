/** From the finger's touch to the next screen painted: through the visit, and on a bare page with one WebSocket message, turn by turn. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { firstLine, percentiles, round, startBrowser, startKiosk } from './bench.mjs';

const ROUNDS = 60;
const WARM_UP = 8;
const VIEWPORT = { width: 1024, height: 768 };

/** Runs in the page: from `pointerdown` to the second frame after the screen's name has changed. */
function watch() {
  const state = { touchedAtMs: 0, last: '', waiting: null };
  globalThis.__tap = state;
  addEventListener('pointerdown', (event) => (state.touchedAtMs = event.timeStamp), true);
  const look = () => {
    const now = document.querySelector('[data-screen]')?.dataset.screen ?? '';
    if (now === state.last) return;
    state.last = now;
    // The first frame callback runs before the change is painted, the second after it.
    requestAnimationFrame(() =>
      requestAnimationFrame((atMs) => {
        state.waiting?.({ screen: now, tookMs: atMs - state.touchedAtMs });
        state.waiting = null;
      }),
    );
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-screen'] });
}

async function tap(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  const painted = page.evaluate(() => new Promise((resolve) => (globalThis.__tap.waiting = resolve)));
  // The page must be listening before it is touched.
  await page.evaluate(() => 0);
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  return await painted;
}

export async function measure() {
  const echo = spawn(process.execPath, [fileURLToPath(new URL('./echo-server.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port, kiosk, browser] = await Promise.all([firstLine(echo), startKiosk(), startBrowser()]);
  try {
    const open = async (address) => {
      const context = await browser.newContext({ viewport: VIEWPORT, hasTouch: true });
      const page = await context.newPage();
      await page.addInitScript(watch);
      await page.goto(address);
      return page;
    };
    const bare = await open(`http://127.0.0.1:${port}/`);
    await bare.waitForFunction(() => document.title === 'open');
    const page = await open(kiosk.frontDoor);
    await page.waitForSelector('[data-screen="visit.attract"] [data-event="CHOOSE_LANG"]');
    await tap(page, '[data-event="CHOOSE_LANG"][data-value="en"]');
    const there = '[data-event="CHOOSE_FLOW"][data-value="smart-id"]';
    const back = '[data-screen="smart-id.waiting-for-card"] [data-event="BACK"]';
    const product = [];
    const floor = [];
    for (let n = 0; n < WARM_UP + ROUNDS; n++) {
      const one = await tap(page, n % 2 === 0 ? there : back);
      const least = await tap(bare, '[data-event="NEXT"]');
      if (n < WARM_UP) continue;
      product.push(one.tookMs);
      floor.push(least.tookMs);
    }
    const [ours, theirs] = [percentiles(product), percentiles(floor)];
    return {
      name: 'tap',
      unit: 'ms',
      product: ours,
      floor: theirs,
      ratio: round(ours.p50 / theirs.p50, 2),
      notes: [
        'product: touch on the menu or on Back until the next screen is painted, through the sealed link and the visit',
        'floor: a bare page, one WebSocket message to a Node process and back, the number on its button painted',
        `${ROUNDS} touches each, turn by turn, headless Chromium without a GPU`,
      ],
    };
  } finally {
    await browser.close();
    await kiosk.stop();
    echo.stdin.end();
  }
}
