/** The card side of the simulators: slots, specimens, and the reader they are in, by `pcscd` or one layer higher. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Log } from '../../log.ts';
import type { SimCommand, SimState } from '../../protocol.ts';
import { simulatorTimes } from '../../timeouts.ts';
import type { SimulatorsConfig, SimulatorsReady } from '../config.ts';
import { type PrivatePcscd, startPrivatePcscd } from '../pcscd.ts';
import { createSlot, type Slot } from './slot.ts';
import { loadSpecimens } from './specimens.ts';

type CardCommand = Exclude<z.output<typeof SimCommand>, { device: 'printer' }>;

export interface CardBench {
  readonly path: SimulatorsReady['card'];
  /** Null when done; otherwise why not, in words for whoever typed it. */
  act(command: CardCommand): Promise<string | null>;
  state(): Pick<SimState, 'cardPath' | 'specimens' | 'inserted' | 'reader'>;
  close(): Promise<void>;
}

/** What differs between the two ways to be a reader. */
interface Reader {
  readonly path: SimulatorsReady['card'];
  readonly slots: readonly Slot[];
  stopService(): Promise<void>;
  startService(): Promise<void>;
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

export async function createCardBench(config: SimulatorsConfig, log: Log, onChange: () => void): Promise<CardBench> {
  const specimens = loadSpecimens(config.specimensDir);
  let reader: SimState['reader'] = 'plugged';
  const made = await createReader(config, log, onChange);

  const act = async (command: CardCommand): Promise<string | null> => {
    if (command.device === 'reader') {
      switch (command.action) {
        case 'unplug':
          if (reader !== 'plugged') return `the reader is ${reader}`;
          await made.unplug();
          reader = 'unplugged';
          break;
        case 'plug':
          if (reader !== 'unplugged') return `the reader is ${reader}`;
          await made.plug();
          reader = 'plugged';
          break;
        case 'stop-service':
          if (reader !== 'plugged') return `the reader is ${reader}`;
          await made.stopService();
          reader = 'no-service';
          break;
        case 'start-service':
          if (reader !== 'no-service') return 'the service runs';
          await made.startService();
          reader = 'plugged';
          break;
      }
      onChange();
      return null;
    }
    const slot = made.slots[command.slot];
    if (!slot) return `this reader has ${made.slots.length} slot`;
    switch (command.action) {
      case 'insert': {
        const specimen = specimens.find(({ id }) => id === command.specimen);
        if (!specimen) return `no specimen "${command.specimen}"; there are ${specimens.map(({ id }) => id).join(', ')}`;
        slot.insert(specimen);
        return null;
      }
      case 'remove':
        if (slot.inserted() === null) return 'no card is in the slot';
        slot.remove();
        return null;
      case 'pull-at':
        slot.pullAt({ command: command.command, when: command.when });
        return null;
    }
  };
  return {
    path: made.path,
    act,
    state: () => ({
      cardPath: made.path.kind === 'pcsc' ? 'pcscd' : 'direct',
      specimens: specimens.map(({ id, label }) => ({ id, label })),
      inserted: made.slots.map((slot) => slot.inserted()),
      reader,
    }),
    close: () => made.close(),
  };
}

async function createReader(config: SimulatorsConfig, log: Log, onChange: () => void): Promise<Reader> {
  if (config.card !== 'direct') {
    const outcome = await startPrivatePcscd(log);
    if (outcome.kind === 'running') return pcscdReader(outcome.pcscd, onChange);
    if (config.card === 'pcscd') throw new Error(`no private pcscd here: ${outcome.why} is missing`);
    log('pcscd.not-available', { device: 'simulator', name: outcome.why });
  }
  return await directReader(config.runDir, onChange);
}

function pcscdReader(pcscd: PrivatePcscd, onChange: () => void): Reader {
  let closed = false;
  const slots = [0, 1].map((index) => {
    let dialling = false;
    /** A card that is in keeps trying to reach its reader: the service may start later, or again. */
    const dial = async () => {
      if (dialling) return;
      dialling = true;
      while (!closed && slot.inserted() !== null) {
        const line = await pcscd.connectCard(index);
        if (line && slot.inserted() !== null) {
          line.once('close', () => void dial());
          slot.serve(line);
          break;
        }
        line?.destroy();
        await new Promise((resolve) => setTimeout(resolve, simulatorTimes.cardRedialMs));
      }
      dialling = false;
    };
    const slot = createSlot({ onChange, onInserted: () => void dial() });
    return slot;
  });
  return {
    path: { kind: 'pcsc', pcscSocket: pcscd.socket },
    slots,
    stopService: () => pcscd.stopService(),
    startService: () => pcscd.startService(),
    unplug: () => pcscd.unplugReader(),
    plug: () => pcscd.plugReader(),
    async close() {
      closed = true;
      for (const slot of slots) slot.remove();
      await pcscd.close();
    },
  };
}

async function directReader(runDir: string, onChange: () => void): Promise<Reader> {
  const slot = createSlot({ onChange });
  const path = join(runDir, 'card-direct.sock');
  const lines = new Set<Socket>();
  let server: Server | null = null;
  let plugged = true;

  const listen = async () => {
    rmSync(path, { force: true });
    const mine = createServer((line) => {
      line.on('error', () => line.destroy());
      // Hanging up at once is how this path says that the reader is not there.
      if (!plugged) return void line.destroy();
      lines.add(line);
      line.once('close', () => lines.delete(line));
      slot.serve(line);
    });
    server = mine;
    await new Promise<void>((resolve) => mine.listen(path, resolve));
    chmodSync(path, 0o600);
  };
  const hangUp = () => {
    for (const line of lines) line.destroy();
  };
  const stop = async () => {
    server?.close();
    server = null;
    rmSync(path, { force: true });
    hangUp();
  };
  await listen();
  return {
    path: { kind: 'direct', socket: path },
    slots: [slot],
    stopService: stop,
    startService: listen,
    async unplug() {
      plugged = false;
      hangUp();
    },
    async plug() {
      plugged = true;
    },
    close: stop,
  };
}
