/** The host's side of the bridge: grants the lease, hears how the devices are, and comes back when the bridge was started anew. */
import { connect } from 'node:net';
import { BRIDGE_PROTOCOL_VERSION, bridgeEvents, bridgeRequests, type DeviceHealth } from '../../firmware-bridge/protocol.ts';
import { type Caller, rpcCaller } from '../../firmware-bridge/rpc.ts';
import { HOST_TIMES } from './protocol.ts';

export interface HostBridge {
  /** False when there is no bridge now; `onBack` tells when there is one again. */
  grantLease(lease: string, token: string): Promise<boolean>;
  /** Null while there is no bridge. */
  health(): DeviceHealth | null;
  close(): void;
}

const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;
const MISSES = 3;

export function joinBridge(given: {
  readonly socket: string;
  readonly token: string;
  readonly onBack: () => void;
  readonly log: (event: string) => void;
}): HostBridge {
  let caller: Caller<typeof bridgeRequests, typeof bridgeEvents> | null = null;
  let health: DeviceHealth | null = null;
  let retryMs = RETRY_FIRST_MS;
  let closing = false;

  const again = () => {
    if (closing) return;
    setTimeout(dial, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MOST_MS);
  };
  const dial = () => {
    const socket = connect(given.socket);
    socket.once('error', again);
    socket.once('connect', async () => {
      socket.removeListener('error', again);
      const next = rpcCaller(socket, bridgeRequests, bridgeEvents);
      next.on('health.changed', (changed) => {
        health = changed;
      });
      next.onClose(() => {
        if (caller === next) {
          given.log('bridge.gone');
          caller = null;
          health = null;
        }
        again();
      });
      const greet = (withinMs: number) =>
        next.call('hello', { version: BRIDGE_PROTOCOL_VERSION, role: 'host', token: given.token }, withinMs);
      const hello = await greet(HOST_TIMES.leaseMs);
      if (hello.kind !== 'answered' || hello.value.kind !== 'welcome') {
        given.log('bridge.refused');
        return next.close();
      }
      retryMs = RETRY_FIRST_MS;
      health = hello.value.health;
      caller = next;
      given.onBack();
      // Any answer will do: a second greeting is refused by a bridge that lives, and changes nothing.
      for (let misses = 0; caller === next; ) {
        await new Promise((resolve) => setTimeout(resolve, HOST_TIMES.bridgeAskedEveryMs));
        if (caller !== next) return;
        misses = (await greet(HOST_TIMES.bridgeAskedEveryMs)).kind === 'answered' ? 0 : misses + 1;
        if (misses < MISSES) continue;
        given.log('bridge.hangs');
        return next.close();
      }
    });
  };
  dial();
  return {
    async grantLease(lease, token) {
      const answer = await caller?.call('lease.grant', { lease, token }, HOST_TIMES.leaseMs);
      return answer?.kind === 'answered' && answer.value.kind === 'done';
    },
    health: () => health,
    close() {
      closing = true;
      caller?.close();
    },
  };
}
