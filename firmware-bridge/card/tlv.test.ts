import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObjects, single } from './tlv.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const tags = (text: string) => {
  const parsed = parseObjects(hex(text));
  return parsed.kind === 'objects' ? parsed.objects.map(({ tag, value }) => [tag.toString(16), value.toString('hex')]) : 'malformed';
};

describe('data objects', () => {
  it('are read with one and two byte tags and with one, two and three byte lengths', () => {
    expect(tags('810141')).toEqual([['81', '41']]);
    expect(tags(`5f2081${'80'}${'00'.repeat(128)}`)).toEqual([['5f20', '00'.repeat(128)]]);
    expect(tags(`84820100${'11'.repeat(256)}`)).toEqual([['84', '11'.repeat(256)]]);
  });

  it('may be padded between and behind', () => {
    expect(tags('008101410000820142ffff')).toEqual([
      ['81', '41'],
      ['82', '42'],
    ]);
  });

  it.each(['81', '8102', '810241', '5f', '5f8001', '8180', '818041', '8183000001', '81840000000141', '8182ffff41'])(
    'that are cut short or lie about their length are malformed: %s',
    (text) => {
      expect(tags(text)).toBe('malformed');
    },
  );

  it('are views of the input, so zeroing the file zeroes every value', () => {
    const file = hex('81024142');
    const parsed = parseObjects(file);
    file.fill(0);
    expect(parsed.kind === 'objects' && parsed.objects[0]!.value).toEqual(hex('0000'));
  });

  it('with one tag twice are malformed, since nobody knows which is true', () => {
    const parsed = parseObjects(hex('810141810142'));
    expect(parsed.kind === 'objects' && single(parsed.objects, 0x81)).toEqual({ kind: 'malformed' });
  });

  it('T8 [part] never throw, never grow beyond their input, whatever the bytes (20,000 files)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const parsed = parseObjects(Buffer.from(bytes));
        if (parsed.kind === 'objects')
          expect(parsed.objects.reduce((sum, { whole }) => sum + whole.length, 0)).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 7816, numRuns: 20_000 },
    );
  });
});
