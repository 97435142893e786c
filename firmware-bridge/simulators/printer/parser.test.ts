import { describe, expect, test } from 'vitest';
import { escposParser, type Op, type RealTime } from './parser.ts';

function parse(...pieces: readonly (readonly number[])[]): { ops: Op[]; realTime: RealTime[]; violations: string[] } {
  const found = { ops: [] as Op[], realTime: [] as RealTime[], violations: [] as string[] };
  const parser = escposParser({
    onOp: (op) => found.ops.push(op),
    onRealTime: (command) => found.realTime.push(command),
    onViolation: (what) => found.violations.push(what),
  });
  for (const piece of pieces) parser.take(Buffer.from(piece));
  return found;
}

const picture = [0xaa, 0x55, 0x0f, 0xf0];
const gsV0 = [0x1d, 0x76, 0x30, 0, 2, 0, 2, 0, ...picture];

describe('ESC/POS', () => {
  test('is the same in one piece and byte by byte', () => {
    const bytes = [
      0x1b,
      0x40,
      ...gsV0,
      0x41,
      0x0a,
      0x1d,
      0x28,
      0x48,
      6,
      0,
      0x30,
      0x30,
      0x41,
      0x42,
      0x43,
      0x44,
      0x1d,
      0x56,
      0x42,
      0,
      0x1b,
      0x64,
      3,
      0x1d,
      0x72,
      1,
    ];
    const whole = parse(bytes);
    expect(whole).toEqual(parse(...bytes.map((byte) => [byte])));
    expect(whole.violations).toEqual([]);
    expect(whole.ops.map(({ op }) => op)).toEqual([
      'initialise',
      'raster',
      'character',
      'feed',
      'process-id',
      'cut',
      'feed',
      'queued-status',
    ]);
  });

  test('draws the same picture by GS v 0, GS ( L and GS 8 L', () => {
    const graphics = [0x30, 0x70, 0x30, 1, 1, 0x31, 16, 0, 2, 0, ...picture];
    const print = [0x1d, 0x28, 0x4c, 2, 0, 0x30, 0x32];
    const expected = { op: 'raster', rowBytes: 2, rows: 2, data: Buffer.from(picture) };
    expect(parse(gsV0).ops).toEqual([expected]);
    expect(parse([0x1d, 0x28, 0x4c, graphics.length, 0, ...graphics, ...print]).ops).toEqual([expected]);
    expect(parse([0x1d, 0x38, 0x4c, graphics.length, 0, 0, 0, ...graphics, ...print]).ops).toEqual([expected]);
  });

  test('acts on real-time commands at once, and says when one stood inside a picture', () => {
    expect(parse([0x10, 0x04, 3, 0x10, 0x05, 1]).realTime).toEqual([
      { command: 'status', n: 3 },
      { command: 'recover', n: 1 },
    ]);
    const inside = parse([0x1d, 0x76, 0x30, 0, 3, 0, 1, 0, 0x10, 0x04, 1]);
    expect(inside.realTime).toEqual([{ command: 'status', n: 1 }]);
    expect(inside.violations).toEqual(['real-time command inside another command']);
  });

  test('that nobody knows is a violation and takes one byte', () => {
    const { ops, violations } = parse([0x1b, 0x07, ...gsV0]);
    expect(violations.length).toBeGreaterThan(0);
    expect(ops.at(-1)).toMatchObject({ op: 'raster' });
  });
});
