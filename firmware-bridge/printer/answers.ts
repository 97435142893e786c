/** What a printer says, told apart byte by byte. */
import type { ProcessId } from './commands.ts';

export type Answer =
  /** DLE EOT n; which n, only the order of asking tells. */
  | { readonly kind: 'status'; readonly byte: number }
  /** GS r 1: everything before it was processed. */
  | { readonly kind: 'processed' }
  /** GS ( H 48: everything before it came out. */
  | { readonly kind: 'process-id'; readonly id: ProcessId }
  /** DLE DC4 8. */
  | { readonly kind: 'cleared' }
  /** A byte that answers nothing we ask. */
  | { readonly kind: 'rubbish' };

const HEADER = 0x37;
const PROCESS_ID = 0x22;
const CLEARED = 0x25;
const PROCESS_ID_DIGITS = 4;

const isStatus = (byte: number) => (byte & 0x93) === 0x12;
const isQueuedStatus = (byte: number) => (byte & 0x90) === 0;

/**
 * Takes bytes as they come, in pieces of any size. An answer may be cut anywhere between two pieces, and a status byte may stand
 * inside a block; what breaks a block's form makes the whole block rubbish.
 */
export function answerReader(hear: (answer: Answer) => void): (bytes: Buffer) => void {
  let block: number[] = [];

  const spoil = () => {
    const length = block.length;
    block = [];
    for (let i = 0; i < length; i++) hear({ kind: 'rubbish' });
  };

  const inBlock = (byte: number) => {
    const [, identifier] = block;
    block.push(byte);
    if (identifier === undefined) {
      if (byte !== PROCESS_ID && byte !== CLEARED) spoil();
      return;
    }
    const digits = block.length - 2;
    const wanted = identifier === PROCESS_ID ? PROCESS_ID_DIGITS : 0;
    if (digits <= wanted) {
      if (byte < 0x20 || byte > 0x7e) spoil();
      return;
    }
    if (byte !== 0) return spoil();
    const id = String.fromCharCode(...block.slice(2, 2 + wanted));
    block = [];
    hear(identifier === PROCESS_ID ? { kind: 'process-id', id } : { kind: 'cleared' });
  };

  return (bytes) => {
    for (const byte of bytes) {
      if (isStatus(byte)) hear({ kind: 'status', byte });
      else if (block.length > 0) inBlock(byte);
      else if (byte === HEADER) block.push(byte);
      else if (isQueuedStatus(byte)) hear({ kind: 'processed' });
      else hear({ kind: 'rubbish' });
    }
  };
}
