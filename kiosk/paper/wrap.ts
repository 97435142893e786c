/** Breaking a text into lines: Latin at spaces, Han anywhere except where the rules for line ends and starts forbid it (kinsoku). */

/** May not begin a line. */
const CLOSING = new Set([...'、。，．：；！？）」』】》〉〕］｝…—～·・,.:;!?)]}%’”＊']);
/** May not end a line. */
const OPENING = new Set([...'（「『【《〈〔［｛([{‘“']);
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
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
    const joins = last !== undefined && !spaced && (glue || CLOSING.has(segment) || (!wide && !lastWide));
    if (joins) last.text += segment;
    else found.push({ text: segment, spaced });
    glue = OPENING.has(segment);
    spaced = false;
  }
  return found;
}

/**
 * Lines of at most `widthDots`, measured by `measure`. A piece that is longer than a line is broken where it fills one.
 * Numbers written in groups stay on one line.
 */
export function wrap(text: string, widthDots: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const piece of pieces(paragraph.trim().replace(/(\d) (?=\d)/g, '$1\u00a0'))) {
      const longer = line + (piece.spaced && line ? ' ' : '') + piece.text;
      if (measure(longer) <= widthDots) {
        line = longer;
        continue;
      }
      if (line) lines.push(line);
      line = '';
      for (const { segment } of graphemes.segment(piece.text)) {
        if (line && measure(line + segment) > widthDots) {
          lines.push(line);
          line = '';
        }
        line += segment;
      }
    }
    lines.push(line);
  }
  return lines;
}
