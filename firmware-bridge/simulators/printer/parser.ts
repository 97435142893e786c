/** ESC/POS bytes told apart the way a printer does: real-time commands act when they arrive, everything else waits its turn. */

export type Op =
  | { readonly op: 'raster'; readonly rowBytes: number; readonly rows: number; readonly data: Buffer }
  | { readonly op: 'character'; readonly byte: number }
  | { readonly op: 'feed'; readonly lines: number }
  | { readonly op: 'feed-dots'; readonly dots: number }
  | { readonly op: 'cut'; readonly feedDots: number }
  | { readonly op: 'process-id'; readonly id: Buffer }
  | { readonly op: 'queued-status' }
  | { readonly op: 'initialise' };

export type RealTime =
  | { readonly command: 'status'; readonly n: 1 | 2 | 3 | 4 }
  | { readonly command: 'recover'; readonly n: 1 | 2 }
  | { readonly command: 'clear' };

export interface ParserHearing {
  readonly onOp: (op: Op) => void;
  readonly onRealTime: (command: RealTime) => void;
  /** What a printer would print as garbage, lose or misunderstand. */
  readonly onViolation: (what: string) => void;
}

export interface Parser {
  take(bytes: Buffer): void;
  reset(): void;
}

const LF = 0x0a;
const DLE = 0x10;
const ESC = 0x1b;
const FS = 0x1c;
const GS = 0x1d;
const CLEAR = Buffer.from([DLE, 0x14, 8, 1, 3, 20, 1, 6, 2, 8]);

/** Commands that change how text looks, by their parameter bytes; this printer has one look. */
const FORMATTING: Readonly<Record<string, number>> = {
  '1b20': 1,
  '1b21': 1,
  '1b2d': 1,
  '1b32': 0,
  '1b33': 1,
  '1b45': 1,
  '1b47': 1,
  '1b4d': 1,
  '1b52': 1,
  '1b61': 1,
  '1b74': 1,
  '1b70': 3,
  '1d21': 1,
  '1d42': 1,
  '1d4c': 2,
  '1d57': 2,
  '1d61': 1,
  '1c26': 0,
  '1c2e': 0,
};

/** How many bytes the command at the start takes, 0 when more must come first; unknown bytes are a violation and take one. */
type Taken = number;

