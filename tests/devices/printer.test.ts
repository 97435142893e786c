import { afterEach, describe, expect, test } from 'vitest';
import { BAND_ROWS } from '../../firmware-bridge/printer/commands.ts';
import { type PrinterBench, printerBench, testBitmap } from './printer-bench.ts';

let bench: PrinterBench;
const start = async (...given: Parameters<typeof printerBench>) => {
  bench = await printerBench(...given);
  return bench;
};
afterEach(async () => {
  await bench.close();
});

describe('a slip', () => {
  test('comes out dot for dot, is cut, and is called printed when the printer answers its process id', async () => {
    const { paper, printer, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    const slip = testBitmap(3 * BAND_ROWS + 17);
    expect(print('a', slip)).toEqual({ kind: 'queued' });
    await untilJob('a', 'printed');
    expect(statesOf('a')).toEqual(['printing', 'printed']);
    expect(paper.papers()).toHaveLength(1);
    expect(paper.papers()[0]!.how).toBe('cut');
    expect(paper.papers()[0]!.bits.equals(slip.bits)).toBe(true);
    expect(paper.violations()).toEqual([]);
    expect(printer.info()).toEqual({ widthDots: 576, confirms: 'processId', state: 'ready' });
  });

  test('whose dots would read as a command to the printer comes out whole, a dot darker at most', async () => {
    const { paper, print, untilJob } = await start();
    const slip = testBitmap(300);
    const commands = [0x10, 0x04, 0x01, 0x10, 0x05, 0x02, 0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
    for (let row = 0; row < 300; row += 7) slip.bits.set(commands, row * 72 + 20);
    print('a', slip);
    await untilJob('a', 'printed');
    expect(paper.violations()).toEqual([]);
    expect(paper.papers()[0]!.heightDots).toBe(300);
    const darker = paper
      .papers()[0]!
      .bits.map((byte, at) => byte ^ slip.bits[at]!)
      .filter((difference) => difference !== 0);
    expect(darker.every((difference) => difference === 0x20)).toBe(true);
  });

  test('follows another in the order of asking, each under its own process id', async () => {
    const { paper, print, untilJob, events } = await start();
    const [first, second] = [testBitmap(300, 1), testBitmap(200, 2)];
    print('a', first);
    print('b', second);
    await untilJob('b', 'printed');
    expect(events.filter(({ state }) => state === 'printed').map(({ jobId }) => jobId)).toEqual(['a', 'b']);
    expect(paper.papers().map(({ bits }) => bits)).toEqual([first.bits, second.bits]);
  });

  test('is not called printed while the printer says that all is well but never answers the process id', async () => {
    // The printer does not know the command; paper, cover and cutter are fine all the while, and the slip even comes out.
    const { paper, print, untilJob, untilState, statesOf, states } = await start({
      simulator: { confirms: 'gsR' },
      times: { confirmMs: 500 },
    });
    await untilState('ready');
    print('a', testBitmap(300));
    await untilJob('a', 'unknown');
    expect(statesOf('a')).toEqual(['printing', 'unknown']);
    expect(states).toEqual(['ready']);
    expect(paper.papers()[0]!.heightDots).toBe(300);
  });

  test('is only handed over on a printer that answers GS r, and on one that answers nothing', async () => {
    const { print, untilJob, statesOf } = await start({ simulator: { confirms: 'gsR' }, driver: { confirms: 'gsR' } });
    print('a', testBitmap(300));
    await untilJob('a', 'handed-over');
    expect(statesOf('a')).toEqual(['printing', 'handed-over']);
    await bench.close();
    const mute = await start({ simulator: { confirms: 'none' }, driver: { confirms: 'none' } });
    mute.print('b', testBitmap(300));
    await mute.untilJob('b', 'handed-over');
    expect(mute.statesOf('b')).toEqual(['printing', 'handed-over']);
  });

  test('of a wrong size, for wider paper, or under a name in use is refused', async () => {
    const { printer, print } = await start();
    const slip = testBitmap(300);
    expect(print('a', { ...slip, heightDots: 299 })).toEqual({ kind: 'refused', code: 'BAD_MESSAGE' });
    expect(print('a', testBitmap(10, 1, 640))).toEqual({ kind: 'refused', code: 'BAD_MESSAGE' });
    expect(print('a', slip)).toEqual({ kind: 'queued' });
    expect(print('a', slip)).toEqual({ kind: 'refused', code: 'BAD_STATE' });
    expect(printer.info().widthDots).toBe(576);
  });
});

describe('paper out', () => {
  test('RC-03 [part] before a slip: it waits without a byte sent, and a refill prints it exactly once', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start();
    await paper.act('paper-out');
    await untilState('paper-out');
    const slip = testBitmap(400);
    print('a', slip);
    await untilJob('a', 'waiting-for-paper');
    expect(paper.printed().rows).toBe(0);
    await paper.act('paper-in');
    await untilJob('a', 'printed');
    expect(statesOf('a')).toEqual(['waiting-for-paper', 'queued', 'printing', 'printed']);
    expect(paper.papers().map(({ bits }) => bits)).toEqual([slip.bits]);
  });

  test('in the middle of a slip: the printer goes on after the refill, and no row is lost or doubled', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    paper.actAfterRows(333, 'paper-out');
    const slip = testBitmap(900);
    print('a', slip);
    await untilJob('a', 'waiting-for-paper');
    await paper.act('paper-in');
    await untilJob('a', 'printed');
    expect(statesOf('a')).toEqual(['printing', 'waiting-for-paper', 'printing', 'printed']);
    expect(paper.papers().map(({ how, heightDots }) => [how, heightDots])).toEqual([
      ['torn', 333],
      ['cut', 567],
    ]);
    expect(Buffer.concat(paper.papers().map(({ bits }) => bits)).equals(slip.bits)).toBe(true);
  });

  test('T3 [part] in the middle of a slip whose lease ends: after the refill no dot of it comes out', async () => {
    const { paper, printer, print, untilJob, untilState, statesOf, until } = await start();
    await untilState('ready');
    paper.actAfterRows(333, 'paper-out');
    print('a', testBitmap(900));
    print('b', testBitmap(500, 2));
    await untilJob('a', 'waiting-for-paper');
    expect(await printer.endLease()).toEqual({ kind: 'clear' });
    expect([statesOf('a').at(-1), statesOf('b').at(-1)]).toEqual(['unknown', 'dropped']);
    const { dots } = paper.printed();
    await paper.act('paper-in');
    // The next person's slip is printed and cut, and is theirs alone.
    const next = testBitmap(200, 3);
    const dotsOfNext = dotsIn(next.bits);
    print('c', next);
    await untilJob('c', 'printed');
    await until('paper of the next person', () => paper.papers().some(({ bits }) => bits.equals(next.bits)));
    expect(paper.printed().dots).toBe(dots + dotsOfNext);
  });

  test('T3 [part] in the middle of a slip, and the printer unreachable when the lease ends: the first thing it hears later clears it', async () => {
    const { paper, printer, print, untilJob, untilState, statesOf } = await start({
      times: { statusAnswerMs: 300, clearAnswerMs: 300, clearAtEndMs: 600 },
    });
    await untilState('ready');
    paper.actAfterRows(333, 'paper-out');
    print('a', testBitmap(900));
    await untilJob('a', 'waiting-for-paper');
    await paper.act('mute');
    expect(await printer.endLease()).toEqual({ kind: 'not-confirmed' });
    expect(statesOf('a').at(-1)).toBe('unknown');
    const { dots } = paper.printed();
    await paper.act('speak');
    await untilState('paper-out');
    await paper.act('paper-in');
    await untilState('ready');
    const next = testBitmap(200, 3);
    print('c', next);
    await untilJob('c', 'printed');
    expect(paper.printed().dots).toBe(dots + dotsIn(next.bits));
  });

  test('near its end still prints', async () => {
    const { paper, print, untilJob, untilState } = await start();
    await paper.act('paper-near-end');
    await untilState('near-end');
    print('a', testBitmap(100));
    await untilJob('a', 'printed');
  });
});

