/** A virtual card: an ISO 7816-4 file system with one key, answering command APDUs with the status words a real card gives. */
import { type KeyObject, sign } from 'node:crypto';

export interface Application {
  readonly id: Buffer;
  /** Elementary files by their id in hex. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Answers INTERNAL AUTHENTICATE; null where the card has no key. */
  readonly key: KeyObject | null;
}

export interface ChipContent {
  readonly atr: Buffer;
  readonly applications: readonly Application[];
  /** From this command on the chip says nothing any more, without leaving. */
  readonly silentAt: 'never' | 'read-binary';
}

export interface Chip {
  readonly atr: Buffer;
  /** Power or reset: nothing is selected any more. */
  reset(): void;
  /** The response APDU, or null where the chip stays silent. */
  transmit(command: Buffer): Buffer | null;
}

const sw = (word: number, data: Buffer = Buffer.alloc(0)): Buffer => Buffer.concat([data, Buffer.from([word >> 8, word & 0xff])]);

interface Parsed {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Buffer;
  readonly ne: number | null;
}

/** Short forms only (ISO 7816-4 §5.1); null where the lengths contradict each other. */
function parse(command: Buffer): Parsed | null {
  if (command.length < 4) return null;
  const [cla, ins, p1, p2] = command as unknown as [number, number, number, number];
  const head = { cla, ins, p1, p2 };
  const rest = command.subarray(4);
  if (rest.length === 0) return { ...head, data: Buffer.alloc(0), ne: null };
  if (rest.length === 1) return { ...head, data: Buffer.alloc(0), ne: rest[0]! || 256 };
  const lc = rest[0]!;
  if (lc === 0 || (rest.length !== 1 + lc && rest.length !== 2 + lc)) return null;
  return { ...head, data: rest.subarray(1, 1 + lc), ne: rest.length === 2 + lc ? rest[1 + lc]! || 256 : null };
}

export function createChip(content: ChipContent): Chip {
  let application: Application | null = null;
  let file: Buffer | null = null;

  const select = ({ p1, data }: Parsed): Buffer => {
    if (p1 === 0x04) {
      // A partial name selects too (ISO 7816-4 §8.2.1.1).
      const found = content.applications.find(({ id }) => data.length >= 5 && id.subarray(0, data.length).equals(data));
      if (!found) return sw(0x6a82);
      application = found;
      file = null;
      return sw(0x9000);
    }
    if (p1 === 0x02) {
      if (!application) return sw(0x6985);
      const found = application.files.get(data.toString('hex').toUpperCase());
      if (!found) return sw(0x6a82);
      file = found;
      return sw(0x9000);
    }
    return sw(0x6a86);
  };
  const readBinary = ({ p1, p2, ne }: Parsed): Buffer => {
    if (p1 & 0x80) return sw(0x6a86);
    if (!file) return sw(0x6986);
    if (ne === null) return sw(0x6700);
    const offset = (p1 << 8) | p2;
    if (offset >= file.length && file.length > 0) return sw(0x6b00);
    const part = file.subarray(offset, offset + ne);
    // A card warns only where fewer bytes came than a definite length asked for.
    return sw(part.length < ne && ne < 256 ? 0x6282 : 0x9000, part);
  };
  const internalAuthenticate = ({ data, ne }: Parsed): Buffer => {
    if (!application?.key) return sw(0x6a88);
    if (data.length < 8 || ne === null) return sw(0x6700);
    return sw(0x9000, sign('sha256', data, { key: application.key, dsaEncoding: 'ieee-p1363' }));
  };

  return {
    atr: content.atr,
    reset() {
      application = null;
      file = null;
    },
    transmit(command) {
      const parsed = parse(command);
      if (!parsed) return sw(0x6700);
      if (parsed.cla !== 0x00) return sw(0x6e00);
      switch (parsed.ins) {
        case 0xa4:
          return select(parsed);
        case 0xb0:
          return content.silentAt === 'read-binary' ? null : readBinary(parsed);
        case 0x88:
          return internalAuthenticate(parsed);
        default:
          return sw(0x6d00);
      }
    },
  };
}
