import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PrinterPrintOutcome } from '../protocol.ts';
import type { Bitmap } from './commands.ts';
import { createIntake } from './intake.ts';

const SECRET = 'the secret of this slip';
let dir: string;
let path: string;
let server: Server;
let sockets: Socket[];
let queued: (Bitmap & { jobId: string })[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pailou-intake-'));
  path = join(dir, 'slip-0123456789abcdef.sock');
  sockets = [];
  queued = [];
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

const served = (serve: (socket: Socket, said: string) => void) =>
  new Promise<void>((resolve) => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', (said) => serve(socket, said.toString()));
    }).listen(path, resolve);
  });
const intakeOf = (withinMs = 2_000) =>
  createIntake(
    {
      info: () => ({ widthDots: 576, confirms: 'none', state: 'ready' }),
      print: (job): PrinterPrintOutcome => {
        queued.push(job);
        return { kind: 'queued' };
      },
    },
    dir,
    withinMs,
  );
const job = (heightDots: number) => ({ jobId: 'a', widthDots: 576, heightDots, source: { path, secret: SECRET } });
const refused = (code: string) => ({ kind: 'refused', code });

describe('the dots of a slip', () => {
  test('come whole, in however many pieces, for the secret', async () => {
    const dots = Buffer.from(Array.from({ length: 72 * 2_000 }, (_, n) => n % 251));
    let heard = '';
    await served((socket, said) => {
      heard = said;
      socket.end(dots);
    });
    expect(await intakeOf().print(job(2_000))).toEqual({ kind: 'queued' });
    expect(heard).toBe(`${SECRET}\n`);
    expect(queued[0]!.bits.equals(dots)).toBe(true);
  });

  test('are refused when there are too few or too many of them, or they are anywhere but in the run directory', async () => {
    for (const bytes of [72 * 10 - 1, 72 * 10 + 1]) {
      await served((socket) => socket.end(Buffer.alloc(bytes, 1)));
      expect(await intakeOf().print(job(10)), `${bytes}`).toEqual(refused('BAD_MESSAGE'));
      await new Promise((resolve) => server.close(resolve));
    }
    for (const elsewhere of ['/tmp/slip-0123456789abcdef.sock', join(dir, 'bridge.sock'), `${dir}/x/../slip-0123456789abcdef.sock`])
      expect(await intakeOf().print({ ...job(10), source: { path: elsewhere, secret: SECRET } })).toEqual(refused('BAD_MESSAGE'));
    expect(queued).toEqual([]);
  });

  test('that do not come in time, or whose job is dropped on the way, never reach the printer', async () => {
    let begun = () => {};
    const underWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await served((socket) => {
      socket.write(Buffer.alloc(72, 1));
      begun();
    });
    expect(await intakeOf(50).print(job(10))).toEqual(refused('TIMED_OUT'));
    const intake = intakeOf();
    const asked = intake.print(job(10));
    await underWay;
    expect(await intake.print(job(10))).toEqual(refused('BAD_STATE'));
    expect([intake.drop('a'), intake.drop('a')]).toEqual([true, false]);
    expect(await asked).toEqual(refused('BAD_STATE'));
    const again = intake.print(job(10));
    expect(intake.dropAll()).toEqual(['a']);
    expect(await again).toEqual(refused('BAD_STATE'));
    expect(queued).toEqual([]);
  });
});
