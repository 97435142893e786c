/** How bytes reach a printer and come back. TCP is the one there is; USB and serial would be the same two functions. */
import { connect } from 'node:net';

export interface Link {
  /** Resolves when the machine has taken the bytes (`taken`) or never will (`lost`). Zeroes the buffer then. */
  send(bytes: Buffer): Promise<'taken' | 'lost'>;
  /** Ends the connection at once and forgets what was not sent yet. */
  abandon(): void;
}

export interface Hearing {
  readonly onBytes: (bytes: Buffer) => void;
  /** Once, however the connection ended. */
  readonly onLost: () => void;
}

/** Opens one connection, or gives up after `timeoutMs`. */
export type Transport = (hearing: Hearing, timeoutMs: number) => Promise<{ kind: 'open'; link: Link } | { kind: 'unreachable' }>;

/** Port 9100 of a network printer: raw bytes both ways. */
export const tcpTransport =
  (host: string, port: number): Transport =>
  (hearing, timeoutMs) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true });
      const timer = setTimeout(() => socket.destroy(), timeoutMs);
      let opened = false;
      // Every error is followed by `close`, where it is dealt with.
      socket.on('error', () => {});
      socket.on('data', hearing.onBytes);
      socket.once('close', () => {
        clearTimeout(timer);
        if (opened) hearing.onLost();
        else resolve({ kind: 'unreachable' });
      });
      socket.once('connect', () => {
        opened = true;
        clearTimeout(timer);
        resolve({
          kind: 'open',
          link: {
            send: (bytes) =>
              new Promise((taken) => {
                socket.write(bytes, (error) => {
                  bytes.fill(0);
                  taken(error ? 'lost' : 'taken');
                });
              }),
            // A reset, since an ordinary close would still deliver what waits in the kernel.
            abandon: () => void socket.resetAndDestroy(),
          },
        });
      });
    });
