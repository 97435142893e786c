/** Active proof: the card's certificate and its answer to a challenge (ISO 7816-4 INTERNAL AUTHENTICATE, ECDSA P-256 with SHA-256). */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parseObjects, single } from './tlv.ts';

/** The certificate file: `7F21 {7F49 public key as SPKI, 5F20 identity}` and `5F37`, the issuer's signature over the whole 7F21 object. */
export const CERTIFICATE_TAGS = { body: 0x7f21, key: 0x7f49, identity: 0x5f20, signature: 0x5f37 } as const;

export type Certificate =
  | { readonly kind: 'certificate'; readonly key: KeyObject; readonly identity: string }
  | { readonly kind: 'not-genuine' }
  | { readonly kind: 'unreadable'; readonly reason: 'malformed' };

const malformed = { kind: 'unreadable', reason: 'malformed' } as const;

/** Reads a certificate and checks the issuer's signature. `identity` is the hash that the issuer bound to the key. */
export function readCertificate(bytes: Buffer, issuerKeySpkiBase64: string): Certificate {
  const outer = parseObjects(bytes);
  if (outer.kind === 'malformed') return malformed;
  const body = single(outer.objects, CERTIFICATE_TAGS.body);
  const signature = single(outer.objects, CERTIFICATE_TAGS.signature);
  if (body.kind !== 'object' || signature.kind !== 'object') return malformed;
  const inner = parseObjects(body.object.value);
  if (inner.kind === 'malformed') return malformed;
  const key = single(inner.objects, CERTIFICATE_TAGS.key);
  const identity = single(inner.objects, CERTIFICATE_TAGS.identity);
  if (key.kind !== 'object' || identity.kind !== 'object' || identity.object.value.length !== 32) return malformed;
  const issuer = p256(Buffer.from(issuerKeySpkiBase64, 'base64'));
  // The profile is our own file: a key in it that is none is a mistake of configuration, told as a card that proves nothing.
  if (!issuer || !checks(issuer, body.object.whole, signature.object.value)) return { kind: 'not-genuine' };
  const cardKey = p256(key.object.value);
  if (!cardKey) return malformed;
  return { kind: 'certificate', key: cardKey, identity: identity.object.value.toString('hex') };
}

/** Whether the chip that answered holds the certified key. */
export const provesItself = (key: KeyObject, challenge: Buffer, signature: Buffer): boolean => checks(key, challenge, signature);

function p256(spki: Buffer): KeyObject | null {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}

/** Signatures are r and s, 32 bytes each (IEEE P1363), as cards give them. */
function checks(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  try {
    return signature.length === 64 && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}
