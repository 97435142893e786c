/** BER-TLV data objects (ISO 7816-4 §5.2.2). Pure; allocates nothing by a length field, since values are views of the input. */

export interface DataObject {
  readonly tag: number;
  readonly value: Buffer;
  /** Tag, length and value as they stood, for what is signed. */
  readonly whole: Buffer;
}

export type Parsed = { readonly kind: 'objects'; readonly objects: readonly DataObject[] } | { readonly kind: 'malformed' };

const MALFORMED = { kind: 'malformed' } as const;
/** More objects than any profile has fields; a card that sends thousands of empty ones is refused early. */
const MOST_OBJECTS = 256;

/**
 * One level of data objects, in order. `00` between objects and `00` or `FF` after the last are padding. A tag over two bytes, an
 * indefinite length, or a value that runs past the end is malformed.
 */
export function parseObjects(bytes: Buffer): Parsed {
  const objects: DataObject[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    if (first === 0x00) {
      at++;
      continue;
    }
    if (first === 0xff && bytes.subarray(at).every((b) => b === 0xff)) break;
    const start = at;
    let tag = first;
    at++;
    if ((first & 0x1f) === 0x1f) {
      const second = bytes[at++];
      if (second === undefined || second & 0x80) return MALFORMED;
      tag = (first << 8) | second;
    }
    const length = readLength(bytes, at);
    if (length === null) return MALFORMED;
    at = length.next;
    if (length.value > bytes.length - at) return MALFORMED;
    if (objects.length === MOST_OBJECTS) return MALFORMED;
    objects.push({ tag, value: bytes.subarray(at, at + length.value), whole: bytes.subarray(start, at + length.value) });
    at += length.value;
  }
  return { kind: 'objects', objects };
}

function readLength(bytes: Buffer, at: number): { value: number; next: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 0x80) return { value: first, next: at + 1 };
  const count = first & 0x7f;
  if (count < 1 || count > 2 || at + count >= bytes.length) return null;
  return { value: bytes.readUIntBE(at + 1, count), next: at + 1 + count };
}

/** The one object with this tag. `malformed` where it comes twice: which of two is true cannot be known. */
export function single(
  objects: readonly DataObject[],
  tag: number,
): { kind: 'object'; object: DataObject } | { kind: 'none' } | { kind: 'malformed' } {
  const found = objects.filter((o) => o.tag === tag);
  if (found.length > 1) return MALFORMED;
  return found[0] ? { kind: 'object', object: found[0] } : { kind: 'none' };
}
