/** The visit's side of the sealed link (contract/link.ts): ephemeral P-256, HKDF-SHA-256, AES-256-GCM with a counter each way. */
import { createCipheriv, createDecipheriv, createECDH, hkdfSync } from 'node:crypto';
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

/** Agrees on keys with the page's public key (raw point, base64). Null when that is not a point of the curve. */
export function agreeSeal(pagePublicKey: string): { readonly publicKey: string; readonly seal: Seal } | null {
  const own = createECDH('prime256v1');
  own.generateKeys();
  let secret: Buffer;
  try {
    secret = own.computeSecret(Buffer.from(pagePublicKey, 'base64'));
  } catch {
    return null;
  }
  const key = (info: string) => Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32));
  const downKey = key(SEAL_INFO.down);
  const upKey = key(SEAL_INFO.up);
  secret.fill(0);
  let sent = 0n;
  let heard = 0n;
  return {
    publicKey: own.getPublicKey('base64'),
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
