/**
 * One receipt layout for 80 mm and 58 mm (RC-01): site, what was done (large), when, blocks, the number (grouped, and as a QR of
 * the number alone), contact; COPY above everything that is printed a second time. All lengths are dots, eight to the millimetre.
 */
import type { SKRSContext2D } from '@napi-rs/canvas';
import QRCode from 'qrcode';
import { toGrouped } from '../../flows/shared/format.ts';
import type { Receipt, ReceiptBlock } from '../contract/receipt.ts';
import { PAPER_FAMILY } from './fonts.ts';
import { wrap } from './wrap.ts';

export type PaperWidthDots = 576 | 384;

/** What is drawn, from the top. `y` of a text is its baseline. */
export type Mark =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly font: string;
      readonly x: number;
      readonly y: number;
      readonly ink: 'black' | 'white';
    }
  | { readonly kind: 'box'; readonly x: number; readonly y: number; readonly widthDots: number; readonly heightDots: number };

export interface Layout {
  readonly marks: readonly Mark[];
  readonly heightDots: number;
}

interface Style {
  readonly sizeDots: number;
  readonly weight: 400 | 700;
}

const MARGIN = 12;
const LINE_HEIGHT = 1.36;
// Where the baseline stands in a line of Noto Sans CJK: high enough that descenders stay inside.
const BASELINE = 0.99;
const SECTION_GAP = 26;
const BLOCK_GAP = 14;
const RULE_DOTS = 3;
const BAR_DOTS = 6;
const COLUMN_GAP = 20;
/** A label that is longer than this part of the line has its value below it, and so has a value of more lines than this. */
const LABEL_PART = 0.36;
const VALUE_LINES_BESIDE = 2;
/** A number that fits one line in this size or a larger one is not broken. */
const SMALLEST_NUMBER_DOTS = 34;
const QR_QUIET_MODULES = 4;
const QR_LARGEST_MODULE_DOTS = 8;
/** Half of the paper: large enough for any scanner, and the slip stays short. */
const QR_PART = 0.5;

const styles = (widthDots: PaperWidthDots) => {
  const wide = widthDots === 576;
  return {
    copy: { sizeDots: wide ? 44 : 38, weight: 700 },
    site: { sizeDots: wide ? 28 : 26, weight: 400 },
    title: { sizeDots: wide ? 48 : 40, weight: 700 },
    at: { sizeDots: wide ? 30 : 26, weight: 400 },
    heading: { sizeDots: wide ? 32 : 28, weight: 700 },
    text: { sizeDots: wide ? 28 : 26, weight: 400 },
    label: { sizeDots: wide ? 26 : 24, weight: 400 },
    value: { sizeDots: wide ? 30 : 28, weight: 700 },
    number: { sizeDots: wide ? 50 : 40, weight: 700 },
  } as const satisfies Record<string, Style>;
};

const fontOf = ({ sizeDots, weight }: Style) => `${weight} ${sizeDots}px "${PAPER_FAMILY}"`;

