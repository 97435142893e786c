import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Answerer, rpcAnswerer, rpcCaller } from './rpc.ts';

const requests = { ask: { params: z.object({ secret: z.string() }), result: z.object({ ok: z.boolean() }) } } as const;
const events = { told: z.object({ n: z.number() }) } as const;

let dir: string;
let sockets: Socket[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pailou-rpc-'));
  sockets = [];
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function pair(handler: (params: { secret: string }) => { ok: boolean }) {
  const faults: string[] = [];
  const path = join(dir, 'rpc.sock');
  let answerer: Answerer<typeof events> | undefined;
  let heard = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    answerer = rpcAnswerer(
      socket,
      requests,
      { ask: handler },
      events,
      () => {},
      (name) => faults.push(name),
    );
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const socket = connect(path);
  sockets.push(socket);
  socket.on('data', (bytes) => {
    heard += bytes.toString('utf8');
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  server.close();
  return { caller: rpcCaller(socket, requests, events), tell: (n: number) => answerer!.tell('told', { n }), faults, wire: () => heard };
}

test('a handler that throws tells its own end the name of the request, and the other end nothing of the error', async () => {
  const { caller, faults, wire } = await pair(({ secret }) => {
    throw new Error(`no such person: ${secret}`);
  });
  expect(await caller.call('ask', { secret: 'G123456(A)' }, 2_000)).toEqual({ kind: 'no-answer', why: 'malformed' });
  expect(faults).toEqual(['ask']);
  expect(wire()).toContain('FAULT');
  expect(wire()).not.toContain('G123456');
});

test('a hearer that throws is a bug that its process hears of', async () => {
  const { caller, tell } = await pair(() => ({ ok: true }));
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    caller.on('told', () => {
      throw new Error('a bug');
    });
    expect(await caller.call('ask', { secret: '' }, 2_000)).toMatchObject({ kind: 'answered' });
    tell(1);
    expect(await thrown).toMatchObject({ message: 'a bug' });
  } finally {
    for (const each of others) process.on('uncaughtException', each);
  }
});
