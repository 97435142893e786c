import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, answerReader } from './answers.ts';
import { newProcessId, processIdRequest, withoutRealTimeCommands } from './commands.ts';
import { printerStateOf } from './status.ts';

function read(...pieces: readonly (readonly number[])[]): Answer[] {
  const heard: Answer[] = [];
  const take = answerReader((answer) => heard.push(answer));
  for (const piece of pieces) take(Buffer.from(piece));
  return heard;
}

const STATUS = 0x12;
const block = (id: string) => [0x37, 0x22, ...Buffer.from(id), 0x00];

describe('what a printer says', () => {
  test('is a process id in whatever pieces it comes', () => {
    for (let cut = 0; cut <= 7; cut++)
      expect(read(block('A1B4').slice(0, cut), block('A1B4').slice(cut))).toEqual([{ kind: 'process-id', id: 'A1B4' }]);
  });

  test('may have the answer to DLE EOT in the middle of another', () => {
    for (let at = 0; at <= 7; at++) {
      const bytes = block('A1B4');
      bytes.splice(at, 0, STATUS);
      expect(read(bytes)).toHaveLength(2);
      expect(read(bytes)).toContainEqual({ kind: 'process-id', id: 'A1B4' });
    }
  });

  test('is the answer to a clear, and to GS r', () => {
    expect(read([0x37, 0x25, 0x00, 0x03])).toEqual([{ kind: 'cleared' }, { kind: 'processed' }]);
  });

  test('is rubbish where a block breaks its form, and the next answer is understood again', () => {
    expect(read([0x37, 0x22, 0x41, 0x01, ...block('A1B4')])).toEqual([
      ...Array(4).fill({ kind: 'rubbish' }),
      { kind: 'process-id', id: 'A1B4' },
    ]);
    expect(read([0x37, 0x99, STATUS])).toEqual([{ kind: 'rubbish' }, { kind: 'rubbish' }, { kind: 'status', byte: STATUS }]);
    expect(read([0xff])).toEqual([{ kind: 'rubbish' }]);
  });

  test('is not a process id when it only repeats what it was told', () => {
    expect(read([...processIdRequest('A1B4')]).map(({ kind }) => kind)).not.toContain('process-id');
  });

  test('accounts for every byte of any babble', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const spent = { status: 1, processed: 1, rubbish: 1, cleared: 3, 'process-id': 7 };
        const accounted = read([...bytes]).reduce((sum, { kind }) => sum + spent[kind], 0);
        expect(bytes.length - accounted).toBeGreaterThanOrEqual(0);
        expect(bytes.length - accounted).toBeLessThan(7);
      }),
    );
  });
});

test('a process id never has a character that could be the answer to DLE EOT', () => {
  for (let n = 0; n < 200; n++) expect(newProcessId()).toMatch(/^[^26RVZ]{4}$/);
});

test('a picture holds nothing that a printer would take for a real-time command', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0x10, 0x04, 0x05, 0x14, 0x01, 0x08), { maxLength: 60 }), (bytes) => {
      const bits = Buffer.from(bytes);
      withoutRealTimeCommands(bits);
      for (let at = 0; at + 1 < bits.length; at++) expect(bits[at] === 0x10 && [0x04, 0x05, 0x14].includes(bits[at + 1]!)).toBe(false);
    }),
  );
});

describe('the state of a printer in one word', () => {
  test('is the most serious of what it says', () => {
    expect(printerStateOf([0x12, 0x12, 0x12, 0x12])).toBe('ready');
    expect(printerStateOf([0x12, 0x12, 0x12, 0x1e])).toBe('near-end');
    expect(printerStateOf([0x1a, 0x32, 0x12, 0x7e])).toBe('paper-out');
    expect(printerStateOf([0x1a, 0x36, 0x1a, 0x7e])).toBe('cover-open');
    expect(printerStateOf([0x1a, 0x52, 0x1a, 0x12])).toBe('cutter');
    expect(printerStateOf([0x1a, 0x52, 0x32, 0x12])).toBe('error');
    expect(printerStateOf([0x1a, 0x12, 0x12, 0x12])).toBe('error');
  });
});
