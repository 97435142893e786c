/** The real driver and the virtual printer with real TCP between them, and a way to wait for what happens. */
import { type Bitmap, withoutRealTimeCommands } from '../../firmware-bridge/printer/commands.ts';
import { createPrinter, type Printer, type PrinterConfig } from '../../firmware-bridge/printer/index.ts';
import type { PrinterInfo, PrinterState, PrintJobEvent, PrintJobState } from '../../firmware-bridge/protocol.ts';
import { createVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../../firmware-bridge/simulators/printer/index.ts';
import { type PrinterTimes, printerTimes } from '../../firmware-bridge/timeouts.ts';

/** What only costs time is shortened; what a printer is judged by stays long enough for a busy machine. */
export const shortTimes: PrinterTimes = {
  ...printerTimes,
  reconnectFirstMs: 20,
  reconnectLastMs: 100,
  statusBusyMs: 20,
  statusRestMs: 40,
};

const WAIT_MS = 10_000;

export interface PrinterBench {
  readonly printer: Printer;
  readonly paper: VirtualPrinter;
  readonly events: readonly PrintJobEvent[];
  /** Every state the printer was in, in order. */
  readonly states: readonly PrinterState[];
  /** Resolves as soon as `holds`; looked at after every event of driver and printer. */
  until(what: string, holds: () => boolean): Promise<void>;
  untilState(state: PrinterState): Promise<void>;
  untilJob(jobId: string, state: PrintJobState): Promise<void>;
  statesOf(jobId: string): PrintJobState[];
  print(jobId: string, bitmap: Bitmap): ReturnType<Printer['print']>;
  close(): Promise<void>;
}

export async function printerBench(
  given: { simulator?: Partial<VirtualPrinterOptions>; driver?: Partial<PrinterConfig>; times?: Partial<PrinterTimes> } = {},
): Promise<PrinterBench> {
  const paper = createVirtualPrinter({ widthDots: 576, confirms: 'processId', rowsPerMs: 10, ...given.simulator });
  const port = await paper.listen(0);
  const events: PrintJobEvent[] = [];
  const states: PrinterState[] = [];
  const looks = new Set<() => void>();
  const look = () => {
    for (const each of [...looks]) each();
  };
  paper.onChange(look);
  const printer = createPrinter(
    { transport: { kind: 'tcp', host: '127.0.0.1', port }, widthDots: 576, confirms: 'processId', ...given.driver },
    {
      onInfo(info: PrinterInfo) {
        states.push(info.state);
        look();
      },
      onJob(event) {
        events.push(event);
        look();
      },
    },
    { times: { ...shortTimes, ...given.times } },
  );
  const until = (what: string, holds: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        looks.delete(check);
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(`never came: ${what}; printer ${states.join(' → ')}; jobs ${events.map((e) => `${e.jobId} ${e.state}`).join(', ')}`),
        );
      }, WAIT_MS);
      const check = () => {
        if (!holds()) return;
        end();
        resolve();
      };
      looks.add(check);
      check();
    });
  return {
    printer,
    paper,
    events,
    states,
    until,
    untilState: (state) => until(state, () => printer.info().state === state),
    untilJob: (jobId, state) => until(`${jobId} ${state}`, () => events.some((event) => event.jobId === jobId && event.state === state)),
    statesOf: (jobId) => events.filter((event) => event.jobId === jobId).map(({ state }) => state),
    print: (jobId, { widthDots, heightDots, bits }) => printer.print({ jobId, widthDots, heightDots, bits: Buffer.from(bits) }),
    async close() {
      await printer.close();
      await paper.close();
    },
  };
}

/** A picture that differs in every row, so that a lost, doubled or shifted row is seen. */
export function testBitmap(heightDots: number, seed = 1, widthDots = 576): Bitmap {
  const rowBytes = widthDots / 8;
  const bits = Buffer.alloc(rowBytes * heightDots);
  for (let y = 0; y < heightDots; y++) {
    for (let x = 0; x < rowBytes; x++) bits[y * rowBytes + x] = (y * 31 + x * 7 + seed * 13) & 0xff;
  }
  withoutRealTimeCommands(bits);
  return { widthDots, heightDots, bits };
}
