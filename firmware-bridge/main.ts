/** Process `bridge`: the composition root of the devices. Loads no native addon itself. */
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createCardManager } from './card/manager.ts';
import { BridgeConfig, BridgeSecrets } from './config.ts';
import { createLeases, sameToken, type Visitor } from './lease.ts';
import { log } from './log.ts';
import { createPrinter } from './printer/index.ts';
import { createIntake } from './printer/intake.ts';
import {
  BRIDGE_PROTOCOL_VERSION,
  bridgeEvents,
  bridgeRequests,
  type CardSituation,
  type DeviceHealth,
  type Done,
  type HelloOutcome,
  type PrinterInfo,
  type Refused,
} from './protocol.ts';
import { type Answerer, rpcAnswerer } from './rpc.ts';
import { bridgeTimes } from './timeouts.ts';

// Sockets are made with no moment in which another user could open them (T9).
process.umask(0o177);

const config = BridgeConfig.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')));
const input = createInterface({ input: process.stdin });
const { hostToken } = BridgeSecrets.parse(JSON.parse((await input[Symbol.asyncIterator]().next()).value ?? 'null'));

type Role = keyof typeof roleNames;
const roleNames = { host: true, visit: true, selftest: true };
interface Connection extends Visitor {
  role: Role | null;
  readonly answerer: Answerer<typeof bridgeEvents>;
}

const connections = new Set<Connection>();
const refused = (code: Refused['code']): Refused => ({ kind: 'refused', code });

const holder = (): Connection | null => leases.holder() as Connection | null;
const toAll = (tell: (answerer: Connection['answerer']) => void) => {
  for (const { role, answerer } of connections) if (role) tell(answerer);
};

let healthTold = '';
const tellHealth = () => {
  const now = health();
  if (JSON.stringify(now) === healthTold) return;
  healthTold = JSON.stringify(now);
  toAll((answerer) => answerer.tell('health.changed', now));
};

const cards = config.card
  ? createCardManager(config.card, config.runDir, {
      log,
      onChange: (situation) => {
        holder()?.answerer.tell('card.changed', situation);
        tellHealth();
      },
    })
  : null;
const printer = config.printer
  ? createPrinter(config.printer, {
      log,
      onInfo: (info) => {
        toAll((answerer) => answerer.tell('printer.changed', info));
        tellHealth();
      },
      onJob: (event) => holder()?.answerer.tell('printer.job', event),
    })
  : null;

const intake = printer ? createIntake(printer, config.runDir) : null;

const NO_PRINTER: PrinterInfo = { widthDots: 576, confirms: 'none', state: 'no-printer' };
const printerInfo = () => printer?.info() ?? NO_PRINTER;
const health = (): DeviceHealth => ({
  card: cards?.health() ?? 'absent',
  scanner: 'absent',
  keypad: 'absent',
  printer: printer?.info().state ?? 'absent',
  camera: 'absent',
  speech: 'absent',
});

/** Everything of a person out of every device, within `leaseEndMs`. */
async function clearDevices(): Promise<void> {
  const from = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const given = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), bridgeTimes.leaseEndMs);
  });
  const outcome = await Promise.race([Promise.all([cards?.shut(), printer?.endLease()]).then(() => 'clear' as const), given]);
  clearTimeout(timer);
  log('lease.cleared', { device: 'bridge', state: outcome, ms: Math.round(performance.now() - from) });
}

const leases = createLeases({
  ending: () => {
    for (const jobId of intake?.dropAll() ?? [])
      holder()?.answerer.tell('printer.job', { jobId, state: 'dropped', printer: printerInfo().state });
    printer?.endJobs();
  },
  clear: clearDevices,
  onHolder: (visitor) => {
    if (visitor) cards?.open();
    else void cards?.shut();
  },
});

