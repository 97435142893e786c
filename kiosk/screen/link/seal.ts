/** Seals the link's frames (kiosk/contract/link.ts): ECDH P-256, HKDF-SHA-256, AES-256-GCM with a counter in each direction. */
import { SEAL_INFO } from '../../contract/link-constants.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;

export interface Sealed {
  /** Encrypts the next frame upwards. Frames must be sent in the order of these calls. */
  readonly seal: (message: unknown) => Promise<Bytes>;
  /** Decrypts the next frame downwards; rejects if it is not the next one, or not from the visit. */
  readonly open: (frame: ArrayBuffer) => Promise<unknown>;
}

export async function newKeyPair(): Promise<{ readonly pair: CryptoKeyPair; readonly publicKey: string }> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { pair, publicKey: btoa(String.fromCharCode(...raw)) };
}

/** Salt of the first agreement: only the visit that made the ticket, and whoever was given it, know it. */
export async function ticketSalt(ticket: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ticket)));
}

export interface Agreed {
  readonly sealed: Sealed;
  /** The reconnect secret: salt of the agreements that follow with the same visit. */
  readonly again: Bytes;
}

/** Agrees on the two keys with the visit's public key (raw point, base64) and the salt. */
export async function agree(pair: CryptoKeyPair, visitPublicKey: string, salt: Bytes): Promise<Agreed> {
  const raw = Uint8Array.from(atob(visitPublicKey), (letter) => letter.charCodeAt(0));
  const visitKey = await crypto.subtle.importKey('raw', raw, CURVE, false, []);
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: visitKey }, pair.privateKey, 256);
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey', 'deriveBits']);
  const hkdf = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(info) });
  const key = (info: string, use: KeyUsage) =>
    crypto.subtle.deriveKey(hkdf(info), material, { name: 'AES-GCM', length: 256 }, false, [use]);
  const [up, down, again] = await Promise.all([
    key(SEAL_INFO.up, 'encrypt'),
    key(SEAL_INFO.down, 'decrypt'),
    crypto.subtle.deriveBits(hkdf(SEAL_INFO.again), material, 256),
  ]);
  let sent = 0n;
  let received = 0n;
  const sealed: Sealed = {
    seal: async (message) =>
      new Uint8Array(
        await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce(sent++) }, up, new TextEncoder().encode(JSON.stringify(message))),
      ),
    open: async (frame) =>
      JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce(received++) }, down, frame))),
  };
  return { sealed, again: new Uint8Array(again) };
}

/** Four zero bytes and the frame's number, big-endian. */
function nonce(count: bigint): Bytes {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setBigUint64(4, count);
  return bytes;
}
