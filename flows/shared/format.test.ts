import { describe, expect, test } from 'vitest';
import { formatDate, formatDateTime, toGrouped } from './format.ts';

describe('a date', () => {
  test('RC-05 [part] has its month in words, or with its sign, in every language', () => {
    expect(formatDate('2021-11-28', 'en')).toBe('28 November 2021');
    expect(formatDate('2021-11-28', 'en', 'short')).toBe('28 Nov 2021');
    expect(formatDate('2021-11-28', 'zh-HK')).toBe('2021年11月28日');
    expect(formatDate('2008-09-09', 'zh-CN')).toBe('2008年9月9日');
  });

  test('with an open day or month says only what is known', () => {
    expect([formatDate('1941-00-00', 'en'), formatDate('1941-00-00', 'zh-HK')]).toEqual(['1941', '1941年']);
    expect([formatDate('1941-05-00', 'en'), formatDate('1941-05-00', 'zh-CN')]).toEqual(['May 1941', '1941年5月']);
  });

  test('that is none stays as it is', () => {
    expect(formatDate('19410500', 'en')).toBe('19410500');
    expect(formatDate('1941-13-01', 'en')).toBe('1941-13-01');
  });
});

describe('a moment', () => {
  const at = new Date('2021-11-27T18:39:00Z');
  test('RC-05 [part] is told in the zone of the site, in 24 hours', () => {
    expect(formatDateTime(at, 'en', 'Asia/Hong_Kong')).toBe('28 Nov 2021, 02:39');
    expect(formatDateTime(at, 'zh-HK', 'Asia/Hong_Kong')).toBe('2021年11月28日 02:39');
    expect(formatDateTime(new Date('2021-11-27T16:05:00Z'), 'zh-CN', 'Asia/Hong_Kong')).toBe('2021年11月28日 00:05');
  });
});

test('HR-36 [part] a number is grouped in fours from its end', () => {
  expect(toGrouped('HTD3LDEQAYJYDS2')).toBe('HTD 3LDE QAYJ YDS2');
  expect(toGrouped('ABCD1234')).toBe('ABCD 1234');
  expect(toGrouped('ABC')).toBe('ABC');
});
