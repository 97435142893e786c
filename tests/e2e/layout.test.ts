import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LANGS } from '../../kiosk/contract/lang.ts';
import type {} from '../../kiosk/screen/gallery/gallery.tsx';
import { CHROMIUM_FLAGS, chromiumPath, PANELS } from '../../kiosk/screen/gallery/panels.ts';
import { type GalleryServer, serveGallery } from '../../kiosk/screen/gallery/serve.ts';

const SMALLEST_TARGET_MM = 19;
const SMALLEST_GAP_MM = 6;
const SMALLEST_CAPITAL_MM = 5;
const NOTO_CAPITAL_HEIGHT = 0.733;

let server: GalleryServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await serveGallery();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
  page = await browser.newPage({ reducedMotion: 'reduce' });
  await page.goto(server.address);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * Runs in the page: turns through every page of the drawn screen and says in words what a person would find wrong with it.
 * Every text and every control must have been whole on some page.
 */
async function faultsOfScreen(limits: { targetMm: number; gapMm: number; capitalMm: number; capitalHeight: number }): Promise<string[]> {
  const stage = document.querySelector<HTMLElement>('.stage')!;
  const pxPerMm = Number.parseFloat(getComputedStyle(stage).getPropertyValue('--mm'));
  const faults = new Set<string>();
  const slack = 1;
  const { width, height } = stage.getBoundingClientRect();
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight)
    faults.add('the page scrolls');

  const nameOf = (element: Element) => (element.getAttribute('aria-label') ?? element.textContent ?? element.tagName).trim().slice(0, 40);
  const isForEars = (element: Element | null): boolean =>
    element !== null && (getComputedStyle(element).clipPath === 'inset(50%)' || isForEars(element.parentElement));
  const isDrawn = (element: Element) =>
    element.checkVisibility({ visibilityProperty: true }) && !isForEars(element) && element.getBoundingClientRect().width > 0;

  /** What the element may fill: the stage, and on a paged leaf its window. */
  const roomOf = (element: Element) => {
    const window = element.closest('.leaf-window')?.getBoundingClientRect();
    return window ?? { left: 0, top: 0, right: width, bottom: height };
  };
  const isInside = (box: DOMRect, room: { left: number; top: number; right: number; bottom: number }) =>
    box.left >= room.left - slack && box.right <= room.right + slack && box.top >= room.top - slack && box.bottom <= room.bottom + slack;
  const isOnPage = (box: DOMRect, room: { left: number; right: number }) => box.right > room.left + slack && box.left < room.right - slack;

  const texts: { node: Text; boxes: () => DOMRect[] }[] = [];
  const walker = document.createTreeWalker(stage, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const text = node;
    if (!text.data.trim() || !isDrawn(text.parentElement!)) continue;
    const fontPx = Number.parseFloat(getComputedStyle(text.parentElement!).fontSize);
    texts.push({
      node: text,
      boxes: () => {
        const range = document.createRange();
        range.selectNodeContents(text);
        // A client rectangle has room for accents that no line of ours needs; the letters stand in its middle em.
        return [...range.getClientRects()].map(
          ({ x, y, width: wide, height: high }) => new DOMRect(x, y + (high - fontPx) / 2, wide, fontPx),
        );
      },
    });
    const capitalMm = (fontPx * limits.capitalHeight) / pxPerMm;
    if (capitalMm < limits.capitalMm - 0.01) faults.add(`letters of ${capitalMm.toFixed(1)} mm: ${text.data.trim()}`);
  }
  const controls = [...stage.querySelectorAll('button')].filter(isDrawn);
  const unseen = new Set<unknown>([
    ...texts.flatMap(({ node, boxes }) => boxes().map((_, line) => `${line}:${texts.findIndex((t) => t.node === node)}`)),
    ...controls,
  ]);

  for (let pages = 0; pages < 40; pages += 1) {
    for (const [index, { node, boxes }] of texts.entries()) {
      const room = roomOf(node.parentElement!);
      for (const [line, box] of boxes().entries()) {
        if (!isOnPage(box, room)) continue;
        const button = node.parentElement!.closest('button')?.getBoundingClientRect();
        if (!isInside(box, room)) faults.add(`cut off: ${node.data.trim()}`);
        else if (button && !isInside(box, button)) faults.add(`runs out of its button: ${node.data.trim()}`);
        else unseen.delete(`${line}:${index}`);
      }
    }
    const here = controls
      .map((control) => ({ control, box: control.getBoundingClientRect() }))
      .filter(({ control, box }) => isOnPage(box, roomOf(control)));
    for (const { control, box } of here) {
      if (isInside(box, roomOf(control))) unseen.delete(control);
      if (Math.min(box.width, box.height) / pxPerMm < limits.targetMm)
        faults.add(`a target of ${(Math.min(box.width, box.height) / pxPerMm).toFixed(1)} mm: ${nameOf(control)}`);
    }
    for (const [at, one] of here.entries()) {
      for (const other of here.slice(at + 1)) {
        const across = Math.max(one.box.left, other.box.left) - Math.min(one.box.right, other.box.right);
        const down = Math.max(one.box.top, other.box.top) - Math.min(one.box.bottom, other.box.bottom);
        if (Math.max(across, down) / pxPerMm < limits.gapMm)
          faults.add(`${(Math.max(across, down) / pxPerMm).toFixed(1)} mm between ${nameOf(one.control)} and ${nameOf(other.control)}`);
      }
    }
    const more = stage.querySelector<HTMLElement>('[data-turn="more"]:not([aria-disabled])');
    if (!more || !isDrawn(more)) break;
    more.click();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
  for (const left of unseen) {
    if (typeof left === 'string') faults.add(`never shown: ${texts[Number(left.split(':')[1])]!.node.data.trim()}`);
    else faults.add(`never whole: ${nameOf(left as Element)}`);
  }
  return [...faults];
}

