import jsQR from 'jsqr';
import { describe, expect, test } from 'vitest';
import { LANGS, type Lang } from '../contract/lang.ts';
import { paperFonts } from './fonts.ts';
import { drawReceipt, type PaperWidthDots, type ReceiptBitmap } from './index.ts';
import { nasty, sample } from './samples.ts';

const WIDTHS: readonly PaperWidthDots[] = [576, 384];
const everySlip = WIDTHS.flatMap((widthDots) => LANGS.flatMap((lang) => [false, true].map((copy) => ({ widthDots, lang, copy }))));

const isBlack = ({ widthDots, bits }: ReceiptBitmap, x: number, y: number) =>
  ((bits[(y * widthDots + x) >> 3]! >> (7 - (x & 7))) & 1) === 1;

/** Blank columns left and right of everything that is black. */
function blankEdges(bitmap: ReceiptBitmap): { left: number; right: number } {
  const inked = (x: number) => Array.from({ length: bitmap.heightDots }, (_, y) => isBlack(bitmap, x, y)).includes(true);
  let left = 0;
  while (left < bitmap.widthDots && !inked(left)) left += 1;
  let right = 0;
  while (right < bitmap.widthDots && !inked(bitmap.widthDots - 1 - right)) right += 1;
  return { left, right };
}

function readCode(bitmap: ReceiptBitmap): string | undefined {
  const rgba = new Uint8ClampedArray(bitmap.widthDots * bitmap.heightDots * 4).fill(255);
  for (let y = 0; y < bitmap.heightDots; y++) {
    for (let x = 0; x < bitmap.widthDots; x++)
      if (isBlack(bitmap, x, y)) rgba.fill(0, (y * bitmap.widthDots + x) * 4, (y * bitmap.widthDots + x) * 4 + 3);
  }
  return jsQR(rgba, bitmap.widthDots, bitmap.heightDots)?.data;
}

/** The same words, set for another place. */
const title = (lang: Lang, words: string) => drawReceipt({ ...sample('en'), lang, title: words }, { widthDots: 576 });

describe('a drawn receipt', () => {
  test.each(everySlip)('RC-01 [part] $lang, $widthDots dots, copy $copy: its code is the number alone', ({ lang, widthDots, copy }) => {
    expect(readCode(drawReceipt(sample(lang, copy), { widthDots }))).toBe('HTD3LDEQAYJYDS2');
  });

  test.each(everySlip)(
    '$lang, $widthDots dots, copy $copy: nothing touches the edge of the paper, however long the words',
    ({ lang, widthDots, copy }) => {
      const bitmap = drawReceipt(nasty(lang, copy), { widthDots });
      expect(bitmap.bits.length).toBe((widthDots / 8) * bitmap.heightDots);
      const { left, right } = blankEdges(bitmap);
      expect(left).toBeGreaterThanOrEqual(8);
      expect(right).toBeGreaterThanOrEqual(8);
      for (const y of [0, 1, 2, 3, bitmap.heightDots - 1, bitmap.heightDots - 2]) {
        for (let x = 0; x < widthDots; x++) expect(isBlack(bitmap, x, y)).toBe(false);
      }
    },
  );

  test('uses the forms of the place: 骨直返化 differ between Hong Kong and the Mainland', () => {
    expect(title('zh-HK', 'Ag').bits.equals(title('zh-CN', 'Ag').bits)).toBe(true);
    for (const character of '骨直返化') {
      expect(title('zh-HK', character).bits.equals(title('zh-CN', character).bits), character).toBe(false);
    }
  });

  test('a copy differs from the first print by the word COPY above it, and by nothing else', () => {
    const [first, copy] = [drawReceipt(sample('en'), { widthDots: 576 }), drawReceipt(sample('en', true), { widthDots: 576 })];
    const banner = copy.heightDots - first.heightDots;
    expect(banner).toBeGreaterThan(40);
    // The rows above the banner are blank margin in both.
    expect(copy.bits.subarray((banner + 8) * 72).equals(first.bits.subarray(8 * 72))).toBe(true);
  });

  test('leaves nothing of one receipt on the next', () => {
    const before = drawReceipt(sample('en'), { widthDots: 384 });
    drawReceipt(nasty('zh-HK', true), { widthDots: 576 });
    expect(drawReceipt(sample('en'), { widthDots: 384 })).toEqual(before);
  });

  test('holds what a place without the fonts is told: which package to install', () => {
    expect(paperFonts(['/nowhere'])).toEqual({ kind: 'no-font', wanted: 'fonts-noto-cjk' });
    expect(paperFonts()).toEqual({ kind: 'ready' });
  });
});
