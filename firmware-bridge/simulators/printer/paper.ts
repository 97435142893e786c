import { createCanvas } from '@napi-rs/canvas';
import { PNG } from 'pngjs';

/** One piece of paper that left the printer: cut off by it, or torn off when the roll was changed. */
export interface Paper {
  readonly id: string;
  readonly how: 'cut' | 'torn';
  readonly widthDots: number;
  readonly heightDots: number;
  /** Rows from the top, `widthDots / 8` bytes each, most significant bit left, 1 = black. */
  readonly bits: Buffer;
}

export function paperPng({ widthDots, heightDots, bits }: Pick<Paper, 'widthDots' | 'heightDots' | 'bits'>): Buffer {
  const png = new PNG({
    width: widthDots,
    height: Math.max(1, heightDots),
    colorType: 0,
    inputColorType: 0,
    inputHasAlpha: false,
    bitDepth: 8,
  });
  const grey = Buffer.alloc(widthDots * Math.max(1, heightDots), 0xff);
  for (let dot = 0; dot < widthDots * heightDots; dot++) {
    if ((bits[dot >> 3]! >> (7 - (dot & 7))) & 1) grey[dot] = 0;
  }
  png.data = grey;
  return PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false, bitDepth: 8 });
}

export const CHARACTER_DOTS = { width: 12, height: 24 } as const;
export const LINE_DOTS = 30;

/** One line of text in the only font this printer has. What is not Latin comes out as the boxes that such a printer prints. */
export function textRows(bytes: readonly number[], widthDots: number): Buffer[] {
  const canvas = createCanvas(widthDots, LINE_DOTS);
  const ctx = canvas.getContext('2d');
  ctx.font = `20px "DejaVu Sans Mono", monospace`;
  ctx.fillStyle = '#000';
  bytes.slice(0, Math.floor(widthDots / CHARACTER_DOTS.width)).forEach((byte, column) => {
    const x = column * CHARACTER_DOTS.width;
    if (byte < 0x7f) ctx.fillText(String.fromCharCode(byte), x, 20, CHARACTER_DOTS.width);
    else ctx.fillRect(x + 1, 4, CHARACTER_DOTS.width - 2, CHARACTER_DOTS.height - 6);
  });
  const { data } = ctx.getImageData(0, 0, widthDots, LINE_DOTS);
  return Array.from({ length: LINE_DOTS }, (_, y) => {
    const row = Buffer.alloc(widthDots / 8);
    for (let x = 0; x < widthDots; x++) if (data[(y * widthDots + x) * 4 + 3]! > 127) row[x >> 3]! |= 0x80 >> (x & 7);
    return row;
  });
}
