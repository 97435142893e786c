/** Sizes are millimetres on the glass, scaled from the panel's diagonal, so that a finger and an eye meet the same thing on every panel. */

/** Noto Sans' capitals are 0.733 of the font size, so 6.83 mm gives capitals and Han characters of 5 mm and more. */
const SMALLEST_FONT_MM = 6.85;
/** Beyond this, text on a big panel stops growing: its reader stands no farther away. */
const LARGEST_FONT_MM = 13;
const FONT_OF_SHORT_SIDE = 0.042;

/** The four text sizes, as factors of the panel's normal size (SH-20). */
export const TEXT_SCALES = [1, 1.33, 1.66, 2] as const;

export interface StageSize {
  readonly pxPerMm: number;
  readonly fontMm: number;
}

/** What a millimetre and normal text are on a stage of `widthPx` × `heightPx` with the given diagonal. */
export function stageSize(widthPx: number, heightPx: number, diagonalInches: number): StageSize {
  const pxPerMm = Math.hypot(widthPx, heightPx) / (diagonalInches * 25.4);
  const shortSideMm = Math.min(widthPx, heightPx) / pxPerMm;
  return { pxPerMm, fontMm: Math.min(LARGEST_FONT_MM, Math.max(SMALLEST_FONT_MM, shortSideMm * FONT_OF_SHORT_SIDE)) };
}
