import { expect, test } from 'vitest';
import { stageSize } from './size.ts';

const CAPITAL_HEIGHT = 0.733;

test.each([
  { panel: 'counter', width: 1024, height: 768, inches: 10.4 },
  { panel: 'desk', width: 1920, height: 1080, inches: 15.6 },
  { panel: 'floor', width: 1080, height: 1920, inches: 32 },
])('capitals on the $panel panel are at least 5 mm', ({ width, height, inches }) => {
  expect(stageSize(width, height, inches).fontMm * CAPITAL_HEIGHT).toBeGreaterThanOrEqual(5);
});

test('the 10.4 inch panel is 211 mm wide', () => {
  expect(1024 / stageSize(1024, 768, 10.4).pxPerMm).toBeCloseTo(211.3, 0);
});