const limits = { targetMm: SMALLEST_TARGET_MM, gapMm: SMALLEST_GAP_MM, capitalMm: SMALLEST_CAPITAL_MM, capitalHeight: NOTO_CAPITAL_HEIGHT };

async function everyScreenFits(panel: (typeof PANELS)[number], langs: readonly (typeof LANGS)[number][]): Promise<string[]> {
  const { width, height, diagonalInches } = panel;
  await page.setViewportSize({ width, height });
  const found: string[] = [];
  for (const id of await page.evaluate(() => window.gallery.ids)) {
    for (const lang of langs) {
      for (const textSize of [0, 3] as const) {
        await page.evaluate((wish) => window.gallery.draw(wish), {
          id,
          lang,
          diagonalInches,
          settings: { textSize, contrast: 'normal' as const },
        });
        const faults = await page.evaluate(faultsOfScreen, limits);
        found.push(...faults.map((fault) => `${id} ${lang} size ${textSize}: ${fault}`));
      }
    }
  }
  return found;
}

describe('every screen, in each language, at the smallest and the largest text', () => {
  test('SH-10 [part] at 1024 × 768 nothing is cut off, too small, too close or out of reach', async () => {
    expect(await everyScreenFits(PANELS[0], LANGS)).toEqual([]);
  }, 120_000);

  test.each([PANELS[1], PANELS[2]])(
    'on the $name panel nothing is cut off, too small, too close or out of reach',
    async (panel) => {
      expect(await everyScreenFits(panel, LANGS)).toEqual([]);
    },
    120_000,
  );
});

describe('for people who do not see the screen', () => {
  test.each(LANGS)(
    'axe finds nothing on any screen in %s',
    async (lang) => {
      const { width, height, diagonalInches } = PANELS[0];
      await page.setViewportSize({ width, height });
      await page.evaluate(axe.source);
      const found: string[] = [];
      for (const id of await page.evaluate(() => window.gallery.ids)) {
        await page.evaluate((wish) => window.gallery.draw(wish), {
          id,
          lang,
          diagonalInches,
          settings: { textSize: 0 as const, contrast: 'normal' as const },
        });
        const violations = await page.evaluate(async () => {
          const results = await (window as unknown as { axe: typeof axe }).axe.run(document.body, {
            rules: { 'color-contrast-enhanced': { enabled: true } },
          });
          return results.violations.map(
            (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`,
          );
        });
        found.push(...violations.map((violation) => `${id}: ${violation}`));
      }
      expect(found).toEqual([]);
    },
    120_000,
  );
});
