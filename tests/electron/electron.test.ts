/** The Electron shell for real, with a host and visits played by the test: what a page can and cannot do in its window. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as SocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Answerer, rpcAnswerer } from '../../firmware-bridge/rpc.ts';
import { hostEvents, hostRequests } from '../../kiosk/host/protocol.ts';

const BUILD_DIR = join(import.meta.dirname, '../../.build');
const BINARY = process.env['PAILOU_TEST_ELECTRON']!;
const within = { timeout: 15_000, interval: 25 };
const done = { kind: 'done' } as const;

interface Said {
  readonly visit: string;
  readonly what: string;
  readonly value: unknown;
}

/** Runs in the page: tries what it must not be able to do, and tells what came of it. */
const PROBE = `
  const say = (what, value) => fetch('/say', { method: 'POST', body: JSON.stringify({ what, value }) });
  (async () => {
    await say('ticket', location.hash);
    await say('node', typeof require + typeof process);
    await say('window', window.open('/other') === null);
    await say('geolocation', await new Promise((r) => navigator.geolocation.getCurrentPosition(() => r('given'), () => r('denied'))));
    await say('stored', localStorage.getItem('left') ?? 'nothing');
    localStorage.setItem('left', 'something');
    await say('elsewhere', await fetch('http://127.0.0.1:' + location.port + '/secret', { mode: 'no-cors' }).then(() => 'reached', () => 'refused'));
    location.href = 'http://127.0.0.1:' + location.port + '/outside';
    setTimeout(() => say('here', 'yes'), 300);
  })();`;

describe('the Electron shell', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pailou-electron-'));
  const said: Said[] = [];
  const outside: string[] = [];
  const name = () => `v${randomBytes(8).toString('hex')}.localhost`;
  const [first, second] = [name(), name()];
  let pages: Server;
  let host: SocketServer;
  let shell: ChildProcess;
  let link: Answerer<typeof hostEvents> | null = null;
  const address = (visit: string) => `http://${visit}:${(pages.address() as AddressInfo).port}/`;
  const value = (visit: string, what: string) => said.find((one) => one.visit === visit && one.what === what)?.value;

  beforeAll(async () => {
    pages = createHttpServer((request, response) => {
      const visit = request.headers.host!.split(':')[0]!;
      if (request.url === '/outside' || request.url === '/secret') outside.push(request.url);
      if (request.url !== '/say') return response.setHeader('Content-Type', 'text/html').end(`<script>${PROBE}</script>`);
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        said.push({ visit, ...JSON.parse(body) });
        response.end();
      });
    });
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    host = createServer((socket) => {
      const only = () => done;
      const handlers = {
        hello: ({ role }: { role: string }) => {
          if (role === 'shell')
            setImmediate(() => link?.tell('shell.show', { address: address(first), ticket: 'first-ticket-0123456789' }));
          return done;
        },
        ...{ register: only, alive: only, used: only, shown: only, 'page-dead': only, ended: only },
      };
      link = rpcAnswerer(socket, hostRequests, handlers as never, hostEvents);
    });
    host.listen(join(dir, 'host.sock'));
    await once(host, 'listening');
    const config = join(dir, 'shell.json');
    writeFileSync(config, JSON.stringify({ runDir: dir, binary: BINARY, demo: true, sandbox: process.getuid?.() !== 0, headless: false }));
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    shell = spawn(BINARY, [...sandbox, join(BUILD_DIR, 'shell-electron.js'), config], { stdio: ['pipe', 'ignore', 'inherit'] });
    shell.stdin!.write(`${JSON.stringify({ shellToken: 'shell-token-0123456789' })}\n`);
    await vi.waitUntil(() => value(first, 'here') !== undefined, within);
  }, 30_000);
  afterAll(() => {
    shell?.kill('SIGKILL');
    pages?.close();
    host?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('shows the visit with its ticket', () => {
    expect(value(first, 'ticket')).toBe('#t=first-ticket-0123456789');
  });

  test('SH-11 [part] the page gets no Node, no window, no permission, and leads nowhere else', () => {
    expect(value(first, 'node')).toBe('undefinedundefined');
    expect(value(first, 'window')).toBe(true);
    expect(value(first, 'geolocation')).toBe('denied');
    expect(value(first, 'elsewhere')).toBe('refused');
    expect(outside).toEqual([]);
  });

  test('T5 [part] the browser is started again with nothing of what the page before had stored', async () => {
    link!.tell('shell.restart', { address: address(second), ticket: 'second-ticket-0123456789' });
    await vi.waitUntil(() => value(second, 'here') !== undefined, within);
    expect(value(second, 'stored')).toBe('nothing');
  });

  test('ends when its supervisor is gone', async () => {
    const gone = once(shell, 'exit');
    shell.stdin!.end();
    await gone;
  });
});