/** What a host or a self-test may know of the slot: that it works, never which card is in it. */
function cardFor(role: Role): CardSituation {
  const situation: CardSituation = cards?.situation() ?? { kind: 'no-reader', unknownReaders: [] };
  return role === 'visit' || situation.kind === 'no-service' || situation.kind === 'no-reader' ? situation : { kind: 'empty' };
}

function serve(socket: Socket): void {
  const mayNot = (allowed: readonly string[]): Refused | null => {
    if (!connection.role) return refused('NOT_AUTHENTICATED');
    return allowed.includes(connection.role) ? null : refused('BAD_STATE');
  };
  const asHolder = (allowed: readonly string[]): Refused | null =>
    mayNot(allowed) ?? (holder() === connection ? null : refused('NO_LEASE'));
  const turnAway = (code: Refused['code']): Refused => {
    log('hello.refused', { device: 'bridge', code });
    setTimeout(() => answerer.close(), bridgeTimes.refusalMs);
    return refused(code);
  };

  const answerer = rpcAnswerer(
    socket,
    bridgeRequests,
    {
      hello({ version, role, token }): HelloOutcome {
        if (connection.role) return refused('BAD_STATE');
        if (version !== BRIDGE_PROTOCOL_VERSION) return turnAway('BAD_VERSION');
        if (role === 'visit') {
          const presented = leases.present(token, connection);
          if (presented !== 'held') return turnAway(presented === 'taken' ? 'BAD_STATE' : 'NOT_AUTHENTICATED');
        } else if (!sameToken(token, hostToken)) return turnAway('NOT_AUTHENTICATED');
        connection.role = role;
        clearTimeout(silent);
        return { kind: 'welcome', version: BRIDGE_PROTOCOL_VERSION, health: health(), card: cardFor(role), printer: printerInfo() };
      },
      async 'lease.grant'({ lease, token }): Promise<Done> {
        const no = mayNot(bridgeRequests['lease.grant'].roles);
        if (no) return no;
        await leases.grant(lease, token);
        return { kind: 'done' };
      },
      async 'lease.end'({ lease }): Promise<Done> {
        const no = mayNot(bridgeRequests['lease.end'].roles);
        if (no) return no;
        return (await leases.end(lease)) === 'ended' ? { kind: 'done' } : refused('NO_LEASE');
      },
      'printer.print': (job) => asHolder(bridgeRequests['printer.print'].roles) ?? intake?.print(job) ?? refused('OUT_OF_SERVICE'),
      'printer.drop'({ jobId }): Done {
        const no = asHolder(bridgeRequests['printer.drop'].roles);
        if (no) return no;
        if (intake?.drop(jobId)) answerer.tell('printer.job', { jobId, state: 'dropped', printer: printerInfo().state });
        else printer?.drop(jobId);
        return { kind: 'done' };
      },
    },
    bridgeEvents,
    (name) => log('message.malformed', { device: 'bridge', name }),
    (name) => log('message.fault', { device: 'bridge', name }),
  );
  const connection: Connection = {
    role: null,
    answerer,
    leaseEnded: (lease) => answerer.tell('lease.ended', { lease }),
  };
  const silent = setTimeout(() => answerer.close(), bridgeTimes.helloMs);
  connections.add(connection);
  answerer.onClose(() => {
    clearTimeout(silent);
    connections.delete(connection);
    leases.leave(connection);
  });
}

let ending = false;
/** The supervisor is gone or asks to stop: nothing of a person stays in a device or a process. */
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  server.close();
  rmSync(socketPath, { force: true });
  intake?.dropAll();
  await clearDevices();
  await Promise.all([cards?.close(), printer?.close()]);
  process.exit(0);
}

const socketPath = join(config.runDir, 'bridge.sock');
rmSync(socketPath, { force: true });
const server = createServer(serve);
input.once('close', () => void end());
process.once('SIGTERM', () => void end());
await cards?.looked;
server.listen(socketPath, () => {
  chmodSync(socketPath, 0o600);
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
});
