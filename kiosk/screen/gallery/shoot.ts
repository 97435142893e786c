/**
 * `npm run gallery`: every screen × panel × language × (normal, largest text) and every sample receipt as pictures, on one page.
 * `-- --only=<part of an id>` draws fewer; the pictures of the others stay.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { LANGS } from '../../contract/lang.ts';
import { drawReceipt, type ReceiptBitmap } from '../../paper/index.ts';
import { nasty, sample } from '../../paper/samples.ts';
import type {} from './gallery.tsx';
import { CHROMIUM_FLAGS, chromiumPath, PANELS } from './panels.ts';
import { serveGallery } from './serve.ts';

const folder = fileURLToPath(new URL('../../../.gallery', import.meta.url));
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length) ?? '';
const TEXT_SIZES = [0, 3] as const;

async function drawScreens(): Promise<number> {
  const server = await serveGallery();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
  let drawn = 0;
  try {
    const page = await browser.newPage({ reducedMotion: 'reduce' });
    await page.goto(server.address);
    const ids = (await page.evaluate(() => window.gallery.ids)).filter((id) => id.includes(only));
    for (const { name, width, height, diagonalInches } of PANELS) {
      await page.setViewportSize({ width, height });
      for (const lang of LANGS) {
        for (const textSize of TEXT_SIZES) {
          for (const id of ids) {
            await page.evaluate((wish) => window.gallery.draw(wish), {
              id,
              lang,
              diagonalInches,
              settings: { textSize, contrast: 'normal' as const },
            });
            await page.screenshot({ path: join(folder, `${id}--${name}--${lang}--${textSize}.png`) });
            drawn += 1;
          }
        }
      }
      console.log(`${name}: ${ids.length} screens`);
    }
  } finally {
    await browser.close();
    await server.close();
  }
  return drawn;
}

function toPng({ widthDots, heightDots, bits }: ReceiptBitmap): Buffer {
  const png = new PNG({ width: widthDots, height: heightDots });
  for (let dot = 0; dot < widthDots * heightDots; dot += 1) {
    const black = (bits[dot >> 3]! >> (7 - (dot & 7))) & 1;
    png.data.fill(black ? 0 : 255, dot * 4, dot * 4 + 3);
    png.data[dot * 4 + 3] = 255;
  }
  return PNG.sync.write(png);
}

async function drawReceipts(): Promise<void> {
  for (const lang of LANGS) {
    for (const widthDots of [576, 384] as const) {
      for (const [name, receipt] of Object.entries({ ordinary: sample(lang), copy: sample(lang, true), longest: nasty(lang) })) {
        await writeFile(join(folder, `receipt.${name}--${widthDots}--${lang}.png`), toPng(drawReceipt(receipt, { widthDots })));
      }
    }
  }
}

async function writeIndex(): Promise<void> {
  const pictures = (await readdir(folder)).filter((file) => file.endsWith('.png')).sort();
  const groups = new Map<string, string[]>();
  for (const file of pictures) {
    const id = file.split('--')[0]!;
    groups.set(id, [...(groups.get(id) ?? []), file]);
  }
  const sections = [...groups].map(
    ([id, files]) =>
      `<section id="${id}"><h2>${id}</h2>${files.map((file) => `<figure><a href="${file}"><img loading="lazy" src="${file}" alt=""></a><figcaption>${file.slice(id.length + 2, -4)}</figcaption></figure>`).join('')}</section>`,
  );
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>Pailou gallery</title><style>body{font:15px/1.4 sans-serif;margin:24px}nav{columns:4}section{display:flex;flex-wrap:wrap;gap:12px;align-items:end}h2{width:100%}figure{margin:0}img{height:260px;border:1px solid #888}</style><nav>${[...groups.keys()].map((id) => `<a href="#${id}">${id}</a><br>`).join('')}</nav>${sections.join('')}`,
  );
}

await mkdir(folder, { recursive: true });
if (!only || 'receipt'.includes(only)) await drawReceipts();
const drawn = await drawScreens();
await writeIndex();
console.log(`${drawn} pictures of screens in ${join('.gallery', 'index.html')}`);
