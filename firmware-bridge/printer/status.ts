import type { PrinterState } from '../protocol.ts';

/** The answers to DLE EOT 1 to 4, in this order. */
export type StatusRound = readonly [printer: number, offlineCause: number, errorCause: number, paper: number];

const OFFLINE = 0x08;
const COVER_OPEN = 0x04;
const STOPPED_BY_PAPER_END = 0x20;
const CUTTER_ERROR = 0x08;
const ERRORS = 0x04 | 0x20 | 0x40;
const PAPER_END = 0x60;
const PAPER_NEAR_END = 0x0c;

/** What a printer says about itself in one word, the most serious first. An open cover comes before paper: it also hides the paper sensor. */
export function printerStateOf([printer, offlineCause, errorCause, paper]: StatusRound): PrinterState {
  if (offlineCause & COVER_OPEN) return 'cover-open';
  if (offlineCause & STOPPED_BY_PAPER_END || paper & PAPER_END) return 'paper-out';
  if (errorCause & CUTTER_ERROR) return 'cutter';
  if (errorCause & ERRORS) return 'error';
  // Offline without a cause it can name: nothing that is sent now would come out.
  if (printer & OFFLINE) return 'error';
  if (paper & PAPER_NEAR_END) return 'near-end';
  return 'ready';
}

export const canPrint = (state: PrinterState): boolean => state === 'ready' || state === 'near-end';
