/**
 * A receipt printer that is not there: a TCP server that parses ESC/POS, prints at a printer's pace, and fails the way printers fail.
 *
 * It is the hardest printer to serve: real-time commands are answered while its buffer is full and unprinted, its buffer outlives
 * the connection that filled it, and what it holds when paper runs out comes out when paper is put in.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SimCommand, SimState } from '../../protocol.ts';
import { LINE_DOTS, type Paper, paperPng, textRows } from './paper.ts';
import { escposParser, type Op, type RealTime } from './parser.ts';

export type { Paper } from './paper.ts';
export type PrinterAction = Extract<SimCommand, { device: 'printer' }>['action'];
export type VirtualPrinterState = SimState['printer'];

export interface VirtualPrinterOptions {
  readonly widthDots: number;
  /** Which of the two ways to confirm this printer knows; the other is not answered. */
  readonly confirms: 'processId' | 'gsR' | 'none';
  /** Two rows a millisecond is 250 mm/s at 203 dpi, a fast real one. */
  readonly rowsPerMs?: number;
}

export interface VirtualPrinter {
  /** Answers the port it listens on; 0 takes any free one. */
  listen(port: number, host?: string): Promise<number>;
  act(action: PrinterAction): Promise<void>;
  /** Does `action` when that many more rows have come out: faults in the middle of a slip, at the same row every time. */
  actAfterRows(rows: number, action: PrinterAction): void;
  state(): VirtualPrinterState;
  /** What left the printer and was not taken yet, newest last. */
  papers(): readonly Paper[];
  png(id: string): Buffer | null;
  /** How many rows and black dots came out since the start, cut or not. */
  printed(): { readonly rows: number; readonly dots: number };
  /** What was asked of it that a printer would misunderstand. */
  violations(): readonly string[];
  /** Told after every change of state or paper; returns how to stop. */
  onChange(hear: () => void): () => void;
  close(): Promise<void>;
}

const TICK_MS = 4;
const BABBLE_MS = 15;
const PAPERS_KEPT = 20;
const STATUS = 0x12;

type Queued = Op & { readonly from: Socket };

