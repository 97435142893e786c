/** One slot that a card is in or not, whatever line it is reached by. Every line is a stream in the vpcd driver's framing. */
import type { Duplex } from 'node:stream';
import { CONTROL, createDeframer, frame } from '../../card/vpcd.ts';
import type { Chip } from './chip.ts';
import type { Specimen } from './specimens.ts';

export interface PullPlan {
  readonly command: number;
  readonly when: 'before' | 'after';
}

export interface Slot {
  inserted(): string | null;
  insert(specimen: Specimen): void;
  remove(): void;
  /** For the next insertion; null takes it back. */
  pullAt(plan: PullPlan | null): void;
  /** Serves a line: answers power, ATR requests and commands until either end closes. */
  serve(line: Duplex): void;
  /** Command APDUs that the card of the last insertion answered or was pulled at. */
  commands(): number;
}

export function createSlot(hooks: { readonly onChange: () => void; readonly onInserted?: () => void }): Slot {
  let card: { readonly id: string; readonly chip: Chip; readonly plan: PullPlan | null } | null = null;
  let plan: PullPlan | null = null;
  let commands = 0;
  const lines = new Set<{ readonly stream: Duplex; sawCard: boolean }>();
  let sender: Duplex | null = null;

  const remove = () => {
    if (!card) return;
    card = null;
    // A card that leaves takes its line with it. A line that never saw it does not know.
    for (const line of lines) if (line.sawCard) line.stream.destroy();
    hooks.onChange();
  };

  const answer = (stream: Duplex, body: Buffer, see: () => void): void => {
    if (body.length === 1) {
      switch (body[0]) {
        case CONTROL.powerOff:
        case CONTROL.powerOn:
        case CONTROL.reset:
          card?.chip.reset();
          return;
        case CONTROL.atr:
          if (card) see();
          stream.write(frame(card?.chip.atr ?? Buffer.alloc(0)));
          return;
        default:
          return;
      }
    }
    if (!card) {
      stream.destroy();
      return;
    }
    // Only one program may talk to a card; the driver itself never opens a second line.
    if (sender && sender !== stream && !sender.destroyed) {
      stream.destroy();
      return;
    }
    sender = stream;
    const index = commands++;
    const pullNow = card.plan?.command === index;
    const response = pullNow && card.plan?.when === 'before' ? null : card.chip.transmit(body);
    if (pullNow) remove();
    else if (response) stream.write(frame(response));
  };

  return {
    inserted: () => card?.id ?? null,
    insert(specimen) {
      remove();
      card = { id: specimen.id, chip: specimen.insert(), plan };
      plan = null;
      commands = 0;
      hooks.onInserted?.();
      hooks.onChange();
    },
    remove,
    pullAt(next) {
      plan = next;
    },
    serve(stream) {
      const line = { stream, sawCard: false };
      lines.add(line);
      const deframer = createDeframer();
      stream.on('data', (chunk: Buffer) => {
        for (const body of deframer.push(chunk)) {
          if (stream.destroyed) return;
          answer(stream, body, () => {
            line.sawCard = true;
          });
        }
      });
      stream.on('error', () => stream.destroy());
      stream.once('close', () => {
        lines.delete(line);
        if (sender === stream) sender = null;
      });
    },
    commands: () => commands,
  };
}
