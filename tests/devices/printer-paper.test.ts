import { once } from 'node:events';
import { connect } from 'node:net';
import { createCanvas } from '@napi-rs/canvas';
import { PNG } from 'pngjs';
import { afterEach, describe, expect, test } from 'vitest';
import { createVirtualPrinter, type VirtualPrinter } from '../../firmware-bridge/simulators/printer/index.ts';
import { drawReceipt } from '../../kiosk/paper/index.ts';
import { sample } from '../../kiosk/paper/samples.ts';
import { type PrinterBench, printerBench } from './printer-bench.ts';

type Picture = boolean[][];

/** What is on a PNG, true where it is black. */
function pictureOf(png: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(png);
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[(y * width + x) * 4]! < 128));
}

/** Words drawn without any of our own code, cropped to their ink. */
function drawnReference(words: string, font: string): Picture {
  const canvas = createCanvas(400, 120);
  const ctx = canvas.getContext('2d');
  ctx.lang = 'zh-HK';
  ctx.fillStyle = '#fff';
  ctx.fillRect(0, 0, 400, 120);
  ctx.fillStyle = '#000';
  ctx.font = font;
  ctx.fillText(words, 12, 80);
  const picture = pictureOf(canvas.toBuffer('image/png'));
  const rows = picture.filter((row) => row.includes(true));
  const firstInk = Math.min(...rows.map((row) => row.indexOf(true)).filter((x) => x >= 0));
  const lastInk = Math.max(...rows.map((row) => row.lastIndexOf(true)));
  return rows.map((row) => row.slice(firstInk, lastInk + 1));
}

function isOn(paper: Picture, words: Picture): boolean {
  const [width, height] = [words[0]!.length, words.length];
  for (let y = 0; y + height <= paper.length; y++) {
    for (let x = 0; x + width <= paper[0]!.length; x++) {
      if (words.every((row, dy) => row.every((black, dx) => paper[y + dy]![x + dx] === black))) return true;
    }
  }
  return false;
}

describe('a slip in Chinese', () => {
  let bench: PrinterBench | undefined;
  let alone: VirtualPrinter | undefined;
  afterEach(async () => {
    await bench?.close();
    await alone?.close();
  });

  test('RC-04 常健康 and 綉 come out as they are drawn, on a printer that knows only Latin letters', async () => {
    bench = await printerBench();
    for (const words of ['常健康', '綉']) {
      const slip = drawReceipt({ ...sample('zh-HK'), title: words }, { widthDots: 576 });
      expect(bench.print(words, slip)).toEqual({ kind: 'queued' });
      await bench.untilJob(words, 'printed');
      const paper = pictureOf(bench.paper.png(bench.paper.papers().at(-1)!.id)!);
      expect(isOn(paper, drawnReference(words, '700 48px "Noto Sans CJK JP"')), words).toBe(true);
      expect(isOn(paper, drawnReference('常健庚', '700 48px "Noto Sans CJK JP"')), 'another name').toBe(false);
    }
    expect(bench.paper.violations()).toEqual([]);
  });

  test('sent as text to that printer is boxes, where Latin is letters', async () => {
    alone = createVirtualPrinter({ widthDots: 384, confirms: 'none', rowsPerMs: 10 });
    const port = await alone.listen(0);
    const socket = connect(port, '127.0.0.1');
    const twoPapers = new Promise<void>((resolve) => alone!.onChange(() => alone!.papers().length === 2 && resolve()));
    await once(socket, 'connect');
    // 常健 in GB18030, then four Latin letters, each on a paper of its own.
    socket.write(Buffer.from([0xb3, 0xa3, 0xbd, 0xa1, 0x0a, 0x1d, 0x56, 0x42, 0, ...Buffer.from('Chan\n'), 0x1d, 0x56, 0x42, 0]));
    await twoPapers;
    socket.destroy();
    const [boxes, letters] = alone.papers().map(({ id }) => pictureOf(alone!.png(id)!));
    const firstCell = boxes!.map((row) => row.slice(0, 12));
    for (const cell of [1, 2, 3]) expect(boxes!.map((row) => row.slice(cell * 12, cell * 12 + 12))).toEqual(firstCell);
    expect(letters!.map((row) => row.slice(0, 12))).not.toEqual(letters!.map((row) => row.slice(12, 24)));
  });
});
