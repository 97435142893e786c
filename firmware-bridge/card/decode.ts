/** Texts of a card's fields. What a chip says is a stranger's input: anything doubtful is malformed, nothing is repaired. */
import type { CardProfile } from '../config.ts';

export type FieldRule = CardProfile['fields'][number];
export type Decoded = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'malformed' };

const MALFORMED = { kind: 'malformed' } as const;

/** Controls, surrogates, non-characters, the replacement character and the marks that turn or hide text on a screen. */
const DOUBTFUL = /[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]/u;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16be = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });

/** One field by its profile's rule. Spaces that fill the field at its end are not part of the text. */
export function decodeField(rule: FieldRule, value: Buffer): Decoded {
  if (value.length > rule.maxBytes) return MALFORMED;
  const raw = decodeRaw(rule.encoding, value);
  if (raw === null) return MALFORMED;
  const text = raw.replace(/ +$/u, '');
  if (DOUBTFUL.test(text)) return MALFORMED;
  if (rule.required && text === '') return MALFORMED;
  return { kind: 'text', text };
}

function decodeRaw(encoding: FieldRule['encoding'], value: Buffer): string | null {
  switch (encoding) {
    case 'ascii':
      return value.every((b) => b >= 0x20 && b <= 0x7e) ? value.toString('latin1') : null;
    case 'utf8':
      return attempt(() => utf8.decode(value));
    case 'utf16be':
      return value.length % 2 === 0 ? attempt(() => utf16be.decode(value)) : null;
    case 'bcd':
      return decodeBcd(value);
  }
}

/** Two digits a byte; an odd count ends in one filler nibble F (ISO 7816-4, as in ICCID and PAN fields). */
function decodeBcd(value: Buffer): string | null {
  const hex = value.toString('hex');
  return /^[0-9]*f?$/.test(hex) ? hex.replace('f', '') : null;
}

function attempt(decode: () => string): string | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
