/** Where a kiosk keeps what outlives it, and where its sockets are. Both outside the clone, both only for their owner. */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export type Place = { readonly kind: 'dir'; readonly path: string } | { readonly kind: 'wrong'; readonly complaint: string };

/** A directory nobody else may enter; one that is there already must be ours, and no link to somewhere else. */
export function ownDir(path: string): Place {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(path);
    const isDirectory = lstatSync(path).isDirectory();
    if (!isDirectory || uid !== userInfo().uid || (mode & 0o077) !== 0)
      return { kind: 'wrong', complaint: `${path}: must be a directory of this user with mode 0700` };
    return { kind: 'dir', path };
  } catch {
    return { kind: 'wrong', complaint: `${path}: cannot be made` };
  }
}

/** `$PAILOU_DATA`, else the user's own data directory. */
export function dataDir(env: NodeJS.ProcessEnv, siteName: string): string {
  return env['PAILOU_DATA'] ?? join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'pailou', siteName);
}

/** `$PAILOU_RUN`, else the session's run directory; `npm run sim` looks in the same place. */
export function runDir(env: NodeJS.ProcessEnv): string {
  if (env['PAILOU_RUN']) return env['PAILOU_RUN'];
  return env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'pailou') : join(tmpdir(), `pailou-${userInfo().uid}`);
}

/** Takes the run directory for this kiosk, or says that another one runs in it. Held until the server closes. */
export function takeRunDir(path: string): Promise<{ readonly kind: 'taken'; readonly hold: Server } | { readonly kind: 'in-use' }> {
  const socket = join(path, 'supervisor.sock');
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve({ kind: 'in-use' });
    });
    probe.once('error', () => {
      // Left behind by a kiosk that was killed.
      rmSync(socket, { force: true });
      const hold = createServer((peer) => peer.destroy());
      hold.once('error', () => resolve({ kind: 'in-use' }));
      hold.listen(socket, () => resolve({ kind: 'taken', hold }));
      hold.unref();
    });
  });
}
