import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Down, SEAL_INFO, type TicketAnswer, type Up } from '../contract/link.ts';
import { type LinkServer, openLink } from './link.ts';

let pageDir: string;
let link: LinkServer;
let refused: string[];
let counts: number[];
let ups: Up[];
let tickets: string[];
let pageDead: number;
let nowMs = 0;

beforeEach(async () => {
  pageDir = mkdtempSync(join(tmpdir(), 'pailou-page-'));
  writeFileSync(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');
  [refused, counts, ups, tickets, pageDead] = [[], [], [], [], 0];
  link = await openLink(
    { pageDir, frontDoor: null, dock: null },
    {
      onTicket: (ticket) => tickets.push(ticket),
      onPage: () => link.send({ kind: 'go' }),
      onUp: (up) => ups.push(up),
      onPageDead: () => pageDead++,
      onRefused(why, count) {
        refused.push(why);
        counts.push(count);
      },
      monotonicMs: () => nowMs,
    },
  );
});
afterEach(() => {
  link.close();
  rmSync(pageDir, { recursive: true, force: true });
});

const at = () => new URL(link.address);

/** One request with exactly these headers; `*.localhost` is loopback to browsers only, so it is named here. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<{ status: number; cookie: string; json: () => TicketAnswer }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: at().port, method, path, headers: { Host: at().host, 'Content-Type': 'application/json', ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            cookie: String(answer.headers['set-cookie'] ?? '').split(';')[0]!,
            json: () => JSON.parse(text),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function pageKeys() {
  const own = createECDH('prime256v1');
  own.generateKeys();
  return own;
}

async function redeem(ticket: string | null, headers: Record<string, string> = {}, own = pageKeys()) {
  const answer = await ask('POST', '/ticket', { Origin: at().origin, ...headers }, { ticket, publicKey: own.getPublicKey('base64') });
  return { ...answer, own };
}

const ticketSalt = (ticket: string) => createHash('sha256').update(ticket).digest();

/** A page as the real one: its own keys, its own counters. With a cookie, one that comes back. */
async function openPage(ticket = link.ticket(), back: { cookie: string; salt: Buffer } | null = null) {
  const { json, cookie: given, own } = await redeem(back ? null : ticket, back ? { Cookie: back.cookie } : {});
  const cookie = back?.cookie ?? given;
  const salt = back?.salt ?? ticketSalt(ticket);
  const welcome = json();
  if (welcome.kind !== 'welcome') throw new Error('refused');
  const secret = own.computeSecret(Buffer.from(welcome.publicKey, 'base64'));
  const key = (info: string) => Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
  const nonce = (n: number) => Buffer.concat([Buffer.alloc(8), Buffer.from([0, 0, n >> 8, n & 0xff])]);
  let [sent, heard] = [0, 0];
  const socket = new WebSocket(`ws://127.0.0.1:${at().port}/link?k=${welcome.link}`, {
    headers: { Host: at().host, Origin: at().origin, Cookie: cookie },
  });
  const downs: Down[] = [];
  const raw: Buffer[] = [];
  socket.on('message', (data: Buffer) => {
    raw.push(data);
    const open = createDecipheriv('aes-256-gcm', key(SEAL_INFO.down), nonce(heard++)).setAuthTag(data.subarray(-16));
    try {
      downs.push(JSON.parse(open.update(data.subarray(0, -16)).toString() + open.final()));
    } catch {
      socket.close();
    }
  });
  socket.on('error', () => {});
  const frame = (up: unknown) => {
    const seal = createCipheriv('aes-256-gcm', key(SEAL_INFO.up), nonce(sent++));
    return Buffer.concat([seal.update(JSON.stringify(up)), seal.final(), seal.getAuthTag()]);
  };
  await vi.waitUntil(() => socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CLOSED);
  return {
    socket,
    downs,
    raw,
    cookie,
    again: key(SEAL_INFO.again),
    frame,
    send: (up: unknown) => socket.send(frame(up)),
    closed: () => vi.waitUntil(() => socket.readyState === WebSocket.CLOSED),
  };
}

describe('who may show a visit', () => {
  test('a page with the ticket is linked, and its acts arrive', async () => {
    const page = await openPage();
    page.send({ kind: 'present' });
    await vi.waitUntil(() => ups.length === 1);
    expect(ups).toEqual([{ kind: 'present' }]);
    await vi.waitUntil(() => page.downs.some(({ kind }) => kind === 'go'));
  });

  test('a used ticket is refused, and the next one is another', async () => {
    const first = link.ticket();
    const page = await openPage(first);
    page.socket.close();
    await vi.waitUntil(() => !link.hasPage());
    expect((await redeem(first)).status).toBe(403);
    expect(refused).toEqual(['ticket']);
    expect(tickets).toEqual([link.ticket()]);
    expect(link.ticket()).not.toBe(first);
  });

  test('a second screen is refused while the first is live', async () => {
    await openPage();
    expect((await redeem(link.ticket())).status).toBe(403);
    expect(refused).toEqual(['second-screen']);
  });

  test.each(['null', 'http://evil.example', ''])('a page of the origin "%s" is refused', async (origin) => {
    expect((await redeem(link.ticket(), { Origin: origin })).status).toBe(403);
    expect(refused).toEqual(['origin']);
  });

  test('a request for another host name is refused, so a rebound name reaches nothing', async () => {
    expect((await ask('GET', '/', { Host: 'evil' })).status).toBe(421);
    expect((await ask('GET', '/', { Host: `127.0.0.1:${at().port}` })).status).toBe(421);
    expect((await redeem(link.ticket(), { Host: 'evil' })).status).toBe(421);
    // Told at once, the rest with the minute.
    expect([refused, counts]).toEqual([['host'], [1]]);
  });

  test('a socket without the cookie, or with another origin, is refused', async () => {
    const { json, cookie } = await redeem(link.ticket());
    const { link: name } = json() as Extract<TicketAnswer, { kind: 'welcome' }>;
    for (const headers of [{ Origin: at().origin }, { Origin: 'null', Cookie: cookie }, { Origin: at().origin, Cookie: 'pailou=guess' }]) {
      const socket = new WebSocket(`ws://127.0.0.1:${at().port}/link?k=${name}`, { headers: { Host: at().host, ...headers } });
      await new Promise((resolve) => socket.once('error', resolve));
    }
    expect(refused).toEqual(['ticket', 'origin']);
  });

  test('a page that was reloaded comes back with its cookie', async () => {
    const page = await openPage();
    page.socket.close();
    await vi.waitUntil(() => !link.hasPage());
    const back = await openPage('', { cookie: page.cookie, salt: page.again });
    await vi.waitUntil(() => back.downs.some(({ kind }) => kind === 'go'));
    back.send({ kind: 'present' });
    await vi.waitUntil(() => ups.length === 1);
  });

  test('the cookie alone opens no frame: who comes back must know what the first link agreed on', async () => {
    const page = await openPage();
    page.socket.close();
    await vi.waitUntil(() => !link.hasPage());
    const thief = await openPage('', { cookie: page.cookie, salt: Buffer.alloc(32) });
    await thief.closed();
    expect(thief.raw.length).toBeGreaterThan(0);
    expect(thief.downs).toEqual([]);
  });

  test('the first frame is a beat, sent at once, whether or not the visit has anything to show', async () => {
    const page = await openPage();
    await vi.waitUntil(() => page.downs.length > 0);
    expect(page.downs[0]).toEqual({ kind: 'beat', n: 0 });
  });

  test('the visit answers at both loopback addresses, so that nobody else can at its port', async () => {
    const twin = createServer();
    const outcome = await new Promise((resolve) => {
      twin.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      twin.listen({ host: '::1', port: Number(at().port) }, () => resolve('taken by a stranger'));
    });
    twin.close();
    // A machine without IPv6 has no second address to take.
    expect(['EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(outcome);
  });

  test('whoever knocks without end is told once, and counted by the minute', async () => {
    for (let i = 0; i < 25; i++) await ask('GET', '/', { Host: 'evil' });
    expect([refused, counts]).toEqual([['host'], [1]]);
    nowMs += 60_000;
    await vi.waitUntil(() => refused.length === 2, 3_000);
    expect([refused, counts]).toEqual([
      ['host', 'host'],
      [1, 24],
    ]);
  });

  test('no file outside the page’s folder can be asked for', async () => {
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '//etc/passwd'])
      expect((await ask('GET', path, {})).status).toBe(404);
  });
});

test('a socket that is refused and reset at the same moment harms nobody', async () => {
  for (let i = 0; i < 30; i++)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(at().port), '127.0.0.1', () => {
        socket.write(
          `GET /link HTTP/1.1\r\nHost: evil\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
        );
        socket.resetAndDestroy();
        resolve();
      });
      socket.on('error', () => {});
    });
  await vi.waitUntil(() => refused.length > 0);
  expect((await ask('GET', '/', {})).status).toBe(200);
});

test('a socket whose request line is no address is refused, and ends nothing', async () => {
  const { port, host, origin } = at();
  const { cookie } = await redeem(link.ticket());
  for (const [path, from] of [
    ['//', host],
    ['//', 'evil'],
    ['http://[', host],
  ]) {
    const status = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: ${from}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
        ),
      );
      socket.once('data', (bytes) => resolve(bytes.toString().split('\r\n')[0]!));
      socket.once('error', () => resolve('reset'));
    });
    expect(status).toMatch(/ 40[03] /);
  }
  expect((await ask('GET', '/', {})).status).toBe(200);
});

describe('what crosses the link', () => {
  test('T5 [part] frames are sealed: nothing of a view is readable on the wire', async () => {
    const page = await openPage();
    link.send({ kind: 'held', field: 'documentNumber', value: 'C123456(9)' });
    await vi.waitUntil(() => page.downs.some(({ kind }) => kind === 'held'));
    for (const bytes of page.raw) expect(bytes.includes('C123456') || bytes.includes('documentNumber')).toBe(false);
  });

  test.each([
    ['an unsealed frame', () => Buffer.from(JSON.stringify({ kind: 'present' }))],
    ['an empty frame', () => Buffer.alloc(0)],
    ['rubbish', () => Buffer.alloc(200, 7)],
  ])('%s ends the link, and is counted', async (_, bytes) => {
    const page = await openPage();
    page.socket.send(bytes());
    await page.closed();
    expect(refused).toEqual(['frame']);
    expect(ups).toEqual([]);
  });

  test('a frame that is played again ends the link', async () => {
    const page = await openPage();
    const frame = page.frame({ kind: 'present' });
    page.socket.send(frame);
    page.socket.send(frame);
    await page.closed();
    expect(ups).toHaveLength(1);
    expect(refused).toEqual(['frame']);
  });

  test('a sealed frame that is no message of the contract ends the link', async () => {
    const page = await openPage();
    page.send({ kind: 'act', seq: 1, event: { type: 'CARD_READY' }, extra: true });
    await page.closed();
    expect(refused).toEqual(['frame']);
  });

  test('a frame over 64 KiB ends the link', async () => {
    const page = await openPage();
    page.send({ kind: 'field', seq: 0, id: 'x', rev: 1, value: 'x'.repeat(70_000) });
    await page.closed();
    expect(ups).toEqual([]);
  });

  test('a flood ends the link', async () => {
    const page = await openPage();
    for (let i = 0; i < 400; i++) page.send({ kind: 'present' });
    await page.closed();
    expect(ups.length).toBeLessThanOrEqual(200);
  });
});

test('T2 [part] a page whose script has stopped is given up within its time, and told once', async () => {
  const page = await openPage();
  page.send({ kind: 'beat', n: 0 });
  page.send({ kind: 'present' });
  await vi.waitUntil(() => ups.length === 1);
  nowMs += 2_000;
  await vi.waitUntil(() => pageDead === 1);
  await page.closed();
  nowMs += 60_000;
  expect(link.hasPage()).toBe(false);
  expect((await redeem(link.ticket())).json().kind).toBe('welcome');
  expect(pageDead).toBe(1);
});

test('a page that is still loading has longer, and is given up when it never echoes', async () => {
  const page = await openPage();
  const beats = () => page.downs.filter(({ kind }) => kind === 'beat').length;
  nowMs += 4_000;
  const before = beats();
  await vi.waitUntil(() => beats() > before + 1, 3_000);
  expect(pageDead).toBe(0);
  nowMs += 1_000;
  await vi.waitUntil(() => pageDead === 1);
});
