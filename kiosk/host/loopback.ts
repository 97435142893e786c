/** Both loopback addresses at one port: a browser tries `[::1]` first for `*.localhost`, so whoever held it would be that origin. */
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';

export interface Loopback {
  readonly port: number;
  close(): void;
}

const ATTEMPTS = 20;

function listening(server: NetServer, host: string, port: number): Promise<'listening' | 'in-use' | 'no-such-address'> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      server.removeListener('listening', well);
      if (error.code === 'EADDRINUSE') resolve('in-use');
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve('no-such-address');
      else reject(error);
    };
    const well = () => {
      server.removeListener('error', failed);
      resolve('listening');
    };
    server.once('error', failed);
    server.once('listening', well);
    server.listen({ host, port, exclusive: true, ...(host === '::1' ? { ipv6Only: true } : {}) });
  });
}

const closed = (server: NetServer) => new Promise<void>((resolve) => server.close(() => resolve()));

/**
 * Lets the server listen on 127.0.0.1 and, where this machine has it, on ::1, at the same port. A port of which somebody else has
 * either address is not taken: another one is. Rejects only when no port at all can be had.
 */
export async function listenOnLoopback(server: Server, wantedPort: number): Promise<Loopback> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const main = await listening(server, '127.0.0.1', attempt === 0 ? wantedPort : 0);
    if (main === 'no-such-address') break;
    if (main === 'in-use') continue;
    const { port } = server.address() as AddressInfo;
    const twin = createServer((socket) => void server.emit('connection', socket));
    const second = await listening(twin, '::1', port);
    if (second !== 'in-use') {
      twin.on('error', () => {});
      return {
        port,
        close() {
          twin.close();
          server.close();
          server.closeAllConnections();
        },
      };
    }
    await closed(server);
  }
  throw new Error('no port of the loopback addresses can be had');
}
