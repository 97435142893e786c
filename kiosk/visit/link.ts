/**
 * The visit's own address: the built page, the ticket, and one sealed WebSocket. Loopback is not authentication (threats, Links):
 * every request needs the exact Host, every change the exact Origin, and there is one live screen.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { extname, join, relative } from 'node:path';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Down, LINK_TIMES, MAX_FRAME_BYTES, TicketRequest, Up } from '../contract/link.ts';
import { listenOnLoopback } from '../host/loopback.ts';
import { type RefusedWhy, refusals } from './refusals.ts';
import { agreeSeal, type Seal, ticketSalt } from './seal.ts';

export type { RefusedWhy } from './refusals.ts';

export interface LinkHooks {
  /** A ticket was used up; this is the next one. */
  readonly onTicket: (ticket: string) => void;
  /** A page is linked and wants the current view. */
  readonly onPage: () => void;
  readonly onUp: (up: Up) => void;
  /** The page's script has not echoed, or no page came back, for `pageDeadAfterMs`. Told once until a page is back. */
  readonly onPageDead: () => void;
  /** The first refusal of a kind at once; then at most once a minute, with how many there were since. */
  readonly onRefused: (why: RefusedWhy, count: number) => void;
  readonly monotonicMs: () => number;
}

export interface LinkServer {
  readonly address: string;
  readonly ticket: () => string;
  /** Sends to the page, if one is linked. False when there is none. */
  send(down: Down): boolean;
  setSuccessor(successor: { readonly address: string; readonly ticket: string }): void;
  readonly hasPage: () => boolean;
  close(): void;
}

interface LivePage {
  readonly socket: WebSocket;
  readonly seal: Seal;
  echoedAtMs: number;
  deadAfterMs: number;
  frames: number;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

/** Frames a page may send between two beats; a person with both hands on the glass sends a tenth of it. */
const MAX_FRAMES_PER_BEAT = 200;

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function pageFiles(pageDir: string): ReadonlyMap<string, string> {
  const files = readdirSync(pageDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => [
      `/${relative(pageDir, join(entry.parentPath, entry.name)).replaceAll('\\', '/')}`,
      join(entry.parentPath, entry.name),
    ]),
  );
}