describe('a printer that fails', () => {
  test('with its cover open holds the slip and finishes it when the cover is closed', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    paper.actAfterRows(100, 'open-cover');
    const slip = testBitmap(900);
    print('a', slip);
    await untilState('cover-open');
    await untilJob('a', 'waiting-for-printer');
    await paper.act('close-cover');
    await untilJob('a', 'printed');
    expect(statesOf('a')).toEqual(['printing', 'waiting-for-printer', 'printing', 'printed']);
    expect(paper.papers().map(({ bits }) => bits)).toEqual([slip.bits]);
  });

  test('with a jammed cutter does not call the slip printed before it is cut', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    await paper.act('jam-cutter');
    print('a', testBitmap(300));
    await untilState('cutter');
    await untilJob('a', 'waiting-for-printer');
    expect(paper.printed().rows).toBe(300);
    await paper.act('clear-cutter');
    await untilJob('a', 'printed');
    expect(statesOf('a')).not.toContain('unknown');
    expect(paper.papers()).toHaveLength(1);
  });

  test('by power cut in the middle of a line leaves the slip unknown, and the next one whole and alone on its paper', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    paper.actAfterRows(150, 'unplug');
    print('a', testBitmap(900));
    await untilJob('a', 'unknown');
    await untilState('no-printer');
    expect(statesOf('a')).toEqual(['printing', 'unknown']);
    await paper.act('plug');
    const next = testBitmap(200, 3);
    print('b', next);
    await untilJob('b', 'printed');
    expect(paper.papers().map(({ heightDots }) => heightDots)).toEqual([150, 200]);
    expect(paper.papers()[1]!.bits.equals(next.bits)).toBe(true);
  });

  test('by falling silent in the middle of a slip leaves it unknown, never printed, and is heard of again', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start({ times: { statusAnswerMs: 300, clearAnswerMs: 300 } });
    await untilState('ready');
    paper.actAfterRows(100, 'mute');
    print('a', testBitmap(900));
    await untilState('silent');
    await untilJob('a', 'unknown');
    expect(statesOf('a')).toEqual(['printing', 'waiting-for-printer', 'unknown']);
    await paper.act('speak');
    await untilState('ready');
    print('b', testBitmap(100));
    await untilJob('b', 'printed');
  });

  test('by answering rubbish is in error, prints nothing more, and is trusted again once it makes sense', async () => {
    const { paper, print, untilJob, untilState, statesOf } = await start({ times: { statusAnswerMs: 300, clearAnswerMs: 300 } });
    await untilState('ready');
    await paper.act('babble');
    await untilState('error');
    print('a', testBitmap(100));
    await untilJob('a', 'waiting-for-printer');
    expect(paper.printed().rows).toBe(0);
    await paper.act('speak');
    await untilJob('a', 'printed');
    expect(statesOf('a').filter((state) => state === 'printed')).toHaveLength(1);
  });

  test('by not being there is found as soon as it is plugged in', async () => {
    const { paper, print, untilJob, untilState } = await start();
    await untilState('ready');
    await paper.act('unplug');
    await untilState('no-printer');
    print('a', testBitmap(100));
    await untilJob('a', 'waiting-for-printer');
    await paper.act('plug');
    await untilJob('a', 'printed');
  });
});

