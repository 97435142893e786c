/** ESC/POS as bytes. The names are those of the manuals; constants come from `escpos`, what it lacks is ours. */
import { randomInt } from 'node:crypto';
import escpos from 'escpos/commands.js';

const DLE = 0x10;
const EOT = 0x04;
const ENQ = 0x05;
const DC4 = 0x14;
const GS = 0x1d;

/** Rows in one `GS v 0`: more than 255 is misread by several printers. */
export const BAND_ROWS = 255;

/** Real-time status `n`: 1 printer, 2 offline cause, 3 error cause, 4 paper. */
export type StatusNumber = 1 | 2 | 3 | 4;
export const statusRequest = (n: StatusNumber): Buffer => Buffer.from([DLE, EOT, n]);

/** DLE ENQ 1: go on from the line of a recoverable error. Only a cutter that was freed needs to be told. */
export const recoverRequest = (): Buffer => Buffer.from([DLE, ENQ, 1]);

/** DLE DC4 8: forget what was received and not printed. Answered `37 25 00`, and nothing may follow before the answer. */
export const clearRequest = (): Buffer => Buffer.from([DLE, DC4, 8, 1, 3, 20, 1, 6, 2, 8]);

export const initialise = (): Buffer => Buffer.from(escpos.HARDWARE.HW_INIT, 'latin1');

/** GS V 66 0: feed until the last row has passed the cutter, then cut. */
export const feedAndCut = (): Buffer => Buffer.from(`${escpos.PAPER.PAPER_CUT_B}\x00`, 'latin1');

/** GS r 1: answered when everything before it was processed, and not at all while the printer is offline. */
export const queuedStatusRequest = (): Buffer => Buffer.from([GS, 0x72, 1]);

/** Four characters that name one job to the printer, which answers them when everything before them has come out. */
export type ProcessId = string;

/** GS ( H 48, answered `37 22 d1 d2 d3 d4 00`. */
export const processIdRequest = (id: ProcessId): Buffer =>
  Buffer.concat([Buffer.from([GS, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30]), Buffer.from(id, 'latin1')]);

// Characters that no answer to DLE EOT can be taken for, in case a printer puts one into the middle of the other.
const PROCESS_ID_CHARACTERS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((c) => (c.charCodeAt(0) & 0x93) !== 0x12);

export function newProcessId(): ProcessId {
  return Array.from({ length: 4 }, () => PROCESS_ID_CHARACTERS[randomInt(PROCESS_ID_CHARACTERS.length)]).join('');
}

export interface Bitmap {
  readonly widthDots: number;
  readonly heightDots: number;
  /** Rows from the top, `widthDots / 8` bytes each, most significant bit left, 1 = black. */
  readonly bits: Buffer;
}

export const bandCount = (bitmap: Bitmap): number => Math.ceil(bitmap.heightDots / BAND_ROWS);

/** `GS v 0` and its four size bytes; the rows follow. */
export const RASTER_HEAD_BYTES = 8;

/** One whole `GS v 0` command, in a buffer of its own that may be zeroed once it was sent. */
export function rasterBand(bitmap: Bitmap, band: number): Buffer {
  const rowBytes = bitmap.widthDots / 8;
  const firstRow = band * BAND_ROWS;
  const rows = Math.min(BAND_ROWS, bitmap.heightDots - firstRow);
  const command = Buffer.alloc(RASTER_HEAD_BYTES + rows * rowBytes);
  command.write(escpos.GSV0_FORMAT.GSV0_NORMAL, 'latin1');
  command.writeUInt16LE(rowBytes, 4);
  command.writeUInt16LE(rows, 6);
  bitmap.bits.copy(command, RASTER_HEAD_BYTES, firstRow * rowBytes, (firstRow + rows) * rowBytes);
  return command;
}

/**
 * Printers act on real-time commands wherever they stand, inside a picture too: a status byte nobody asked for, or a cleared
 * buffer. So one dot beside a black one is set where three bytes of a picture would be read as such a command.
 */
export function withoutRealTimeCommands(bits: Buffer): void {
  for (let at = bits.indexOf(DLE); at >= 0; at = bits.indexOf(DLE, at + 1)) {
    const next = bits[at + 1];
    if (next === EOT || next === ENQ || next === DC4) bits[at] = DLE | 0x20;
  }
}
