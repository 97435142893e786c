/** The visit process: composes one visit from its parts. Started by the host, it shows the attract screen, serves one person, and dies. */
import { appendFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { rpcCaller } from '../../firmware-bridge/rpc.ts';
import { type KioskConfig, loadKioskConfig } from '../config/load.ts';
import { HOST_PROTOCOL_VERSION, HOST_TIMES, hostEvents, hostRequests, VisitStart } from '../host/protocol.ts';
import { drawReceipt, paperFonts } from '../paper/index.ts';
import { makeDemoKeyring, openKeyring } from '../store/keyring.ts';
import { openStore } from '../store/store.ts';
import { flows } from './catalogue.ts';
import { type Devices, leaseDevices } from './devices.ts';
import { openLink } from './link.ts';
import { createRecords, type Records } from './records.ts';
import { loadTexts } from './texts.ts';
import { startVisit, type Visit } from './visit.ts';

const CALL_MS = 2_000;
/** A kiosk that nobody uses over a weekend keeps its promise all the same. */
const PURGE_EVERY_MS = 3_600_000;

/** One line of JSON on standard error, from an allow-list of fields: an event's name, words from fixed lists, counts. */
function log(event: string, fields: Readonly<Record<string, string | number>> = {}): void {
  appendFileSync(2, `${JSON.stringify({ at: new Date().toISOString(), process: 'visit', event, ...fields })}\n`);
}

// SIGUSR1 would open the debugger (threats, PIN path 6).
process.on('SIGUSR1', () => {});
process.on('uncaughtException', (fault) => {
  log('visit.fault', { name: fault.name, where: (fault.stack ?? '').split('\n')[1]?.trim().slice(0, 120) ?? '' });
  process.exit(70);
});

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return '';
}

async function openRecords(start: VisitStart, config: KioskConfig): Promise<Records | null> {
  if (config.site.demo) makeDemoKeyring(start.dataDir);
  const keys = openKeyring({ dataDir: start.dataDir, demoSite: config.site.demo, credentialsDir: process.env['CREDENTIALS_DIRECTORY'] });
  if (keys.kind !== 'keyring') {
    log('store.off', { why: `keyring-${keys.kind}` });
    return null;
  }
  const opened = await openStore(start.dataDir);
  if (opened.kind !== 'open') {
    log('store.off', { why: opened.kind });
    return null;
  }
  const texts = await textsReady;
  if (paperFonts().kind === 'no-font') {
    log('store.off', { why: 'no-font' });
    return null;
  }
  return createRecords({
    store: opened.store,
    keyring: keys.keyring,
    retention: config.retention,
    timeZone: config.site.timeZone,
    now: () => new Date(),
    draw: (receipt) => drawReceipt(receipt, { widthDots: config.site.devices.printer?.widthDots ?? 576 }),
    copyWord: ({ lang }) => texts.flow('common', lang, 'copy'),
  });
}

/** Flows are known to visits only, so it is a visit that can tell whether a site names one that exists, with a configuration that fits. */
function complaintAboutFlows({ site }: KioskConfig): string | null {
  for (const [index, { id, config }] of site.flows.entries()) {
    const flow = flows.get(id);
    if (!flow) return `flows.${index}.id: one of ${[...flows.keys()].join(', ')}`;
    const parsed = flow.config.safeParse(config);
    if (!parsed.success)
      return `flows.${index}.config.${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''}`;
  }
  return null;
}

const textsReady = loadTexts();

