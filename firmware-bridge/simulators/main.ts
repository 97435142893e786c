/** Process `simulators`: a virtual card, a virtual printer, and the socket on which both are told what happens to them. */
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { log } from '../log.ts';
import { type SimDone, type SimPaper, type SimState, simEvents, simRequests } from '../protocol.ts';
import { type Answerer, rpcAnswerer } from '../rpc.ts';
import { createCardBench } from './card/bench.ts';
import { SimulatorsConfig, type SimulatorsReady } from './config.ts';
import { runConnector } from './connector.ts';
import { createVirtualPrinter } from './printer/index.ts';

if (process.argv[2] === '--connector') runConnector();
else await runSimulators(SimulatorsConfig.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8'))));

async function runSimulators(config: SimulatorsConfig): Promise<void> {
  process.umask(0o177);
  const clients = new Set<Answerer<typeof simEvents>>();
  const printer = createVirtualPrinter({ widthDots: config.printer.widthDots, confirms: config.printer.confirms });
  const printerPort = await printer.listen(config.printer.port);
  const cards = await createCardBench(config, log, () => tellState());

  const state = (): SimState => ({
    ...cards.state(),
    printer: printer.state(),
    papers: printer.papers().map(({ id, heightDots }) => ({ id, heightDots })),
  });
  function tellState(): void {
    const now = state();
    for (const client of clients) client.tell('state.changed', now);
  }
  printer.onChange(tellState);

  const serve = (socket: Socket) => {
    const answerer = rpcAnswerer(
      socket,
      simRequests,
      {
        async do(command): Promise<SimDone> {
          if (command.device === 'printer') await printer.act(command.action);
          else {
            const why = await cards.act(command);
            if (why !== null) return { kind: 'refused', why };
          }
          return { kind: 'done', state: state() };
        },
        state,
        paper({ id }): SimPaper {
          const png = printer.png(id);
          return png ? { kind: 'png', base64: png.toString('base64') } : { kind: 'none' };
        },
      },
      simEvents,
      (name) => log('message.malformed', { device: 'simulator', name }),
    );
    clients.add(answerer);
    answerer.onClose(() => clients.delete(answerer));
  };

  const path = join(config.runDir, 'sim.sock');
  rmSync(path, { force: true });
  const server = createServer(serve);

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    server.close();
    rmSync(path, { force: true });
    await Promise.all([cards.close(), printer.close()]);
    process.exit(0);
  };
  // Nothing is said on standard input; its end says that the parent is gone.
  createInterface({ input: process.stdin }).once('close', () => void end());
  process.once('SIGTERM', () => void end());

  server.listen(path, () => {
    chmodSync(path, 0o600);
    process.stdout.write(`${JSON.stringify({ ready: true, card: cards.path, printerPort } satisfies SimulatorsReady)}\n`);
  });
}
