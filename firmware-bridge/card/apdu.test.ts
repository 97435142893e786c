import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCommand, exchange, parseResponse, readBinary, type Send, selectApplication } from './apdu.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
/** A card that gives these answers in order and keeps what it was asked. */
function scripted(answers: readonly string[]): { send: Send; asked: string[] } {
  const asked: string[] = [];
  let at = 0;
  return {
    asked,
    send: async (command) => {
      asked.push(command.toString('hex'));
      const answer = answers[Math.min(at++, answers.length - 1)];
      return answer === undefined ? { kind: 'failed' } : { kind: 'sent', bytes: hex(answer) };
    },
  };
}

describe('a command', () => {
  it('has the four short forms of ISO 7816-4', () => {
    const head = { cla: 0, ins: 0xb0, p1: 1, p2: 2 };
    expect(buildCommand(head, 't1').toString('hex')).toBe('00b00102');
    expect(buildCommand({ ...head, ne: 256 }, 't1').toString('hex')).toBe('00b0010200');
    expect(buildCommand({ ...head, data: hex('aabb') }, 't1').toString('hex')).toBe('00b0010202aabb');
    expect(buildCommand({ ...head, data: hex('aabb'), ne: 16 }, 't1').toString('hex')).toBe('00b0010202aabb10');
  });

  it('with data and an expected answer leaves Le out on T=0', () => {
    expect(buildCommand({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: hex('aa'), ne: 256 }, 't0').toString('hex')).toBe('0088000001aa');
    expect(buildCommand(readBinary(0x0102, 4), 't0').toString('hex')).toBe('00b0010204');
  });
});

describe('an exchange', () => {
  const ask = (card: { send: Send }, rounds = 8) => exchange(card.send, selectApplication(hex('a0000002471001')), 't1', rounds);

  it('collects what 61xx offers, where 6100 stands for 256 bytes or more', async () => {
    const card = scripted(['016100', '026102', '03049000']);
    expect(await ask(card)).toEqual({ kind: 'answered', sw: 0x9000, data: hex('01020304') });
    expect(card.asked.slice(1)).toEqual(['00c0000000', '00c0000002']);
  });

  it('sends the command again with the length that 6Cxx names', async () => {
    const card = scripted(['6c03', '0102039000']);
    const answer = await exchange(card.send, readBinary(0, 256), 't1', 8);
    expect(answer).toEqual({ kind: 'answered', sw: 0x9000, data: hex('010203') });
    expect(card.asked).toEqual(['00b0000000', '00b0000003']);
  });

  it('T8 [part] with a card that offers more for ever ends at the limit of rounds', async () => {
    const card = scripted(['006110']);
    expect(await ask(card, 5)).toEqual({ kind: 'malformed' });
    expect(card.asked).toHaveLength(5);
  });

  it('without a status word counts as broken, as readers answer when the card is pulled', async () => {
    expect(await ask(scripted(['90']))).toEqual({ kind: 'failed' });
    expect(await ask(scripted([]))).toEqual({ kind: 'failed' });
  });

  it('leaves nothing of an answer in the buffers it got', async () => {
    const bytes = hex('414243449000');
    const answer = await exchange(async () => ({ kind: 'sent', bytes }), readBinary(0, 256), 't1', 4);
    expect(answer).toMatchObject({ data: hex('41424344') });
    expect(bytes.every((b) => b === 0)).toBe(true);
  });

  it('T8 [part] ends and never throws, whatever 20,000 cards answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 24 }), { minLength: 1, maxLength: 6 }), async (answers) => {
        let at = 0;
        const send: Send = async () => ({ kind: 'sent', bytes: Buffer.from(answers[at++ % answers.length]!) });
        expect(['answered', 'malformed', 'failed']).toContain((await exchange(send, readBinary(0, 256), 't1', 8)).kind);
      }),
      { seed: 7816, numRuns: 20_000 },
    );
  });
});

it('a response of one byte is malformed, one of two is a status word alone', () => {
  expect(parseResponse(hex('90')).kind).toBe('malformed');
  expect(parseResponse(hex('9000'))).toEqual({ kind: 'response', sw: 0x9000, data: Buffer.alloc(0) });
});