export function createVirtualPrinter(options: VirtualPrinterOptions): VirtualPrinter {
  const { widthDots, confirms } = options;
  const rowsPerMs = options.rowsPerMs ?? 2;
  const rowBytes = widthDots / 8;
  const sockets = new Set<Socket>();
  const hearers = new Set<() => void>();
  const violations: string[] = [];
  let paper: VirtualPrinterState['paper'] = 'ok';
  let cover: VirtualPrinterState['cover'] = 'closed';
  let link: VirtualPrinterState['link'] = 'plugged';
  let cutterJammed = false;
  // Stays after the jam is gone, until DLE ENQ tells the printer to go on.
  let cutterError = false;
  let server: Server | null = null;
  let address: { port: number; host: string } = { port: 0, host: '127.0.0.1' };

  let queued: Queued[] = [];
  let rowOfHead = 0;
  let textLine: number[] = [];
  let roll: Buffer[] = [];
  let papers: Paper[] = [];
  let papersEver = 0;
  let printedRows = 0;
  let printedDots = 0;
  let plans: { atRow: number; action: PrinterAction }[] = [];
  let ticking: NodeJS.Timeout | null = null;
  let lastTickMs = 0;
  const babbling = setInterval(() => {
    if (link === 'babbling') for (const socket of sockets) socket.write(randomBytes(9));
  }, BABBLE_MS);
  babbling.unref();

  const changed = () => {
    for (const hear of [...hearers]) hear();
  };
  const stopped = () => paper === 'out' || cover === 'open' || cutterError || link === 'unplugged';
  const answer = (to: Socket, bytes: Buffer) => {
    if (link === 'plugged' && to.writable) to.write(bytes);
  };

  const statusByte = (n: 1 | 2 | 3 | 4): number => {
    switch (n) {
      case 1:
        return STATUS | (stopped() ? 0x08 : 0);
      case 2:
        return STATUS | (cover === 'open' ? 0x04 : 0) | (paper === 'out' ? 0x20 : 0) | (cutterError ? 0x40 : 0);
      case 3:
        return STATUS | (cutterError ? 0x08 : 0);
      case 4:
        return STATUS | (paper === 'ok' ? 0 : 0x0c) | (paper === 'out' ? 0x60 : 0);
    }
  };

  const forgetBuffers = () => {
    queued = [];
    rowOfHead = 0;
    textLine = [];
  };

  const onRealTime = (from: Socket, reset: () => void, command: RealTime) => {
    switch (command.command) {
      case 'status':
        return answer(from, Buffer.from([statusByte(command.n)]));
      case 'recover':
        if (command.n === 2) forgetBuffers();
        if (!cutterJammed) cutterError = false;
        break;
      case 'clear':
        forgetBuffers();
        reset();
        if (!cutterJammed) cutterError = false;
        answer(from, Buffer.from([0x37, 0x25, 0x00]));
        break;
    }
    changed();
    tickSoon();
  };

  const addRow = (row: Buffer) => {
    roll.push(row);
    printedRows += 1;
    for (const byte of row) for (let bits = byte; bits; bits &= bits - 1) printedDots += 1;
    const due = plans.filter(({ atRow }) => atRow <= printedRows);
    plans = plans.filter((plan) => !due.includes(plan));
    for (const { action } of due) void act(action);
  };
  const rowOf = (data: Buffer, from: number, bytes: number): Buffer => {
    const row = Buffer.alloc(rowBytes);
    data.copy(row, 0, from, from + Math.min(bytes, rowBytes));
    return row;
  };

  const sever = (how: Paper['how']) => {
    if (roll.length === 0) return;
    papersEver += 1;
    papers = [...papers, { id: `paper-${papersEver}`, how, widthDots, heightDots: roll.length, bits: Buffer.concat(roll) }].slice(
      -PAPERS_KEPT,
    );
    roll = [];
    changed();
  };

  /** The rows that an operation prints, in order; what is printed at once has none. */
  const rowsOf = (op: Op): { count: number; row: (n: number) => Buffer } => {
    const blank = () => Buffer.alloc(rowBytes);
    switch (op.op) {
      case 'raster':
        if (op.rowBytes > rowBytes) violations.push('picture wider than the paper');
        return { count: op.rows, row: (n) => rowOf(op.data, n * op.rowBytes, op.rowBytes) };
      case 'feed': {
        const text = textLine.length > 0 ? textRows(textLine, widthDots) : [];
        return { count: Math.max(op.lines * LINE_DOTS, text.length), row: (n) => text[n] ?? blank() };
      }
      case 'feed-dots':
        return { count: op.dots, row: blank };
      case 'cut':
        return { count: op.feedDots, row: blank };
      default:
        return { count: 0, row: blank };
    }
  };

  /** Does what an operation does when its rows are out. False: it cannot now, and stays at the head. */
  const finish = ({ from, ...op }: Queued): boolean => {
    switch (op.op) {
      case 'character':
        textLine.push(op.byte);
        return true;
      case 'feed':
      case 'initialise':
        textLine = [];
        return true;
      case 'cut':
        if (cutterJammed) {
          cutterError = true;
          changed();
          return false;
        }
        sever('cut');
        return true;
      case 'process-id':
        if (confirms === 'processId') answer(from, Buffer.concat([Buffer.from([0x37, 0x22]), op.id, Buffer.from([0])]));
        return true;
      case 'queued-status':
        if (confirms !== 'none') answer(from, Buffer.from([paper === 'near-end' ? 0x03 : 0x00]));
        return true;
      default:
        return true;
    }
  };

  let rowsOfHead: ReturnType<typeof rowsOf> | null = null;
  const tick = () => {
    ticking = null;
    let budget = Math.max(1, Math.round((performance.now() - lastTickMs) * rowsPerMs));
    while (!stopped()) {
      const head = queued[0];
      if (!head) return;
      if (rowOfHead === 0 || rowsOfHead === null) rowsOfHead = rowsOf(head);
      while (rowOfHead < rowsOfHead.count && budget > 0 && !stopped() && queued[0] === head) {
        const row = rowsOfHead.row(rowOfHead);
        rowOfHead += 1;
        budget -= 1;
        addRow(row);
      }
      if (stopped()) return;
      if (queued[0] !== head) continue;
      if (rowOfHead < rowsOfHead.count) return tickSoon();
      if (!finish(head)) return;
      queued.shift();
      rowOfHead = 0;
      rowsOfHead = null;
    }
  };
  const tickSoon = () => {
    if (ticking || queued.length === 0 || stopped()) return;
    lastTickMs = performance.now();
    ticking = setTimeout(tick, TICK_MS);
  };

  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    const parser = escposParser({
      onOp(op) {
        // GS r is lost on a printer that is offline; everything else waits.
        if (op.op === 'queued-status' && stopped()) return;
        queued.push({ ...op, from: socket });
      },
      onRealTime: (command) => onRealTime(socket, () => parser.reset(), command),
      onViolation: (what) => violations.push(what),
    });
    socket.on('data', (bytes) => {
      parser.take(bytes);
      tickSoon();
    });
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };

  const open = async () => {
    server = createServer(onSocket);
    server.listen(address.port, address.host);
    await once(server, 'listening');
    address = { ...address, port: (server.address() as AddressInfo).port };
  };
  const shut = async () => {
    const closing = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    if (!closing) return;
    closing.close();
    await once(closing, 'close');
  };

  const act = async (action: PrinterAction): Promise<void> => {
    switch (action) {
      case 'paper-out':
        paper = 'out';
        break;
      case 'paper-near-end':
        paper = 'near-end';
        break;
      case 'paper-in':
        // What hung out was on the roll that is gone.
        if (paper !== 'ok') sever('torn');
        paper = 'ok';
        break;
      case 'open-cover':
        cover = 'open';
        break;
      case 'close-cover':
        cover = 'closed';
        break;
      case 'jam-cutter':
        cutterJammed = true;
        break;
      case 'clear-cutter':
        cutterJammed = false;
        break;
      case 'unplug':
        link = 'unplugged';
        cutterError = false;
        forgetBuffers();
        changed();
        return await shut();
      case 'plug':
        if (link !== 'unplugged') return;
        link = 'plugged';
        if (!server) await open();
        break;
      case 'mute':
        if (link !== 'unplugged') link = 'mute';
        break;
      case 'speak':
        if (link !== 'unplugged') link = 'plugged';
        break;
      case 'babble':
        if (link !== 'unplugged') link = 'babbling';
        break;
      case 'take-paper':
        papers = [];
        break;
      default:
        return action satisfies never;
    }
    changed();
    tickSoon();
  };

  return {
    async listen(port, host = '127.0.0.1') {
      address = { port, host };
      await open();
      return address.port;
    },
    act,
    actAfterRows(rows, action) {
      plans.push({ atRow: printedRows + rows, action });
    },
    state: () => ({ paper, cover, cutter: cutterJammed ? 'jammed' : 'ok', link }),
    papers: () => papers,
    png(id) {
      const found = papers.find((candidate) => candidate.id === id);
      return found ? paperPng(found) : null;
    },
    printed: () => ({ rows: printedRows, dots: printedDots }),
    violations: () => violations,
    onChange(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    async close() {
      clearInterval(babbling);
      if (ticking) clearTimeout(ticking);
      queued = [];
      await shut();
    },
  };
}
