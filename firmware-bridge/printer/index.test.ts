import { describe, expect, test } from 'vitest';
import type { PrinterState, PrintJobState } from '../protocol.ts';
import { printerTimes } from '../timeouts.ts';
import { clearRequest } from './commands.ts';
import { createPrinter, type Printer } from './index.ts';
import type { Hearing, Transport } from './transport.ts';

const STATUS_OK = 0x12;
const CLEARED = [0x37, 0x25, 0x00];
const processIdIn = (bytes: Buffer) => (bytes.includes('\x1d(H\x06\x00\x30\x30', 'latin1') ? bytes.subarray(-4) : null);

/** A printer in a few lines: answers DLE EOT and the clear, and whatever a test says besides. */
function scripted(answerTo: (bytes: Buffer) => readonly number[] | null): {
  transport: Transport;
  abandoned: () => number;
  say: (bytes: readonly number[]) => void;
} {
  let abandoned = 0;
  let hearing: Hearing | null = null;
  return {
    abandoned: () => abandoned,
    say: (bytes) => hearing?.onBytes(Buffer.from(bytes)),
    transport: async (given) => {
      hearing = given;
      const link = {
        async send(bytes: Buffer) {
          const isStatus = bytes[0] === 0x10 && bytes[1] === 0x04;
          const answer = answerTo(bytes) ?? (isStatus ? [STATUS_OK] : bytes.equals(clearRequest()) ? CLEARED : []);
          queueMicrotask(() => given.onBytes(Buffer.from(answer)));
          return 'taken' as const;
        },
        abandon() {
          abandoned += 1;
          queueMicrotask(given.onLost);
        },
      };
      return { kind: 'open', link };
    },
  };
}

function driverOf(transport: Transport) {
  const states: PrinterState[] = [];
  const jobs: PrintJobState[] = [];
  const looks = new Set<() => void>();
  const look = () => {
    for (const each of [...looks]) each();
  };
  const printer: Printer = createPrinter(
    { transport: { kind: 'tcp', host: '127.0.0.1', port: 9100 }, widthDots: 384, confirms: 'processId' },
    {
      onInfo: ({ state }) => {
        states.push(state);
        look();
      },
      onJob: ({ state }) => {
        jobs.push(state);
        look();
      },
    },
    {
      transport,
      times: {
        ...printerTimes,
        statusAnswerMs: 50,
        clearAnswerMs: 50,
        clearAtEndMs: 100,
        statusBusyMs: 5,
        statusRestMs: 5,
        reconnectFirstMs: 5,
      },
    },
  );
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => holds() && looks.delete(check) && resolve();
      looks.add(check);
      check();
    });
  const print = (jobId: string) => printer.print({ jobId, widthDots: 384, heightDots: 8, bits: Buffer.alloc(384) });
  return { printer, states, jobs, until, print };
}

describe('the printer driver', () => {
  test('does not take the process id of another job for that of this one', async () => {
    let asked: (id: Buffer) => void = () => {};
    const ownId = new Promise<Buffer>((resolve) => {
      asked = resolve;
    });
    let questions = 0;
    let askedOften: () => void = () => {};
    const laterRounds = new Promise<void>((resolve) => {
      askedOften = resolve;
    });
    const { transport, say } = scripted((bytes) => {
      const id = processIdIn(bytes);
      if (id) asked(Buffer.from(id));
      else if (++questions === 20) askedOften();
      return id && [0x37, 0x22, ...Buffer.from('....'), 0x00];
    });
    const { printer, jobs, until, print } = driverOf(transport);
    print('a');
    const id = await ownId;
    await laterRounds;
    expect(jobs).toEqual(['printing']);
    say([0x37, 0x22, ...id, 0x00]);
    await until(() => jobs.includes('printed'));
    await printer.close();
  });

  test('calls a printer that mixes rubbish into good answers an error, until a whole round is clean', async () => {
    let rubbish = true;
    const { transport } = scripted((bytes) => (rubbish && bytes[1] === 0x04 && bytes[2] === 2 ? [0xff, STATUS_OK] : null));
    const { printer, states, until } = driverOf(transport);
    await until(() => states.includes('error'));
    expect(states).toEqual(['error']);
    rubbish = false;
    await until(() => states.includes('ready'));
    await printer.close();
  });

  test('T3 [part] throws the connection away when a lease ends and the printer does not say that it is clear', async () => {
    let deaf = false;
    const { transport, abandoned } = scripted(() => (deaf ? [] : null));
    const { printer, jobs, until, print } = driverOf(transport);
    print('a');
    await until(() => jobs.includes('printing'));
    deaf = true;
    expect(await printer.endLease()).toEqual({ kind: 'not-confirmed' });
    expect(jobs.at(-1)).toBe('unknown');
    expect(abandoned()).toBeGreaterThan(0);
    await printer.close();
  });

  test('works with a printer that does not know the buffer clear: what it holds cannot be taken back, and is not waited for', async () => {
    const { transport } = scripted((bytes) => {
      const id = processIdIn(bytes);
      return bytes.equals(clearRequest()) ? [] : id ? [0x37, 0x22, ...id, 0x00] : null;
    });
    const { printer, jobs, until, print } = driverOf(transport);
    print('a');
    await until(() => jobs.includes('printed'));
    expect(await printer.endLease()).toEqual({ kind: 'clear' });
    await printer.close();
  });
});
