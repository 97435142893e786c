import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskAll, maskDocumentNumber, maskName } from './mask.ts';

describe('a masked document number', () => {
  test('RC-02 [part] keeps the letters, two digits and the check digit of an identity card', () => {
    expect(maskDocumentNumber('A123456(3)')).toBe('A12****(3)');
    expect(maskDocumentNumber('AB987654(3)')).toBe('AB98****(3)');
    expect(maskDocumentNumber('G123456A')).toBe('G12****A');
  });

  test('keeps three characters of a longer document, and nothing of a short one', () => {
    expect(maskDocumentNumber('H1234567890')).toBe('H12****');
    expect(maskDocumentNumber('1234567')).toBe('****');
    expect(maskDocumentNumber('')).toBe('');
  });

  test('never shows more than a third of the digits of any number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{0,2}\d{0,16}$/), (number) => {
        const digits = (text: string) => text.replace(/\D/g, '').length;
        expect(digits(maskDocumentNumber(number))).toBeLessThanOrEqual(Math.max(3, digits(number) / 3));
        if (number.length > 0) expect(maskDocumentNumber(number)).not.toBe(number);
      }),
    );
  });
});

describe('a masked name', () => {
  test('RC-02 [part] keeps the family name and the initials', () => {
    expect(maskName('SHEUNG KIN HONG')).toBe('SHEUNG K*** H***');
    expect(maskName('SHEUNG, KIN-HONG')).toBe('SHEUNG, K*** H***');
  });

  test('of one word keeps its initial', () => {
    expect(maskName('SUKARNO')).toBe('S***');
  });

  test('in Chinese keeps the first character, also outside the basic plane', () => {
    expect(maskName('常健康')).toBe('常＊＊');
    expect(maskName('𠮷田')).toBe('𠮷＊');
    expect(maskName('阿卜杜拉·艾山')).toBe('阿＊＊＊·＊＊');
  });

  test('does not tell how long the hidden words are', () => {
    expect(maskName('CHAN MO')).toBe(maskName('CHAN MARGARET'));
  });
});

test('a value masked whole says only that it is there', () => {
  expect([maskAll('1985-06-01'), maskAll('F'), maskAll('')]).toEqual(['****', '****', '']);
});
