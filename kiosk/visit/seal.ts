/** The visit's side of the sealed link (contract/link.ts): ephemeral P-256, HKDF-SHA-256, AES-256-GCM with a counter each way. */
import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from 'node:crypto';
import { SEAL_INFO } from '../contract/link.ts';

export interface Seal {
  seal(plain: string): Buffer;
  /** Null when the frame is not the next one from this page: altered, replayed, out of order. */
  open(frame: Buffer): string | null;
}

const TAG_BYTES = 16;

function nonce(counter: bigint): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(counter, 4);
  return bytes;
}

export interface Agreed {
  readonly publicKey: string;
  readonly seal: Seal;
  /** The reconnect secret: salt of the agreements that follow with the same page. */
  readonly again: Buffer;
}

/** Salt of the first agreement: only the page that was given the ticket knows it. */
export const ticketSalt = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();

/** Agrees on keys with the page's public key (raw point, base64) and the salt. Null when that is not a point of the curve. */
export function agreeSeal(pagePublicKey: string, salt: Buffer): Agreed | null {
  const own = createECDH('prime256v1');
  own.generateKeys();
  let secret: Buffer;
  try {
    secret = own.computeSecret(Buffer.from(pagePublicKey, 'base64'));
  } catch {
    return null;
  }
  const key = (info: string) => Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
  const downKey = key(SEAL_INFO.down);
  const upKey = key(SEAL_INFO.up);
  const again = key(SEAL_INFO.again);
  secret.fill(0);
  let sent = 0n;
  let heard = 0n;
  return {
    publicKey: own.getPublicKey('base64'),
    again,
    seal: {
      seal(plain) {
        const cipher = createCipheriv('aes-256-gcm', downKey, nonce(sent++));
        return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      },
      open(frame) {
        if (frame.length < TAG_BYTES) return null;
        try {
          const decipher = createDecipheriv('aes-256-gcm', upKey, nonce(heard)).setAuthTag(frame.subarray(frame.length - TAG_BYTES));
          const plain = Buffer.concat([decipher.update(frame.subarray(0, frame.length - TAG_BYTES)), decipher.final()]).toString('utf8');
          heard++;
          return plain;
        } catch {
          return null;
        }
      },
    },
  };
}
