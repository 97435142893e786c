/**
 * From a receipt's words to its last byte in the printer's hands: set, drawn, packed, checked for paper, sent (`npm run bench -- receipt`).
 *
 * The floor is what no program can avoid on this machine in this minute: the same marks drawn once more without setting them, their
 * pixels fetched, and as many bytes as the slip has in one write over the same kind of connection.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createCanvas } from '@napi-rs/canvas';
import { createPrinter } from '../../firmware-bridge/printer/index.ts';
import { drawMarks, toBits } from '../../kiosk/paper/draw.ts';
import { drawReceipt } from '../../kiosk/paper/index.ts';
import { layOut } from '../../kiosk/paper/layout.ts';
import { nasty } from '../../kiosk/paper/samples.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

export interface BenchResult {
  readonly name: string;
  readonly unit: 'ms';
  readonly product: Percentiles;
  readonly floor: Percentiles;
  readonly ratio: number;
  readonly notes: readonly string[];
}

const ROUNDS = 40;
const WARM_UP = 5;
const WIDTH_DOTS = 576;

const percentiles = (figures: readonly number[]): Percentiles => {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (part: number) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(3));
  return { p50: at(0.5), p95: at(0.95) };
};

async function measure(once_: () => Promise<number> | number): Promise<Percentiles> {
  const figures: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const ms = await once_();
    if (round >= WARM_UP) figures.push(ms);
  }
  return percentiles(figures);
}

/** Takes bytes as fast as they come, says that all is well, and notes when the request to confirm a job has arrived. */
async function sink(): Promise<{
  port: number;
  jobTaken: () => Promise<number>;
  bytesTaken: (bytes: number) => Promise<number>;
  close: () => void;
}> {
  let tellJob: (at: number) => void = () => {};
  let tellBytes: { after: number; tell: (at: number) => void } | null = null;
  let taken = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The driver resets its connection when it closes.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true).on('data', (bytes) => {
      taken += bytes.length;
      if (tellBytes && taken >= tellBytes.after) tellBytes.tell(performance.now());
      if (bytes[0] === 0x10) socket.write(Buffer.from(bytes[1] === 0x14 ? [0x37, 0x25, 0x00] : [0x12]));
      const request = bytes.lastIndexOf(Buffer.from([0x1d, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30]));
      if (request < 0) return;
      tellJob(performance.now());
      socket.write(Buffer.concat([Buffer.from([0x37, 0x22]), bytes.subarray(request + 7, request + 11), Buffer.from([0])]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    jobTaken: () =>
      new Promise((resolve) => {
        tellJob = resolve;
      }),
    bytesTaken: (bytes) =>
      new Promise((resolve) => {
        tellBytes = { after: taken + bytes, tell: resolve };
      }),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export async function receiptBench(): Promise<BenchResult> {
  const receipt = nasty('zh-HK', true);
  const { heightDots } = drawReceipt(receipt, { widthDots: WIDTH_DOTS });
  const printerEnd = await sink();
  let over: () => void = () => {};
  let ready: () => void = () => {};
  const whenReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const printer = createPrinter(
    { transport: { kind: 'tcp', host: '127.0.0.1', port: printerEnd.port }, widthDots: WIDTH_DOTS, confirms: 'processId' },
    { onInfo: ({ state }) => state === 'ready' && ready(), onJob: ({ state }) => state === 'printed' && over() },
  );
  await whenReady;
  let job = 0;
  const product = await measure(async () => {
    const taken = printerEnd.jobTaken();
    const printed = new Promise<void>((resolve) => {
      over = resolve;
    });
    const startMs = performance.now();
    const bitmap = drawReceipt(receipt, { widthDots: WIDTH_DOTS });
    job += 1;
    printer.print({
      jobId: `job-${job}`,
      widthDots: bitmap.widthDots,
      heightDots: bitmap.heightDots,
      bits: bitmap.bits,
    });
    const ms = (await taken) - startMs;
    await printed;
    return ms;
  });
  await printer.close();

  const bytes = Buffer.alloc((WIDTH_DOTS / 8) * heightDots, 0x55);
  const socket = connect(printerEnd.port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  const ctx = createCanvas(WIDTH_DOTS, heightDots).getContext('2d');
  ctx.lang = receipt.lang;
  const { marks } = layOut(receipt, WIDTH_DOTS, ctx);
  const floor = await measure(async () => {
    const taken = printerEnd.bytesTaken(bytes.length);
    const startMs = performance.now();
    drawMarks(ctx, marks, WIDTH_DOTS, heightDots);
    ctx.getImageData(0, 0, WIDTH_DOTS, heightDots);
    socket.write(bytes);
    return (await taken) - startMs;
  });
  socket.destroy();
  printerEnd.close();

  const pixels = new Uint8ClampedArray(WIDTH_DOTS * heightDots * 4).fill(255);
  const packing = await measure(() => timed(() => toBits(pixels, WIDTH_DOTS * heightDots)));
  return {
    name: 'receipt',
    unit: 'ms',
    product,
    floor,
    ratio: Number((product.p50 / floor.p50).toFixed(2)),
    notes: [
      `a slip of ${WIDTH_DOTS} × ${heightDots} dots, ${ROUNDS} rounds`,
      `packing its pixels into bits takes ${packing.p50} ms of the product's time`,
    ],
  };
}

function timed(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}
