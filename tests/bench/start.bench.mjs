/** From starting the supervisor to an attract screen that takes touches; the floor is the same browser showing an empty page. */
import { percentiles, round, startBrowser, startKiosk } from './bench.mjs';

const ROUNDS = 6;

const painted = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

async function kioskOnce() {
  const kiosk = await startKiosk();
  const readyMs = performance.now() - kiosk.startedAtMs;
  const browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(kiosk.frontDoor);
  await page.waitForSelector('[data-screen="visit.attract"] [data-event="CHOOSE_LANG"]:not([disabled])');
  await painted(page);
  const tookMs = performance.now() - kiosk.startedAtMs;
  await browser.close();
  await kiosk.stop();
  return { tookMs, readyMs };
}

async function browserOnce() {
  const fromMs = performance.now();
  const browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto('about:blank');
  await painted(page);
  const tookMs = performance.now() - fromMs;
  await browser.close();
  return tookMs;
}

export async function measure() {
  const [product, ready, floor] = [[], [], []];
  for (let n = 0; n <= ROUNDS; n++) {
    const { tookMs, readyMs } = await kioskOnce();
    const least = await browserOnce();
    // The first round reads everything from disk.
    if (n === 0) continue;
    product.push(tookMs);
    ready.push(readyMs);
    floor.push(least);
  }
  const [ours, theirs] = [percentiles(product), percentiles(floor)];
  return {
    name: 'start',
    unit: 'ms',
    product: ours,
    floor: theirs,
    ratio: round(ours.p50 / theirs.p50, 2),
    notes: [
      `product: supervisor, simulators with their own pcscd, bridge, host and the first visit (ready after ${percentiles(ready).p50} ms), then a browser with the attract screen painted; set-up and build are done before`,
      'floor: the same browser with an empty page painted',
      `${ROUNDS} starts each, turn by turn, files in the page cache`,
    ],
  };
}
