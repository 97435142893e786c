/** From the end of a visit's last screen to the next person's attract screen, painted; the floor is `location.replace` from one bare page to another host name. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { firstLine, percentiles, round, startBrowser, startKiosk } from './bench.mjs';

const ROUNDS = 12;

/** Waits in whatever page is there until `ready` holds in it and is painted. */
async function until(page, ready, given) {
  for (;;) {
    try {
      const well = await page.evaluate(ready, given);
      if (well) return await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    } catch {
      // Between two pages there is nobody to ask.
    }
  }
}

const isGoodbye = (page) =>
  page.evaluate(() => document.querySelector('[data-screen]')?.dataset.screen === 'visit.goodbye').catch(() => false);

const screenIs = ({ screen, not }) => {
  const now = document.querySelector('[data-screen]')?.dataset.screen;
  return now === screen && location.host !== not && document.querySelector('[data-event="CHOOSE_LANG"]') !== null;
};

export async function measure() {
  const echo = spawn(process.execPath, [fileURLToPath(new URL('./echo-server.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port, kiosk, browser] = await Promise.all([firstLine(echo), startKiosk(), startBrowser()]);
  try {
    const page = await browser.newPage();
    const bare = await browser.newPage();
    await page.goto(kiosk.frontDoor);
    const [product, floor] = [[], []];
    for (let n = 0; n <= ROUNDS; n++) {
      await page.bringToFront();
      await until(page, screenIs, { screen: 'visit.attract', not: '' });
      await page.locator('[data-event="CHOOSE_LANG"][data-value="en"]').click();
      await page.waitForSelector('[data-screen="visit.menu"]');
      // The successor must be warm, as it is after any visit that lasted a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const host = new URL(page.url()).host;
      await page.locator('[data-event="EXIT"]').click();
      // The last screen stays long enough to be read; what is measured starts when it goes.
      await page.waitForSelector('[data-screen="visit.goodbye"]');
      let fromMs = performance.now();
      while (await isGoodbye(page)) fromMs = performance.now();
      await until(page, screenIs, { screen: 'visit.attract', not: host });
      const tookMs = performance.now() - fromMs;

      await bare.bringToFront();
      await bare.goto(`http://v${n}.localhost:${port}/`);
      const bareFromMs = performance.now();
      await bare.evaluate((next) => location.replace(next), `http://w${n}.localhost:${port}/`);
      await until(bare, (wanted) => location.host.startsWith(wanted) && document.querySelector('button') !== null, `w${n}.`);
      if (n === 0) continue;
      product.push(tookMs);
      floor.push(performance.now() - bareFromMs);
    }
    const [ours, theirs] = [percentiles(product), percentiles(floor)];
    return {
      name: 'ending',
      unit: 'ms',
      product: ours,
      floor: theirs,
      ratio: round(ours.p50 / theirs.p50, 2),
      notes: [
        'product: from the last screen’s disappearance until the attract screen of the next visit, in its own process and renderer, is painted',
        'floor: a bare page replaced by one under another host name, painted',
        `${ROUNDS} visits, turn by turn`,
      ],
    };
  } finally {
    await browser.close();
    await kiosk.stop();
    echo.stdin.end();
  }
}
