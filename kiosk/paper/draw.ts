/** Receipts as bitmaps: drawn Chinese prints on any printer (RC-04). */
import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Receipt } from '../contract/receipt.ts';
import { paperFonts } from './fonts.ts';
import { layOut, type Mark, type PaperWidthDots } from './layout.ts';

/** Rows from the top, `widthDots / 8` bytes each, most significant bit left, 1 = black. Whoever gets it zeroes `bits` when done. */
export interface ReceiptBitmap {
  readonly widthDots: number;
  readonly heightDots: number;
  readonly bits: Buffer;
}

/** Half way between paper and ink: stems keep their width, and no grey is left that a thermal head would speckle. */
const INK_BELOW = 128;
const WIDEST_DOTS = 576;
const FIRST_HEIGHT_DOTS = 1_600;

// One canvas for the life of the process: each new one costs memory that comes back late.
let canvas: Canvas | null = null;

function contextFor(heightDots: number, lang: Receipt['lang']): SKRSContext2D {
  if (!canvas || canvas.height < heightDots) canvas = createCanvas(WIDEST_DOTS, Math.max(FIRST_HEIGHT_DOTS, heightDots));
  const ctx = canvas.getContext('2d');
  ctx.lang = lang;
  return ctx;
}

/**
 * Draws one receipt. Its height follows from its text. Nothing of it stays on the canvas.
 * Throws without the fonts of `paperFonts()`, which a kiosk checks when it starts.
 */
export function drawReceipt(receipt: Receipt, { widthDots }: { readonly widthDots: PaperWidthDots }): ReceiptBitmap {
  const fonts = paperFonts();
  if (fonts.kind === 'no-font') throw new Error(`receipts need ${fonts.wanted}`);
  const { marks, heightDots } = layOut(receipt, widthDots, contextFor(FIRST_HEIGHT_DOTS, receipt.lang));
  const ctx = contextFor(heightDots, receipt.lang);
  drawMarks(ctx, marks, widthDots, heightDots);
  const { data } = ctx.getImageData(0, 0, widthDots, heightDots);
  ctx.clearRect(0, 0, canvas!.width, canvas!.height);
  const bits = toBits(data, widthDots * heightDots);
  data.fill(0);
  return { widthDots, heightDots, bits };
}

/** Black marks on a white ground. */
export function drawMarks(ctx: SKRSContext2D, marks: readonly Mark[], widthDots: number, heightDots: number): void {
  ctx.fillStyle = '#fff';
  ctx.fillRect(0, 0, widthDots, heightDots);
  for (const mark of marks) {
    ctx.fillStyle = mark.kind === 'text' && mark.ink === 'white' ? '#fff' : '#000';
    if (mark.kind === 'box') {
      ctx.fillRect(mark.x, mark.y, mark.widthDots, mark.heightDots);
    } else {
      ctx.font = mark.font;
      ctx.fillText(mark.text, mark.x, mark.y);
    }
  }
}

/** Eight RGBA dots to a byte; the picture has no colour, so red stands for all. */
export function toBits(rgba: Uint8ClampedArray, dots: number): Buffer {
  const bits = Buffer.alloc(dots / 8);
  for (let at = 0, from = 0; at < bits.length; at++) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++, from += 4) byte = (byte << 1) | (rgba[from]! < INK_BELOW ? 1 : 0);
    bits[at] = byte;
  }
  return bits;
}
