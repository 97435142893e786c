/**
 * JSON-RPC over a Unix socket with both ends checked by schema. `vscode-jsonrpc` does the framing; it is never traced, since
 * its traces print what is sent.
 */
import type { Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  NullLogger,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { z } from 'zod';

export interface RequestShape {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}
export type RequestMap = Readonly<Record<string, RequestShape>>;
export type EventMap = Readonly<Record<string, z.ZodType>>;

type Name<M> = keyof M & string;

export type Handlers<R extends RequestMap> = {
  readonly [K in Name<R>]: (params: z.output<R[K]['params']>) => Promise<z.input<R[K]['result']>> | z.input<R[K]['result']>;
};

export type CallOutcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'no-answer'; readonly why: 'timed-out' | 'closed' | 'malformed' };

/** The asking end: calls requests, hears events. */
export interface Caller<R extends RequestMap, E extends EventMap> {
  /** Asks, waits at most `timeoutMs`, and checks the answer. Never throws, never rejects. */
  call<K extends Name<R>>(name: K, params: z.input<R[K]['params']>, timeoutMs: number): Promise<CallOutcome<z.output<R[K]['result']>>>;
  /** Hears one kind of event. What does not fit its schema is dropped and counted as malformed. */
  on<K extends Name<E>>(name: K, hear: (event: z.output<E[K]>) => void): void;
  onClose(hear: () => void): void;
  close(): void;
}

/** The answering end: one per connection. */
export interface Answerer<E extends EventMap> {
  /** Tells the other end; a closed socket is no error. */
  tell<K extends Name<E>>(name: K, event: z.input<E[K]>): void;
  onClose(hear: () => void): void;
  close(): void;
}

/** Hears the name of a message that did not fit its schema, never its content. */
export type OnMalformed = (name: string) => void;

const MALFORMED = -32602;
const FAULT = -32603;

function open(socket: Socket): { connection: MessageConnection; onClose: (hear: () => void) => () => void; isOpen: () => boolean } {
  const hearers = new Set<() => void>();
  let alive = true;
  // A peer that vanishes is an ordinary end, told by onClose; without a listener it would end this process.
  socket.on('error', () => socket.destroy());
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket), NullLogger);
  connection.onError(() => socket.destroy());
  socket.once('close', () => {
    alive = false;
    for (const hear of [...hearers]) hear();
    connection.dispose();
  });
  return {
    connection,
    isOpen: () => alive,
    onClose(hear) {
      if (alive) hearers.add(hear);
      else queueMicrotask(hear);
      return () => hearers.delete(hear);
    },
  };
}

export function rpcCaller<R extends RequestMap, E extends EventMap>(
  socket: Socket,
  requests: R,
  events: E,
  onMalformed: OnMalformed = () => {},
): Caller<R, E> {
  const { connection, onClose, isOpen } = open(socket);
  connection.listen();
  return {
    async call(name, params, timeoutMs) {
      if (!isOpen()) return { kind: 'no-answer', why: 'closed' };
      return await new Promise((resolve) => {
        const settle = (outcome: CallOutcome<never>) => {
          clearTimeout(timer);
          forget();
          resolve(outcome);
        };
        const timer = setTimeout(() => settle({ kind: 'no-answer', why: 'timed-out' }), timeoutMs);
        const forget = onClose(() => settle({ kind: 'no-answer', why: 'closed' }));
        connection.sendRequest(name, params).then(
          (raw) => {
            const parsed = requests[name]!.result.safeParse(raw);
            if (!parsed.success) onMalformed(name);
            settle(parsed.success ? { kind: 'answered', value: parsed.data as never } : { kind: 'no-answer', why: 'malformed' });
          },
          () => {
            if (isOpen()) onMalformed(name);
            settle({ kind: 'no-answer', why: isOpen() ? 'malformed' : 'closed' });
          },
        );
      });
    },
    on(name, hear) {
      connection.onNotification(name, (raw: unknown) => {
        const parsed = events[name]!.safeParse(raw);
        if (!parsed.success) return onMalformed(name);
        try {
          hear(parsed.data as never);
        } catch (fault) {
          // `vscode-jsonrpc` would swallow it; an exception is a bug and ends the process as any other does.
          queueMicrotask(() => {
            throw fault;
          });
        }
      });
    },
    onClose: (hear) => void onClose(hear),
    close: () => socket.destroy(),
  };
}

export function rpcAnswerer<R extends RequestMap, E extends EventMap>(
  socket: Socket,
  requests: R,
  handlers: Handlers<R>,
  _events: E,
  onMalformed: OnMalformed = () => {},
  /** Hears the name of a request whose handler threw. The text of an error can quote what it was about, so nobody is told it. */
  onFault: OnMalformed = onMalformed,
): Answerer<E> {
  const { connection, onClose, isOpen } = open(socket);
  for (const name of Object.keys(requests) as Name<R>[]) {
    connection.onRequest(name, async (raw: unknown) => {
      const parsed = requests[name]!.params.safeParse(raw);
      if (!parsed.success) {
        onMalformed(name);
        // The texts of a schema error can quote the input, so none of it is answered.
        return new ResponseError(MALFORMED, 'BAD_MESSAGE');
      }
      try {
        return await handlers[name](parsed.data as never);
      } catch {
        onFault(name);
        return new ResponseError(FAULT, 'FAULT');
      }
    });
  }
  connection.listen();
  return {
    tell(name, event) {
      if (isOpen()) connection.sendNotification(name, event).catch(() => {});
    },
    onClose: (hear) => void onClose(hear),
    close: () => socket.destroy(),
  };
}
