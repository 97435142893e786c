/** PC/SC through `pcsclite`. Only the monitor and the workers load this: the addon has calls that never return. */
import { createRequire } from 'node:module';
import { cardTimes } from '../timeouts.ts';
import type { CardConnection, Connected, Transmitted, WatchHears } from './reader.ts';

/** The part of the addon we use; its own types hide the state word's upper half. */
interface NativeReader {
  readonly name: string;
  on(event: 'status', hear: (status: { state: number }) => void): void;
  on(event: 'end', hear: () => void): void;
  on(event: 'error', hear: (error: unknown) => void): void;
  connect(options: { share_mode: number; protocol: number }, done: (error: unknown, protocol?: number) => void): void;
  transmit(data: Buffer, most: number, protocol: number, done: (error: unknown, response: Buffer) => void): void;
  disconnect(disposition: number, done: (error: unknown) => void): void;
}
interface NativeContext {
  on(event: 'reader', hear: (reader: NativeReader) => void): void;
  on(event: 'error', hear: (error: unknown) => void): void;
}

/** pcsclite.h. */
const PRESENT = 0x20;
const MUTE = 0x200;
const SHARE_EXCLUSIVE = 1;
const PROTOCOL_T0 = 1;
const PROTOCOL_ANY = 3;
const UNPOWER_CARD = 2;
/** Ne + 2 for a short answer, with room for a card that sends more than it was asked for. */
const RESPONSE_BYTES = 4_098;

function openContext(): { kind: 'open'; context: NativeContext } | { kind: 'no-service' } | { kind: 'no-driver' } {
  let pcsclite: () => NativeContext;
  try {
    pcsclite = createRequire(import.meta.url)('pcsclite');
  } catch {
    return { kind: 'no-driver' };
  }
  try {
    return { kind: 'open', context: pcsclite() };
  } catch {
    // It throws at once where no service answers (0x8010001D).
    return { kind: 'no-service' };
  }
}

/** Tells readers and slots until the context dies. */
export function watchPcsc(hears: WatchHears): void {
  const opened = openContext();
  if (opened.kind !== 'open') {
    hears.onEnd(opened.kind);
    return;
  }
  const names = new Set<string>();
  const tell = () => hears.onReaders([...names]);
  opened.context.on('error', () => hears.onEnd('no-service'));
  opened.context.on('reader', (reader) => {
    names.add(reader.name);
    tell();
    // The lower 16 bits are flags, the upper 16 count arrivals and removals.
    reader.on('status', ({ state }) => {
      hears.onSlot({ reader: reader.name, present: (state & PRESENT) !== 0, mute: (state & MUTE) !== 0, count: (state >>> 16) & 0xffff });
    });
    reader.on('error', () => hears.onEnd('no-service'));
    reader.on('end', () => {
      names.delete(reader.name);
      tell();
    });
  });
  // The addon is silent when there is no reader at all.
  setTimeout(() => names.size === 0 && tell(), cardTimes.firstLookMs);
}

const codeOf = (error: unknown): number => Number.parseInt(/0x([0-9a-f]{8})/i.exec(String(error))?.[1] ?? '0', 16);

const REMOVED = new Set([0x80100069, 0x8010000c, 0x80100017, 0x80100009]);

/** The named reader, or a connection on which everything fails where it is gone. */
export function connectPcsc(name: string): CardConnection {
  const opened = openContext();
  let reader: NativeReader | null = null;
  let protocol = 0;
  let found: (reader: NativeReader | null) => void = () => {};
  const whenFound = new Promise<NativeReader | null>((resolve) => {
    found = resolve;
  });
  if (opened.kind === 'open') {
    opened.context.on('error', () => found(null));
    opened.context.on('reader', (one) => {
      one.on('error', () => {});
      if (one.name === name) found(one);
    });
  } else found(null);

  return {
    async connect(): Promise<Connected> {
      reader = await whenFound;
      const one = reader;
      if (!one) return { kind: 'failed' };
      return await new Promise((resolve) => {
        one.connect({ share_mode: SHARE_EXCLUSIVE, protocol: PROTOCOL_ANY }, (error, active) => {
          if (!error && active === undefined) return resolve({ kind: 'failed' });
          if (!error) {
            protocol = active!;
            return resolve({ kind: 'connected', protocol: active === PROTOCOL_T0 ? 't0' : 't1' });
          }
          const code = codeOf(error);
          if (code === 0x8010000b) return resolve({ kind: 'busy' });
          if (code === 0x80100066 || code === 0x80100067) return resolve({ kind: 'mute' });
          if (REMOVED.has(code)) return resolve({ kind: 'no-card' });
          resolve({ kind: 'failed' });
        });
      });
    },
    async transmit(command): Promise<Transmitted> {
      const one = reader;
      if (!one) return { kind: 'failed' };
      return await new Promise((resolve) => {
        one.transmit(command, RESPONSE_BYTES, protocol, (error, bytes) => {
          if (!error) return resolve({ kind: 'response', bytes });
          resolve({ kind: REMOVED.has(codeOf(error)) ? 'removed' : 'failed' });
        });
      });
    },
    async disconnect() {
      const one = reader;
      if (!one) return;
      await new Promise<void>((resolve) => one.disconnect(UNPOWER_CARD, () => resolve()));
    },
  };
}