export function escposParser({ onOp, onRealTime, onViolation }: ParserHearing): Parser {
  let pending: Buffer = Buffer.alloc(0);
  let stored: (Op & { op: 'raster' }) | null = null;

  const realTimeAt = (bytes: Buffer, at: number): { command: RealTime; length: number } | null => {
    const [n, kind] = [bytes[at + 2] ?? 0, bytes[at + 1]];
    if (kind === 0x04 && n >= 1 && n <= 4) return { command: { command: 'status', n: n as 1 | 2 | 3 | 4 }, length: 3 };
    if (kind === 0x05 && (n === 1 || n === 2)) return { command: { command: 'recover', n }, length: 3 };
    if (bytes.subarray(at, at + CLEAR.length).equals(CLEAR)) return { command: { command: 'clear' }, length: CLEAR.length };
    return null;
  };

  // A real printer acts on a real-time command inside a picture as well, and says so to nobody.
  const actInside = (data: Buffer) => {
    for (let at = data.indexOf(DLE); at >= 0; at = data.indexOf(DLE, at + 1)) {
      const found = realTimeAt(data, at);
      if (!found) continue;
      onViolation('real-time command inside another command');
      onRealTime(found.command);
    }
  };

  const raster = (rowBytes: number, rows: number, data: Buffer) => ({ op: 'raster', rowBytes, rows, data: Buffer.from(data) }) as const;

  const graphics = (body: Buffer) => {
    const fn = body[1];
    if (body[0] !== 0x30) return onViolation('graphics: m is not 48');
    if ((fn === 0x02 || fn === 0x32) && body.length === 2) {
      if (stored) onOp(stored);
      else onViolation('graphics: print without store');
      stored = null;
      return;
    }
    if (fn !== 0x70 || body[2] !== 0x30 || body[3] !== 1 || body[4] !== 1)
      return onViolation('graphics: only fn 112, tone 48, scale 1 are known');
    const [widthDots, rows] = [body.readUInt16LE(6), body.readUInt16LE(8)];
    const rowBytes = Math.ceil(widthDots / 8);
    if (body.length !== 10 + rowBytes * rows) return onViolation('graphics: length does not fit the size');
    stored = raster(rowBytes, rows, body.subarray(10));
    actInside(body.subarray(10));
  };

  const takeDle = (b: Buffer): Taken => {
    if (b.length < 3 || (b[1] === 0x14 && b[2] === 8 && b.length < CLEAR.length)) return 0;
    const found = realTimeAt(b, 0);
    if (!found) return unknown(b);
    onRealTime(found.command);
    return found.length;
  };

  const takeEsc = (b: Buffer): Taken => {
    if (b[1] === 0x40) {
      onOp({ op: 'initialise' });
      return 2;
    }
    if (b[1] !== 0x64 && b[1] !== 0x4a) return takeFormatting(b);
    if (b.length < 3) return 0;
    onOp(b[1] === 0x64 ? { op: 'feed', lines: b[2]! } : { op: 'feed-dots', dots: b[2]! });
    return 3;
  };

  const takeGs = (b: Buffer): Taken => {
    switch (b[1]) {
      case 0x76: {
        if (b.length < 8) return 0;
        const [rowBytes, rows] = [b.readUInt16LE(4), b.readUInt16LE(6)];
        const length = 8 + rowBytes * rows;
        if (b.length < length) return 0;
        if (b[2] !== 0x30 || b[3] !== 0) onViolation('GS v 0: only m 0 is known');
        if (rows > 255) onViolation('GS v 0: more than 255 rows');
        onOp(raster(rowBytes, rows, b.subarray(8, length)));
        actInside(b.subarray(8, length));
        return length;
      }
      case 0x56: {
        if (b.length < 3) return 0;
        const m = b[2]!;
        if (m === 0 || m === 1 || m === 48 || m === 49) {
          onOp({ op: 'cut', feedDots: 0 });
          return 3;
        }
        if (m !== 65 && m !== 66) return unknown(b);
        if (b.length < 4) return 0;
        onOp({ op: 'cut', feedDots: b[3]! });
        return 4;
      }
      case 0x72:
        if (b.length < 3) return 0;
        onOp({ op: 'queued-status' });
        return 3;
      case 0x28: {
        if (b.length < 5) return 0;
        const length = 5 + b.readUInt16LE(3);
        if (b.length < length) return 0;
        const body = b.subarray(5, length);
        if (b[2] === 0x4c) graphics(body);
        else if (b[2] === 0x48 && body.length === 6 && body[0] === 0x30 && body[1] === 0x30)
          onOp({ op: 'process-id', id: Buffer.from(body.subarray(2)) });
        else onViolation(`GS ( ${b.subarray(2, 3).toString('hex')}: not known`);
        return length;
      }
      case 0x38: {
        if (b.length < 7) return 0;
        const length = 7 + b.readUInt32LE(3);
        if (b.length < length) return 0;
        if (b[2] === 0x4c) graphics(b.subarray(7, length));
        else onViolation('GS 8: not known');
        return length;
      }
      default:
        return takeFormatting(b);
    }
  };

  const takeFormatting = (b: Buffer): Taken => {
    const parameters = FORMATTING[b.toString('hex', 0, 2)];
    if (parameters === undefined) return unknown(b);
    return b.length < 2 + parameters ? 0 : 2 + parameters;
  };

  const unknown = (b: Buffer): Taken => {
    onViolation(`not known: ${b.toString('hex', 0, 3)}`);
    return 1;
  };

  const takeOne = (b: Buffer): Taken => {
    const first = b[0]!;
    if (first === DLE || first === ESC || first === FS || first === GS) {
      if (b.length < 2) return 0;
      return first === DLE ? takeDle(b) : first === ESC ? takeEsc(b) : first === GS ? takeGs(b) : takeFormatting(b);
    }
    if (first === LF) onOp({ op: 'feed', lines: 1 });
    else if (first >= 0x20) onOp({ op: 'character', byte: first });
    else return unknown(b);
    return 1;
  };

  return {
    take(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      let at = 0;
      while (at < pending.length) {
        const taken = takeOne(pending.subarray(at));
        if (taken === 0) break;
        at += taken;
      }
      pending = Buffer.from(pending.subarray(at));
    },
    reset() {
      stored = null;
    },
  };
}
