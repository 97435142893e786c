import { expect, test } from 'vitest';
import { formatDate } from './format.ts';

test('RC-05 [part] a day is shown with its month in words, in each language of the place', () => {
  expect(formatDate('2021-11-28', 'en')).toBe('28 Nov 2021');
  expect(formatDate('2021-11-28', 'zh-HK')).toBe('2021年11月28日');
  expect(formatDate('2021-01-01', 'zh-CN')).toBe('2021年1月1日');
});