describe('the end of a lease', () => {
  test('answers at once when everything came out', async () => {
    const { printer, paper, print, untilJob, statesOf } = await start();
    print('a', testBitmap(100));
    await untilJob('a', 'printed');
    expect(await printer.endLease()).toEqual({ kind: 'clear' });
    expect(statesOf('a').at(-1)).toBe('printed');
    expect(paper.papers()).toHaveLength(1);
  });

  test('in the middle of a healthy print stops it, and the half slip is cut off alone', async () => {
    const { printer, paper, print, untilJob, untilState } = await start({ simulator: { rowsPerMs: 1 } });
    await untilState('ready');
    paper.actAfterRows(60, 'paper-near-end');
    print('a', testBitmap(4000));
    await untilState('near-end');
    expect(await printer.endLease()).toEqual({ kind: 'clear' });
    const next = testBitmap(50, 3);
    print('b', next);
    await untilJob('b', 'printed');
    expect(paper.papers().at(-1)!.bits.equals(next.bits)).toBe(true);
    expect(paper.printed().rows).toBeLessThan(4000);
  });

  test('drops a job of which no byte was sent, as does the visit that changes its mind', async () => {
    const { printer, paper, print, untilJob, untilState, statesOf } = await start();
    await untilState('ready');
    await paper.act('open-cover');
    await untilState('cover-open');
    print('a', testBitmap(100));
    print('b', testBitmap(100));
    await untilJob('b', 'waiting-for-printer');
    printer.drop('a');
    expect(statesOf('a').at(-1)).toBe('dropped');
    expect(await printer.endLease()).toEqual({ kind: 'clear' });
    expect(statesOf('b').at(-1)).toBe('dropped');
    await paper.act('close-cover');
    await untilState('ready');
    expect(paper.printed().rows).toBe(0);
  });
});

function dotsIn(bits: Buffer): number {
  let dots = 0;
  for (const byte of bits) for (let rest = byte; rest; rest &= rest - 1) dots += 1;
  return dots;
}
