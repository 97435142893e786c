export { toGrouped } from '../../flows/shared/format.ts';
export { drawReceipt, type ReceiptBitmap } from './draw.ts';
export { type PaperFonts, paperFonts } from './fonts.ts';
export type { PaperWidthDots } from './layout.ts';
