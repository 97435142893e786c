import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wrap } from './wrap.ts';

/** Han two units wide, everything else one: enough to see where lines end. */
const measure = (text: string) => [...text].reduce((sum, c) => sum + (/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u.test(c) ? 2 : 1), 0);
const lines = (text: string, width: number) => wrap(text, width, measure);

describe('a text on paper', () => {
  test('breaks Latin at spaces and Han anywhere', () => {
    expect(lines('Bring this slip', 10)).toEqual(['Bring this', 'slip']);
    expect(lines('請帶同本憑條到', 10)).toEqual(['請帶同本憑', '條到']);
  });

  test('never begins a line with closing punctuation, nor ends one with an opening bracket', () => {
    expect(lines('請帶同本，憑條到手', 8)).toEqual(['請帶同', '本，憑條', '到手']);
    expect(lines('請帶同（憑條）', 8)).toEqual(['請帶同', '（憑條）']);
    const words = fc.array(fc.constantFrom('帶', '同，', '返。', '（帶）', '「同，返」', 'ab', '7', 'c, ', '(d) '), { maxLength: 60 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 30 }), (chosen, width) => {
        const found = lines(chosen.join(''), width);
        for (const line of found.slice(1)) expect(line).not.toMatch(/^[，。）」,)]/);
        for (const line of found.slice(0, -1)) expect(line).not.toMatch(/[（「(]$/);
      }),
      { numRuns: 500 },
    );
  });

  test('loses nothing but the spaces at line ends, and no line is too long', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('帶', '，', '（', 'a', 'B', ' ', '7', '-', '𠮷'), maxLength: 80 }),
        fc.integer({ min: 4, max: 30 }),
        (text, width) => {
          const found = lines(text, width);
          expect(found.join('').replace(/[ \u00a0]/g, '')).toBe(text.replace(/ /g, ''));
          for (const line of found) expect(measure(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('keeps a telephone number together, breaks after a hyphen, and breaks a word only when a line cannot hold it', () => {
    expect(lines('telephone 2824 6111', 15)).toEqual(['telephone', '2824\u00a06111']);
    expect(lines('the quarantine-related', 16)).toEqual(['the quarantine-', 'related']);
    expect(lines('RAMASWAMYVENKATA, M', 8)).toEqual(['RAMASWAM', 'YVENKAT', 'A, M']);
  });

  test('does not leave one Han character alone on the last line', () => {
    expect(lines('請帶上本憑條和卡到櫃檯', 20)).toEqual(['請帶上本憑條和卡到', '櫃檯']);
  });
});
