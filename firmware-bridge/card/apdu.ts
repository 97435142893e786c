/** Command and response APDUs (ISO 7816-4 §5.1). Pure: bytes in, bytes out. */

export interface Command {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data?: Buffer;
  /** Expected response bytes, 1 to 256. Left out: none expected. */
  readonly ne?: number;
}

export type Protocol = 't0' | 't1';

/** Short form: every command of our profiles fits. On T=0 case 4 leaves Le out and the card offers its answer by 61xx. */
export function buildCommand(command: Command, protocol: Protocol): Buffer {
  const { cla, ins, p1, p2, data, ne } = command;
  const length = data?.length ?? 0;
  if (length > 255) throw new RangeError('a short command carries at most 255 bytes');
  const withLe = ne !== undefined && !(protocol === 't0' && length > 0);
  const bytes = Buffer.alloc(4 + (length > 0 ? 1 + length : 0) + (withLe ? 1 : 0));
  bytes.set([cla, ins, p1, p2]);
  if (data && length > 0) {
    bytes[4] = length;
    data.copy(bytes, 5);
  }
  if (withLe) bytes[bytes.length - 1] = ne & 0xff;
  return bytes;
}

export type Response = { readonly kind: 'response'; readonly sw: number; readonly data: Buffer } | { readonly kind: 'malformed' };

/** Splits the status word off. `data` is a view of `bytes`: zeroing one zeroes the other. */
export function parseResponse(bytes: Buffer): Response {
  if (bytes.length < 2 || bytes.length > 65_538) return { kind: 'malformed' };
  return { kind: 'response', sw: bytes.readUInt16BE(bytes.length - 2), data: bytes.subarray(0, bytes.length - 2) };
}

/** Status words (ISO 7816-4 §5.6) that lead somewhere. */
export const SW = {
  OK: 0x9000,
  END_OF_FILE: 0x6282,
  WRONG_LENGTH: 0x6700,
  NOT_ALLOWED: 0x6985,
  WRONG_DATA: 0x6a80,
  NOT_FOUND: 0x6a82,
  WRONG_P1P2: 0x6a86,
  WRONG_OFFSET: 0x6b00,
  INS_NOT_SUPPORTED: 0x6d00,
  CLA_NOT_SUPPORTED: 0x6e00,
} as const;

/** SELECT by application id, first occurrence, no file control information wanted. */
export const selectApplication = (aid: Buffer): Command => ({ cla: 0, ins: 0xa4, p1: 0x04, p2: 0x0c, data: aid });

/** SELECT an elementary file under the current application. */
export const selectFile = (id: Buffer): Command => ({ cla: 0, ins: 0xa4, p1: 0x02, p2: 0x0c, data: id });

/** READ BINARY of the current file; offsets up to 7FFF. */
export const readBinary = (offset: number, ne: number): Command => ({ cla: 0, ins: 0xb0, p1: (offset >> 8) & 0x7f, p2: offset & 0xff, ne });

/** INTERNAL AUTHENTICATE with the card's only key. */
export const internalAuthenticate = (challenge: Buffer): Command => ({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: challenge, ne: 256 });

const getResponse = (ne: number): Command => ({ cla: 0, ins: 0xc0, p1: 0, p2: 0, ne });

export type Sent = { readonly kind: 'sent'; readonly bytes: Buffer } | { readonly kind: 'failed' };
export type Send = (command: Buffer) => Promise<Sent>;

export type Exchanged =
  | { readonly kind: 'answered'; readonly sw: number; readonly data: Buffer }
  /** The card broke the rules: more rounds than the limit. */
  | { readonly kind: 'malformed' }
  /** The layer below could not carry the command, or brought back no status word, as some readers do when the card is pulled. */
  | { readonly kind: 'failed' };

/**
 * One command with its whole answer. 61xx: GET RESPONSE until the card is done, where 6100 stands for 256 bytes or more.
 * 6Cxx: the command once more with the length the card names. Both count against `rounds`. The caller owns `data` and zeroes it.
 */
export async function exchange(send: Send, command: Command, protocol: Protocol, rounds: number): Promise<Exchanged> {
  const parts: Buffer[] = [];
  const received: Buffer[] = [];
  let next = command;
  try {
    for (let round = 0; round < rounds; round++) {
      const request = buildCommand(next, protocol);
      const sent = await send(request);
      request.fill(0);
      if (sent.kind === 'failed') return { kind: 'failed' };
      received.push(sent.bytes);
      const response = parseResponse(sent.bytes);
      if (response.kind === 'malformed') return { kind: 'failed' };
      const { sw, data } = response;
      if (sw >> 8 === 0x6c) {
        // A 6Cxx that repeats itself ends at the limit of rounds.
        next = { ...next, ne: sw & 0xff || 256 };
        continue;
      }
      parts.push(data);
      if (sw >> 8 === 0x61) {
        next = getResponse(sw & 0xff || 256);
        continue;
      }
      return { kind: 'answered', sw, data: Buffer.concat(parts) };
    }
    return { kind: 'malformed' };
  } finally {
    for (const bytes of received) bytes.fill(0);
  }
}
