/** The numbers of insertions: each above all before it, from one bridge to the next, without a clock (which can be set back). */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';

/** Counts on from the number kept in `<runDir>/insertions`; nothing or rubbish in it is 0. */
export function insertionNumbers(runDir: string, log: Log): { next(): number } {
  const file = join(runDir, 'insertions');
  let last = 0;
  try {
    const text = readFileSync(file, 'utf8').trim();
    // One below the limit of whole numbers is left, so that counting always rises.
    if (/^\d{1,15}$/.test(text)) last = Number(text);
    else log('card.insertions-lost', { device: 'card', code: 'rubbish' });
  } catch {
    // The first bridge of this run directory.
  }
  return {
    next() {
      last += 1;
      try {
        // Whole or not at all: a power cut in the middle must not leave half a number.
        writeFileSync(`${file}.new`, `${last}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch {
        log('card.insertions-lost', { device: 'card', code: 'not-written' });
      }
      return last;
    },
  };
}
