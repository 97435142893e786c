import type { SimState, simRequests } from '../../../firmware-bridge/protocol.ts';

type State = import('zod').infer<typeof SimState>;
type Method = keyof typeof simRequests;
type Params<M extends Method> = import('zod').input<(typeof simRequests)[M]['params']>;
type Result<M extends Method> = import('zod').infer<(typeof simRequests)[M]['result']>;

export interface DockLink {
  /** Asks the simulators; waits for as long as the socket is there. */
  ask<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
}

const RECONNECT_MS = 500;

export type Alert = 'card-left' | 'paper' | null;

/** Keeps a socket to the simulators; `onState` hears their state and `onAlert` what staff are called for, at the start and after each change. */
export function connectDock(address: string, onState: (state: State) => void, onAlert: (why: Alert) => void): DockLink {
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  let socket: WebSocket;
  let lastId = 0;
  const waiting = new Map<number, (result: never) => void>();

  const ask: DockLink['ask'] = (method, params) =>
    new Promise((resolve) => {
      lastId += 1;
      waiting.set(lastId, resolve as (result: never) => void);
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });

  const connect = () => {
    socket = new WebSocket(url);
    socket.onopen = async () => onState(await ask('state', {}));
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as
        | { id: number; result: never }
        | { event: 'state.changed'; params: State }
        | { event: 'alert'; params: { why: Alert } };
      if ('event' in frame) {
        if (frame.event === 'alert') onAlert(frame.params.why);
        else onState(frame.params);
      } else {
        waiting.get(frame.id)?.(frame.result);
        waiting.delete(frame.id);
      }
    };
    socket.onclose = () => {
      waiting.clear();
      setTimeout(connect, RECONNECT_MS);
    };
  };
  connect();
  return { ask };
}
