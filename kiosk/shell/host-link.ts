/** The shell's side of the host's socket: what to show, when to start the browser again, and that the host is gone. */
import { connect } from 'node:net';
import { type Caller, rpcCaller } from '../../firmware-bridge/rpc.ts';
import { HOST_PROTOCOL_VERSION, HOST_TIMES, hostEvents, hostRequests, type Launch } from '../host/protocol.ts';

const RETRY_FIRST_MS = 30;
const RETRY_MOST_MS = 1_000;
const HELLO_MS = 3_000;
const LOOKS_EVERY_MS = 500;

export interface Shell {
  /** This visit serves. Its page comes by itself where one is open already; else it is opened. */
  show(launch: Launch): void;
  /** Whatever is on the glass is not to be trusted: end it and open this. */
  restart(launch: Launch): void;
  /** Nobody is there to end a visit: what is on the glass goes, and black stays until the host is back. */
  hostGone(): void;
}

export interface HostLink {
  /** Asks which visit serves now: `show` comes with a ticket that was not used yet. */
  askAgain(): void;
}

/** Keeps the shell joined to the host for as long as this process lives; a host that was started anew is found again. */
export function joinHost(given: {
  readonly socket: string;
  readonly token: string;
  readonly shell: Shell;
  readonly log: (event: string) => void;
}): HostLink {
  let joined: { close(): void } | null = null;
  let asking = false;
  let retryMs = RETRY_FIRST_MS;
  const again = () => {
    setTimeout(dial, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MOST_MS);
  };
  const dial = () => {
    const socket = connect(given.socket);
    socket.once('error', again);
    socket.once('connect', async () => {
      socket.removeListener('error', again);
      const host = rpcCaller(socket, hostRequests, hostEvents, () => given.log('shell.malformed'));
      host.on('shell.show', given.shell.show);
      host.on('shell.restart', given.shell.restart);
      const listening = listenForBeats(host);
      host.onClose(() => {
        clearInterval(listening);
        joined = null;
        if (!asking) given.shell.hostGone();
        asking = false;
        again();
      });
      const hello = await host.call('hello', { version: HOST_PROTOCOL_VERSION, role: 'shell', visit: null, token: given.token }, HELLO_MS);
      if (hello.kind === 'answered' && hello.value.kind === 'done') {
        retryMs = RETRY_FIRST_MS;
        joined = host;
        return;
      }
      given.log('shell.refused');
      host.close();
    });
  };
  /** A host that says nothing any more cannot end a visit either: it is as good as gone. */
  const listenForBeats = (host: Caller<typeof hostRequests, typeof hostEvents>) => {
    let [heardAtMs, lookedAtMs] = [performance.now(), performance.now()];
    host.on('shell.beat', () => {
      heardAtMs = performance.now();
    });
    return setInterval(() => {
      const nowMs = performance.now();
      // This process stood still itself: what the host said meanwhile is not read yet.
      if (nowMs - lookedAtMs > 2 * LOOKS_EVERY_MS) heardAtMs = nowMs;
      lookedAtMs = nowMs;
      if (nowMs - heardAtMs < HOST_TIMES.shellBlackAfterMs) return;
      given.log('shell.host-silent');
      host.close();
    }, LOOKS_EVERY_MS);
  };
  dial();
  return {
    // The host tells a shell that joins what to show; so joining again is the question.
    askAgain() {
      if (!joined) return;
      asking = true;
      joined.close();
    },
  };
}
