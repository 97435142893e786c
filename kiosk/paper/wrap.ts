/** Breaking a text into lines: Latin at spaces, Han anywhere except where the rules for line ends and starts forbid it (kinsoku). */

/** May not begin a line. */
const CLOSING = new Set([...'、。，．：；！？）」』】》〉〕］｝…—～·・,.:;!?)]}%’”＊']);
/** May not end a line. */
const OPENING = new Set([...'（「『【《〈〔［｛([{‘“']);
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
const LETTER = /\p{L}/u;
const AFTER_HYPHEN = /\p{L}[-/]$/u;
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** The pieces that stay whole, each with the space that stood before it. */
function pieces(text: string): { text: string; spaced: boolean }[] {
  const found: { text: string; spaced: boolean }[] = [];
  let spaced = false;
  let glue = false;
  for (const { segment } of graphemes.segment(text)) {
    if (segment === ' ') {
      spaced = true;
      glue = false;
      continue;
    }
    const last = found.at(-1);
    const wide = WIDE.test(segment);
    const lastWide = last !== undefined && WIDE.test([...last.text].at(-1)!);
    const afterHyphen = last !== undefined && AFTER_HYPHEN.test(last.text) && LETTER.test(segment);
    const joins = last !== undefined && !spaced && !afterHyphen && (glue || CLOSING.has(segment) || (!wide && !lastWide));
    if (joins) last.text += segment;
    else found.push({ text: segment, spaced });
    glue = OPENING.has(segment);
    spaced = false;
  }
  return found;
}

/**
 * Lines of at most `widthDots`, measured by `measure`. A piece that is longer than a line is broken where it fills one.
 * Numbers written in groups stay on one line, and no line is a single Han character where the line above can give one away.
 */
export function wrap(text: string, widthDots: number, measure: (text: string) => number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph.trim().replace(/(\d) (?=\d)/g, '$1\u00a0'), widthDots, measure));
}

function wrapParagraph(text: string, widthDots: number, measure: (text: string) => number): string[] {
  const lines: string[][] = [[]];
  const joined = (line: readonly string[]) => line.join('').trimStart();
  for (const piece of pieces(text)) {
    const whole = (piece.spaced ? ' ' : '') + piece.text;
    const line = lines.at(-1)!;
    if (measure(joined([...line, whole])) <= widthDots) {
      line.push(whole);
      continue;
    }
    if (line.length > 0) lines.push([]);
    if (measure(piece.text) <= widthDots) {
      lines.at(-1)!.push(piece.text);
      continue;
    }
    for (const { segment } of graphemes.segment(piece.text)) {
      const filling = lines.at(-1)!;
      if (measure(joined([...filling, segment])) > widthDots)
        lines.push(CLOSING.has(segment) && filling.length > 1 ? [filling.pop()!] : []);
      lines.at(-1)!.push(segment);
    }
  }
  const [above, last] = [lines.at(-2), lines.at(-1)!];
  if (above && above.length > 3 && last.length === 1 && WIDE.test(last[0]!) && measure(above.at(-1)! + last[0]) <= widthDots)
    last.unshift(above.pop()!);
  return lines.map(joined);
}
