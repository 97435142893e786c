/** Serves a slip's dots to the bridge, once, on a socket of its own: no message carries them, since a text cannot be zeroed (T5). */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export interface SlipSocket {
  readonly source: { readonly path: string; readonly secret: string };
  /** Ends whatever is still open; the dots are the caller's to zero. */
  close(): void;
}

/** Listens in `runDir`, mode 0600, for one client that says the secret first. `null`: it cannot listen there. */
export function serveSlip(runDir: string, bits: Buffer): Promise<SlipSocket | null> {
  const path = join(runDir, `slip-${randomBytes(8).toString('hex')}.sock`);
  const secret = randomBytes(24).toString('base64url');
  const wanted = Buffer.from(`${secret}\n`);
  const sockets = new Set<Socket>();
  let served = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    // A bridge that hangs up has its reasons and tells them in its answer.
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    let said = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      said = Buffer.concat([said, chunk]);
      if (said.length < wanted.length) return;
      if (served || said.length > wanted.length || !timingSafeEqual(said, wanted)) return void socket.destroy();
      served = true;
      socket.removeAllListeners('data');
      socket.resume();
      socket.end(bits);
    });
  });
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    // Made with no moment in which another user could open it (T9); listening on a path binds at once.
    const before = process.umask(0o177);
    server.listen(path, () =>
      resolve({
        source: { path, secret },
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
          rmSync(path, { force: true });
        },
      }),
    );
    process.umask(before);
  });
}