/** Decides where everything stands. `ctx` only measures; nothing is drawn. */
export function layOut(receipt: Receipt, widthDots: PaperWidthDots, ctx: SKRSContext2D): Layout {
  const style = styles(widthDots);
  const [left, right] = [MARGIN, widthDots - MARGIN];
  const marks: Mark[] = [];
  let y = 8;

  const measure = (of: Style) => {
    ctx.font = fontOf(of);
    return (text: string) => ctx.measureText(text).width;
  };
  const lineDots = (of: Style) => Math.round(of.sizeDots * LINE_HEIGHT);
  const lineAt = (text: string, of: Style, x: number, top: number, ink: 'black' | 'white' = 'black') =>
    marks.push({ kind: 'text', text, font: fontOf(of), x, y: top + Math.round(of.sizeDots * BASELINE), ink });
  const paragraph = (text: string, of: Style, x = left, toX = right) => {
    for (const line of wrap(text, toX - x, measure(of))) {
      lineAt(line, of, x, y);
      y += lineDots(of);
    }
  };
  const rule = () => {
    marks.push({ kind: 'box', x: left, y, widthDots: right - left, heightDots: RULE_DOTS });
    y += RULE_DOTS;
  };

  const fitsBeside = (label: string) => measure(style.label)(label) <= (right - left) * LABEL_PART;
  /** Values of one receipt stand under each other, behind the longest label that has its value beside it. */
  const valueX =
    left +
    COLUMN_GAP +
    Math.ceil(
      Math.max(0, ...receipt.blocks.map((of) => (of.kind === 'pair' && fitsBeside(of.label) ? measure(style.label)(of.label) : 0))),
    );

  const pair = (label: string, value: string) => {
    const beside = fitsBeside(label) && wrap(value, right - valueX, measure(style.value)).length <= VALUE_LINES_BESIDE;
    if (beside) {
      // One baseline for both sizes.
      lineAt(label, style.label, left, y + Math.round((style.value.sizeDots - style.label.sizeDots) * BASELINE));
      paragraph(value, style.value, valueX);
    } else {
      paragraph(label, style.label);
      paragraph(value, style.value);
    }
  };

  const next = (label: string, lines: readonly string[]) => {
    const from = y;
    const x = left + BAR_DOTS + COLUMN_GAP;
    paragraph(label, style.heading, x);
    for (const line of lines.filter(Boolean)) {
      y += 4;
      paragraph(line, style.text, x);
    }
    marks.push({ kind: 'box', x: left, y: from, widthDots: BAR_DOTS, heightDots: y - from });
  };

  const block = (of: ReceiptBlock) => {
    switch (of.kind) {
      case 'heading':
        return paragraph(of.text, style.heading);
      case 'text':
        return paragraph(of.text, style.text);
      case 'pair':
        return pair(of.label, of.value);
      case 'next':
        return next(of.label, of.lines);
      case 'rule':
        y += SECTION_GAP - BLOCK_GAP;
        rule();
        y += SECTION_GAP - BLOCK_GAP;
        return;
      default:
        return of satisfies never;
    }
  };

  const number = () => {
    paragraph(receipt.numberLabel, style.label);
    const text = toGrouped(receipt.number);
    let of: Style = style.number;
    while (of.sizeDots > SMALLEST_NUMBER_DOTS && measure(of)(text) > right - left) of = { ...of, sizeDots: of.sizeDots - 2 };
    paragraph(text, measure(of)(text) <= right - left ? of : style.number);
  };

  /** Whole dots a module, so that its edges are as sharp as the head prints them. */
  const qr = () => {
    const { size, data } = QRCode.create(receipt.number, { errorCorrectionLevel: 'Q' }).modules;
    const modules = size + 2 * QR_QUIET_MODULES;
    const moduleDots = Math.max(2, Math.min(QR_LARGEST_MODULE_DOTS, Math.floor((widthDots * QR_PART) / modules)));
    // The quiet zone of a code at the left edge is the paper's own margin, as far as it reaches.
    const x0 = Math.round((widthDots - size * moduleDots) / 2);
    y += QR_QUIET_MODULES * moduleDots;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        if (data[row * size + column])
          marks.push({ kind: 'box', x: x0 + column * moduleDots, y: y + row * moduleDots, widthDots: moduleDots, heightDots: moduleDots });
      }
    }
    y += (size + QR_QUIET_MODULES) * moduleDots;
  };

  const copyBanner = (text: string) => {
    const lines = wrap(text, right - left - 2 * MARGIN, measure(style.copy));
    const padding = 8;
    marks.push({ kind: 'box', x: left, y, widthDots: right - left, heightDots: lines.length * lineDots(style.copy) + 2 * padding });
    y += padding;
    for (const line of lines) {
      lineAt(line, style.copy, Math.round((widthDots - measure(style.copy)(line)) / 2), y, 'white');
      y += lineDots(style.copy);
    }
    y += padding + SECTION_GAP;
  };

  if (receipt.copy) copyBanner(receipt.copy);
  paragraph(receipt.site, style.site);
  y += BLOCK_GAP;
  paragraph(receipt.title, style.title);
  y += 4;
  paragraph(receipt.at, style.at);
  y += SECTION_GAP;
  rule();
  y += SECTION_GAP;
  receipt.blocks.forEach((each, at) => {
    if (at > 0) y += BLOCK_GAP;
    block(each);
  });
  if (receipt.blocks.length > 0) y += SECTION_GAP;
  rule();
  y += SECTION_GAP;
  number();
  qr();
  if (receipt.contact.length > 0) rule();
  y += receipt.contact.length > 0 ? BLOCK_GAP : 0;
  for (const line of receipt.contact) paragraph(line, style.text);
  return { marks, heightDots: y + MARGIN };
}
