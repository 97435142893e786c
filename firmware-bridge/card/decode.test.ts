import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeField, type FieldRule } from './decode.ts';

const rule = (encoding: FieldRule['encoding'], over: Partial<FieldRule> = {}): FieldRule => ({
  ...{ name: 'field', file: '0101', tag: '81', encoding, maxBytes: 64, required: false },
  ...over,
});
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const text = (value: string) => ({ kind: 'text', text: value });
const malformed = { kind: 'malformed' };

describe('a field', () => {
  it('is decoded as its profile says', () => {
    expect(decodeField(rule('ascii'), Buffer.from('LEE SAU YING'))).toEqual(text('LEE SAU YING'));
    expect(decodeField(rule('utf8'), Buffer.from('李秀英'))).toEqual(text('李秀英'));
    expect(decodeField(rule('utf16be'), utf16be('常健康'))).toEqual(text('常健康'));
    expect(decodeField(rule('utf16be'), utf16be('𠮷'))).toEqual(text('𠮷'));
    expect(decodeField(rule('bcd'), Buffer.from('19411f', 'hex'))).toEqual(text('19411'));
  });

  it('loses the spaces that fill it up, and no others', () => {
    expect(decodeField(rule('ascii'), Buffer.from(' A B   '))).toEqual(text(' A B'));
  });

  it.each([
    ['ascii with a control', 'ascii', Buffer.from('A\u0007B')],
    ['ascii above 7F', 'ascii', Buffer.from([0x41, 0xe9])],
    ['broken UTF-8', 'utf8', Buffer.from([0xe6, 0x9d])],
    ['overlong UTF-8', 'utf8', Buffer.from([0xc0, 0x80])],
    ['half a UTF-16 unit', 'utf16be', Buffer.from([0x5e])],
    ['a lone surrogate', 'utf16be', Buffer.from([0xd8, 0x42])],
    ['text that turns the line round', 'utf8', Buffer.from('A\u202eB')],
    ['an invisible character', 'utf8', Buffer.from('A\u200bB')],
    ['a line feed in UTF-16', 'utf16be', utf16be('A\nB')],
    ['a letter in BCD', 'bcd', Buffer.from('1a', 'hex')],
    ['filler inside BCD', 'bcd', Buffer.from('f1', 'hex')],
  ] as const)('with %s is malformed', (_, encoding, value) => {
    expect(decodeField(rule(encoding), value)).toEqual(malformed);
  });

  it('longer than its profile allows, or empty where it is required, is malformed', () => {
    expect(decodeField(rule('ascii', { maxBytes: 3 }), Buffer.from('ABCD'))).toEqual(malformed);
    expect(decodeField(rule('ascii', { required: true }), Buffer.from('   '))).toEqual(malformed);
  });

  it('T8 [part] of any bytes in any encoding is a clean text or malformed (20,000 values)', () => {
    const encodings = fc.constantFrom('ascii', 'utf8', 'utf16be', 'bcd') as fc.Arbitrary<FieldRule['encoding']>;
    fc.assert(
      fc.property(encodings, fc.uint8Array({ maxLength: 80 }), (encoding, bytes) => {
        const decoded = decodeField(rule(encoding), Buffer.from(bytes));
        if (decoded.kind === 'text') expect(decoded.text).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e]/u);
      }),
      { seed: 7816, numRuns: 20_000 },
    );
  });
});
