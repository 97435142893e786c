/** A virtual card's own socket, for machines without `pcscd`: one reader, one slot, the driver's framing (`vpcd.ts`). */
import { connect, type Socket } from 'node:net';
import { cardTimes } from '../timeouts.ts';
import type { CardConnection, Connected, Transmitted, WatchHears } from './reader.ts';
import { CONTROL, createDeframer, frame } from './vpcd.ts';

export const DIRECT_READER = 'Virtual PCD direct';

/** An ATR is two to 33 bytes (ISO 7816-3 §8.2); an empty slot answers none, a mute card anything else. */
const isAtr = (bytes: Buffer): boolean => bytes.length >= 2 && bytes.length <= 33;

interface Line {
  ask(body: Buffer): Promise<Buffer | null>;
  tell(body: Buffer): void;
  close(): void;
}

function openLine(path: string): Promise<Line | null> {
  return new Promise((resolve) => {
    const socket: Socket = connect(path);
    const deframer = createDeframer();
    const waiting: ((body: Buffer | null) => void)[] = [];
    let open = false;
    socket.once('connect', () => {
      open = true;
      resolve({
        ask(body) {
          if (!open) return Promise.resolve(null);
          socket.write(frame(body));
          return new Promise((answer) => waiting.push(answer));
        },
        tell: (body) => void (open && socket.write(frame(body))),
        close: () => void socket.destroy(),
      });
    });
    socket.on('data', (chunk: Buffer) => {
      for (const body of deframer.push(chunk)) waiting.shift()?.(body);
      chunk.fill(0);
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      open = false;
      resolve(null);
      for (const answer of waiting.splice(0)) answer(null);
    });
  });
}

/** Looks every `directPollMs`. A closed line with an answer before it is a removal; without one the reader is unplugged. */
export async function watchDirect(path: string, hears: WatchHears): Promise<void> {
  let count = 0;
  let present = false;
  let mute = false;
  let named: boolean | null = null;
  const slot = (nowPresent: boolean, nowMute: boolean) => {
    if (nowPresent !== present) count++;
    else if (nowMute === mute) return;
    present = nowPresent;
    mute = nowMute;
    hears.onSlot({ reader: DIRECT_READER, present, mute, count });
  };
  const reader = (there: boolean) => {
    if (named === there) return;
    named = there;
    hears.onReaders(there ? [DIRECT_READER] : []);
    if (there) hears.onSlot({ reader: DIRECT_READER, present, mute, count });
  };
  for (;;) {
    const line = await openLine(path);
    if (!line) return hears.onEnd('no-service');
    for (let answers = 0; ; answers++) {
      const atr = await line.ask(Buffer.from([CONTROL.atr]));
      if (!atr) {
        slot(false, false);
        if (answers === 0) reader(false);
        break;
      }
      if (!named) {
        // The first look is told as one: a card that is in already did not come in now.
        if (atr.length > 0 !== present) count++;
        present = atr.length > 0;
        mute = present && !isAtr(atr);
      }
      reader(true);
      slot(atr.length > 0, atr.length > 0 && !isAtr(atr));
      await new Promise((resolve) => setTimeout(resolve, cardTimes.directPollMs));
    }
    if (!named) await new Promise((resolve) => setTimeout(resolve, cardTimes.directPollMs));
  }
}

/** Taken exclusively by being the only one that sends commands; a virtual slot refuses a second. */
export function connectDirect(path: string): CardConnection {
  let line: Line | null = null;
  return {
    async connect(): Promise<Connected> {
      line?.close();
      line = await openLine(path);
      if (!line) return { kind: 'failed' };
      line.tell(Buffer.from([CONTROL.powerOn]));
      const atr = await line.ask(Buffer.from([CONTROL.atr]));
      if (!atr) return { kind: 'busy' };
      if (atr.length === 0) return { kind: 'no-card' };
      return isAtr(atr) ? { kind: 'connected', protocol: 't1' } : { kind: 'mute' };
    },
    async transmit(command): Promise<Transmitted> {
      const bytes = await line?.ask(command);
      // The slot closes its lines when the card leaves.
      return bytes ? { kind: 'response', bytes } : { kind: 'removed' };
    },
    async disconnect() {
      line?.tell(Buffer.from([CONTROL.powerOff]));
      line?.close();
      line = null;
    },
  };
}
