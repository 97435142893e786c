/** The host's own HTTP: health, the printed front door of a demonstration site, and the device dock's socket. */
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fastify from 'fastify';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { DeviceHealth } from '../../firmware-bridge/protocol.ts';
import { simEvents, simRequests } from '../../firmware-bridge/protocol.ts';
import { rpcCaller } from '../../firmware-bridge/rpc.ts';
import { listenOnLoopback } from './loopback.ts';
import type { AlertWhy, Launch } from './protocol.ts';

export interface DoorsGiven {
  readonly port: number;
  readonly demo: boolean;
  readonly version: string;
  readonly simSocket: string | null;
  readonly serving: () => { readonly launch: Launch | null; readonly store: 'open' | 'off' } | null;
  readonly health: () => DeviceHealth | null;
  readonly clockSure: () => boolean;
  /** What staff are called for now. */
  readonly alert: () => AlertWhy | null;
  /** Origins of the visits that live; a dock belongs to one of their pages. */
  readonly origins: () => string[];
}

export interface Doors {
  readonly port: number;
  readonly frontDoor: string;
  /** The docks' lamp follows the alert. */
  tellAlert(): void;
  close(): void;
}

const DockFrame = z.object({ id: z.number().int(), method: z.enum(['do', 'state', 'paper']), params: z.unknown() }).strict();
const SIM_MS = 5_000;

const NOT_YET = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Pailou</title><p>Starting…</p>';

export async function openDoors(given: DoorsGiven, dockToken: string): Promise<Doors> {
  const startedAtMs = performance.now();
  const app = fastify({ logger: false, forceCloseConnections: true });
  let port = 0;
  const rightHost = (request: IncomingMessage) => [`localhost:${port}`, `127.0.0.1:${port}`].includes(request.headers.host ?? '');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
    });
    if (!rightHost(request.raw)) await reply.code(421).send();
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(400).send());
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());

  app.get('/healthz', (_request, reply) => {
    const devices = given.health();
    const store = given.serving()?.store ?? 'off';
    const well =
      devices !== null &&
      devices.card === 'ready' &&
      (devices.printer === 'ready' || devices.printer === 'near-end') &&
      store === 'open' &&
      given.clockSure();
    const absent = { card: 'absent', scanner: 'absent', keypad: 'absent', printer: 'absent', camera: 'absent', speech: 'absent' };
    return reply.send({
      status: well ? 'ok' : 'degraded',
      version: given.version,
      uptimeSeconds: Math.round((performance.now() - startedAtMs) / 1000),
      devices: devices ?? absent,
      store,
      clock: given.clockSure() ? 'sure' : 'unsure',
      alert: given.alert(),
      bridge: devices === null ? 'gone' : 'joined',
    });
  });

  if (given.demo)
    app.get('/', (_request, reply) => {
      const launch = given.serving()?.launch;
      return launch ? reply.redirect(`${launch.address}#t=${launch.ticket}`, 302) : reply.type('text/html').send(NOT_YET);
    });

  const lamps = new Set<() => void>();
  const docks = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 });
  app.server.on('upgrade', (request, socket, head) => {
    // From here the server no longer listens for this socket's errors, and one that nobody hears would end the process.
    socket.on('error', () => socket.destroy());
    if (
      !given.simSocket ||
      !rightHost(request) ||
      request.url !== `/dock/${dockToken}` ||
      !given.origins().includes(request.headers.origin ?? '')
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const simSocket = given.simSocket;
    docks.handleUpgrade(request, socket, head, (page) => {
      const simulators = rpcCaller(connect(simSocket), simRequests, simEvents);
      const tell = (frame: unknown) => page.readyState === page.OPEN && page.send(JSON.stringify(frame));
      const tellAlert = () => tell({ event: 'alert', params: { why: given.alert() } });
      lamps.add(tellAlert);
      page.on('close', () => lamps.delete(tellAlert));
      tellAlert();
      simulators.on('state.changed', (state) => tell({ event: 'state.changed', params: state }));
      simulators.onClose(() => page.close());
      page.on('close', () => simulators.close());
      page.on('error', () => page.terminate());
      page.on('message', async (data) => {
        let frame: ReturnType<typeof DockFrame.safeParse>;
        try {
          frame = DockFrame.safeParse(JSON.parse(String(data)));
        } catch {
          return page.close();
        }
        if (!frame.success) return page.close();
        const { id, method, params } = frame.data;
        const checked = simRequests[method].params.safeParse(params);
        if (!checked.success) return tell({ id, result: { kind: 'refused', why: 'not a command of the simulators' } });
        const answer = await simulators.call(method, checked.data as never, SIM_MS);
        tell({ id, result: answer.kind === 'answered' ? answer.value : { kind: 'refused', why: 'the simulators do not answer' } });
      });
    });
  });

  await app.ready();
  const loopback = await listenOnLoopback(app.server, given.port);
  port = loopback.port;
  return {
    port,
    frontDoor: `http://localhost:${port}/`,
    tellAlert() {
      for (const tell of lamps) tell();
    },
    close() {
      loopback.close();
      void app.close();
    },
  };
}