async function main(): Promise<void> {
  const start = VisitStart.parse(JSON.parse(await firstLine()));
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
  const loaded = loadKioskConfig(start.configDir, start.siteName);
  if (loaded.kind === 'wrong') {
    log('config.wrong');
    process.exit(78);
  }
  const config = loaded.value;
  const wrongFlow = complaintAboutFlows(config);
  if (wrongFlow) {
    log('config.wrong');
    process.stderr.write(`${start.configDir}/sites/${start.siteName}.yaml: ${wrongFlow}\n`);
    process.exit(78);
  }

  const hostSocket = connect(start.hostSocket);
  const host = rpcCaller(hostSocket, hostRequests, hostEvents, (name) => log('host.malformed', { name }));
  // The host's socket is this process's life: without its host nobody ends the lease or the person's data.
  host.onClose(() => process.exit(0));

  let visit: Visit | null = null;
  let devices: Devices | null = null;
  let address = '';
  const monotonicMs = () => performance.now();
  const records = await openRecords(start, config);
  const link = await openLink(
    { pageDir: join(start.buildDir, 'page'), frontDoor: start.frontDoor, dock: start.dock },
    {
      onTicket: (ticket) => {
        void host.call('register', { address, ticket, store: records ? 'open' : 'off' }, CALL_MS);
      },
      onPage: () => {
        visit?.onPage();
        void host.call('shown', {}, CALL_MS);
      },
      onUp: (up) => visit?.onUp(up),
      onPageDead: () => void host.call('page-dead', {}, CALL_MS),
      onRefused: (why, count) => (visit ? visit.onRefused(why, count) : log('screen.refused', { why, count })),
      monotonicMs,
    },
  );
  address = link.address;
  host.on('successor', (successor) => link.setSuccessor(successor));

  const texts = await textsReady;
  let clockSure = start.clockSure;

  const begin = (usedInsertion: number) => {
    visit = startVisit({
      config,
      flows,
      link,
      records,
      texts,
      usedInsertion,
      now: () => new Date(),
      monotonicMs,
      log,
      onAlert: (why) => void host.call('alert', { why }, CALL_MS),
      onUsed: (insertion) => void host.call('used', { insertion }, CALL_MS),
      onEnded: (why) => {
        devices?.close();
        void host.call('ended', { why, auditHead: records?.head() ?? null }, CALL_MS).then(() => process.exit(0));
      },
    });
    visit.setClock(clockSure);
    if (link.hasPage()) visit.onPage();
  };

  let jobInFlight = '';
  const lease = async (token: string) => {
    const outcome = await leaseDevices(start.bridgeSocket, token, {
      onSlot: (news) => visit?.onSlot(news),
      onJob: (event) => {
        jobInFlight =
          event.state === 'printed' || event.state === 'dropped' || event.state === 'unknown' || event.state === 'handed-over'
            ? ''
            : event.jobId;
        visit?.onJob(event);
      },
      onLost: (why) => {
        devices = null;
        visit?.setDevices(null);
        if (why === 'lease-ended') return visit?.end('lease-ended');
        // The bridge went away; the host leases again when it is back. Until then the slot cannot serve, and paper that was
        // under way may or may not have come out.
        log('bridge.gone');
        if (jobInFlight) visit?.onJob({ jobId: jobInFlight, state: 'unknown', printer: 'no-printer' });
        visit?.onSlot({ kind: 'no-service' });
      },
      onMalformed: (name) => log('bridge.malformed', { name }),
    });
    if (outcome.kind === 'refused') {
      log('lease.refused');
      void host.call('lease-refused', {}, CALL_MS);
      visit?.onSlot({ kind: 'no-service' });
      return;
    }
    devices = outcome.devices;
    visit?.setDevices(devices);
    devices.begin();
  };
  host.on('serve', ({ usedInsertion }) => begin(usedInsertion));
  host.on('lease', ({ bridgeToken }) => void lease(bridgeToken));
  host.on('clock', ({ sure }) => {
    clockSure = sure;
    visit?.setClock(sure);
  });

  const hello = await host.call(
    'hello',
    { version: HOST_PROTOCOL_VERSION, role: 'visit', visit: start.visit, token: start.token },
    CALL_MS,
  );
  if (hello.kind !== 'answered' || hello.value.kind !== 'done') process.exit(76);
  await host.call('register', { address, ticket: link.ticket(), store: records ? 'open' : 'off' }, CALL_MS);
  setInterval(() => void host.call('alive', {}, CALL_MS), HOST_TIMES.aliveEveryMs);
  // Only by a clock that can be trusted: one that is years ahead would delete what still waits for its person.
  const purge = () => {
    if (records && clockSure) records.purge(new Date()).catch(() => log('purge.failed'));
  };
  purge();
  setInterval(purge, PURGE_EVERY_MS);
}

void main();