export async function openLink(
  given: { readonly pageDir: string; readonly frontDoor: string | null; readonly dock: string | null },
  hooks: LinkHooks,
): Promise<LinkServer> {
  const hostName = `v${randomBytes(8).toString('hex')}.localhost`;
  const files = pageFiles(given.pageDir);
  let origin = '';
  let ticket = randomBytes(24).toString('base64url');
  let cookie: string | null = null;
  /** Salt of the next agreement with the page that has the cookie; only its first link could tell it. */
  let again: Buffer | null = null;
  let successor: { address: string; ticket: string } | null = null;
  let pending: { link: string; seal: Seal } | null = null;
  let live: LivePage | null = null;
  let pageLostAtMs: number | null = null;
  let beat = 0;
  const refused = refusals({ tell: hooks.onRefused, monotonicMs: hooks.monotonicMs });

  const app = fastify({ logger: false, bodyLimit: 4096, forceCloseConnections: true });
  const connectTo = [
    "'self'",
    ...(given.frontDoor ? [new URL(given.frontDoor).origin, 'http://*.localhost:*'] : []),
    ...(given.dock ? [new URL(given.dock).origin] : []),
  ];
  const securityHeaders = {
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src ${connectTo.join(' ')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
    'Cache-Control': 'no-store',
  };

  const rightHost = (request: IncomingMessage) => request.headers.host === origin.slice('http://'.length);
  const rightOrigin = (request: IncomingMessage) => request.headers.origin === origin;
  const rightCookie = (request: IncomingMessage) => {
    const sent = /(?:^|; )pailou=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    return cookie !== null && sent !== undefined && same(sent, cookie);
  };

  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(securityHeaders);
    if (rightHost(request.raw)) return;
    refused.count('host');
    await reply.code(421).send();
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(400).send());
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  // Another visit's page asks whether anybody is here, from its own origin; there is nothing to read.
  app.get('/alive', (_request, reply) => reply.header('Cross-Origin-Resource-Policy', 'cross-origin').code(204).send());
  app.get('/*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    const file = files.get(path === '/' ? '/index.html' : path);
    if (!file) return reply.code(404).send();
    return reply.type(TYPES[extname(file)] ?? 'application/octet-stream').send(createReadStream(file));
  });

  app.post('/ticket', (request, reply) => {
    const refuse = (why: RefusedWhy) => {
      refused.count(why);
      return reply.code(403).send({ kind: 'refused' });
    };
    if (!rightOrigin(request.raw)) return refuse('origin');
    const asked = TicketRequest.safeParse(request.body);
    if (!asked.success) return refuse('ticket');
    if (asked.data.ticket === null ? !rightCookie(request.raw) : !same(asked.data.ticket, ticket)) return refuse('ticket');
    if (live) return refuse('second-screen');
    const salt = asked.data.ticket === null ? again : ticketSalt(asked.data.ticket);
    const agreed = salt && agreeSeal(asked.data.publicKey, salt);
    if (!agreed) return refuse('ticket');
    if (asked.data.ticket !== null) {
      again = agreed.again;
      cookie = randomBytes(24).toString('base64url');
      ticket = randomBytes(24).toString('base64url');
      hooks.onTicket(ticket);
      reply.header('Set-Cookie', `pailou=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
    }
    pending = { link: randomBytes(12).toString('base64url'), seal: agreed.seal };
    return reply.send({
      kind: 'welcome',
      publicKey: agreed.publicKey,
      link: pending.link,
      successor,
      frontDoor: given.frontDoor,
      dock: given.dock,
    });
  });

  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
  app.server.on('upgrade', (request, socket, head) => {
    // From here the server no longer listens for this socket's errors, and one that nobody hears would end the process.
    socket.on('error', () => socket.destroy());
    const why: RefusedWhy | null = !rightHost(request)
      ? 'host'
      : !rightOrigin(request)
        ? 'origin'
        : !rightCookie(request) || !pending || request.url !== `/link?k=${pending.link}`
          ? 'ticket'
          : live
            ? 'second-screen'
            : null;
    if (why !== null) {
      refused.count(why);
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const { seal } = pending!;
    pending = null;
    sockets.handleUpgrade(request, socket, head, (page) => {
      // A page that is still loading shows nothing of anybody; from its first echo on it has the shorter time.
      const mine: LivePage = { socket: page, seal, echoedAtMs: hooks.monotonicMs(), deadAfterMs: LINK_TIMES.pageLoadsWithinMs, frames: 0 };
      live = mine;
      pageLostAtMs = null;
      page.on('error', () => page.terminate());
      page.on('close', () => {
        if (live !== mine) return;
        live = null;
        pageLostAtMs = hooks.monotonicMs();
      });
      page.on('message', (data, isBinary) => {
        if (live !== mine) return;
        const plain = isBinary && ++mine.frames <= MAX_FRAMES_PER_BEAT ? seal.open(data as Buffer) : null;
        const up = plain === null ? null : parseUp(plain);
        if (up === null) {
          // A frame that is not the page's own next one: this link is over; the page may come back with its cookie.
          refused.count('frame');
          page.terminate();
        } else if (up.kind === 'beat') {
          mine.echoedAtMs = hooks.monotonicMs();
          mine.deadAfterMs = LINK_TIMES.pageDeadAfterMs;
        } else hooks.onUp(up);
      });
      // The first frame, whatever the visit has to show: a page trusts nothing of this link before it has opened one.
      send({ kind: 'beat', n: beat++ });
      hooks.onPage();
    });
  });

  const send = (down: Down): boolean => {
    if (!live || live.socket.readyState !== live.socket.OPEN) return false;
    live.socket.send(live.seal.seal(JSON.stringify(down)), { binary: true });
    return true;
  };
  const timer = setInterval(() => {
    const nowMs = hooks.monotonicMs();
    refused.tellLater();
    if (live) {
      live.frames = 0;
      send({ kind: 'beat', n: beat++ });
      if (nowMs - live.echoedAtMs < live.deadAfterMs) return;
      // A stopped renderer answers nothing: give its link up, so that the browser started anew is not a second screen.
      live.socket.terminate();
      live = null;
      pageLostAtMs = null;
      hooks.onPageDead();
    } else if (pageLostAtMs !== null && nowMs - pageLostAtMs >= LINK_TIMES.pageDeadAfterMs) {
      pageLostAtMs = null;
      hooks.onPageDead();
    }
  }, LINK_TIMES.beatEveryMs);

  await app.ready();
  const loopback = await listenOnLoopback(app.server, 0);
  origin = `http://${hostName}:${loopback.port}`;
  return {
    address: `${origin}/`,
    ticket: () => ticket,
    send,
    setSuccessor(next) {
      successor = { ...next };
      send({ kind: 'successor', successor });
    },
    hasPage: () => live !== null,
    close() {
      clearInterval(timer);
      for (const page of sockets.clients) page.terminate();
      loopback.close();
      void app.close();
    },
  };
}

function parseUp(plain: string): Up | null {
  try {
    const parsed = Up.safeParse(JSON.parse(plain));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
