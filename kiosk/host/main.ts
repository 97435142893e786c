/** The host process: composes visits, their lease of the bridge, the front door and the shell's link. Holds no data key. */

import { execFile } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Answerer, type Handlers, rpcAnswerer } from '../../firmware-bridge/rpc.ts';
import { loadKioskConfig } from '../config/load.ts';
import { joinBridge } from './bridge.ts';
import { watchClock } from './clock.ts';
import { openDoors } from './doors.ts';
import { keepHeads } from './heads.ts';
import {
  type AlertWhy,
  HOST_PROTOCOL_VERSION,
  HOST_TIMES,
  HostConfig,
  HostSecrets,
  hostEvents,
  hostRequests,
  type Launch,
} from './protocol.ts';
import { runVisits, type Visits } from './visits.ts';

const VERSION = '0.1.0';
const HEADS_EVERY_MS = 3_600_000;
const CLOCK_EVERY_MS = 1_000;

function log(event: string, fields: Readonly<Record<string, string | number>> = {}): void {
  appendFileSync(2, `${JSON.stringify({ at: new Date().toISOString(), process: 'host', event, ...fields })}\n`);
}

process.on('SIGUSR1', () => {});

/** Whether the system says that a time source has confirmed its clock; no answer is no. */
const synchronised = () =>
  new Promise<boolean>((resolve) => {
    execFile('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 2_000 }, (error, out) =>
      resolve(!error && out.trim() === 'yes'),
    );
  });

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return '';
}

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const done = { kind: 'done' } as const;
const refused = { kind: 'refused', code: 'NOT_AUTHENTICATED' } as const;

async function main(): Promise<void> {
  const config = HostConfig.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  const secrets = HostSecrets.parse(JSON.parse(await firstLine()));
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
  const loaded = loadKioskConfig(config.configDir, config.siteName);
  if (loaded.kind === 'wrong') {
    log('config.wrong');
    process.stderr.write(`${loaded.complaint}\n`);
    process.exit(78);
  }
  const { site } = loaded.value;
  const monotonicMs = () => performance.now();
  const clock = watchClock({ wallMs: Date.now, monotonicMs, maxDriftMs: site.clock.maxDriftMs, trustAtStart: site.demo, synchronised });
  let clockSure = await clock.check();
  let visits: Visits | null = null;
  let shell: Answerer<typeof hostEvents> | null = null;
  let alert: AlertWhy | null = null;
  const dockToken = randomBytes(24).toString('base64url');

  const heads = keepHeads(`${config.dataDir}-heads`, () => log('heads.not-written'));
  setInterval(() => heads.write(new Date()), HEADS_EVERY_MS);
  process.on('exit', () => heads.write(new Date()));

  const bridge = joinBridge({
    socket: join(config.runDir, 'bridge.sock'),
    token: secrets.hostToken,
    onBack: () => visits?.leaseAgain(),
    log,
  });

  const doors = await openDoors(
    {
      port: config.port,
      demo: site.demo,
      version: VERSION,
      simSocket: site.demo ? config.simSocket : null,
      serving: () => visits?.serving() ?? null,
      health: bridge.health,
      clockSure: () => clockSure,
      alert: () => alert,
      origins: () => visits?.origins() ?? [],
    },
    dockToken,
  );

  const hostSocket = join(config.runDir, 'host.sock');
  rmSync(hostSocket, { force: true });
  const server = createServer((socket) => {
    let role: { kind: 'visit'; id: string } | { kind: 'shell' } | null = null;
    const asVisit = (work: (id: string) => void) => {
      if (role?.kind !== 'visit') return refused;
      work(role.id);
      return done;
    };
    const handlers: Handlers<typeof hostRequests> = {
      hello({ version, role: asked, visit, token }) {
        if (version !== HOST_PROTOCOL_VERSION) return { kind: 'refused', code: 'BAD_VERSION' };
        if (role !== null) return { kind: 'refused', code: 'BAD_STATE' };
        if (asked === 'visit') {
          if (visit === null || !visits?.join(visit, token, answerer)) return refused;
          role = { kind: 'visit', id: visit };
          return done;
        }
        if (!same(token, secrets.shellToken)) return refused;
        role = { kind: 'shell' };
        shell = answerer;
        const launch = visits?.serving()?.launch;
        if (launch) setImmediate(() => answerer.tell('shell.show', launch));
        return done;
      },
      register: ({ store, ...launch }) =>
        asVisit((id) => {
          visits?.registered(id, launch, store);
          announce();
        }),
      alive: () => asVisit((id) => visits?.alive(id)),
      used: ({ insertion }) => asVisit((id) => visits?.used(id, insertion)),
      alert: ({ why }) =>
        asVisit((id) => {
          if (!visits?.isServing(id)) return;
          alert = why;
          log('staff.alert', { why: why ?? 'none' });
          doors.tellAlert();
        }),
      'lease-refused': () => asVisit((id) => visits?.leaseRefused(id)),
      shown: () => asVisit((id) => visits?.shown(id)),
      'page-dead': () => asVisit((id) => visits?.pageDead(id)),
      ended: ({ why, auditHead }) =>
        asVisit((id) => {
          if (auditHead) heads.hear(auditHead);
          visits?.ended(id, why);
        }),
    };
    const answerer = rpcAnswerer(socket, hostRequests, handlers, hostEvents, (name) => log('host.malformed', { name }));
    answerer.onClose(() => {
      if (shell === answerer) shell = null;
    });
  });
  await new Promise<void>((resolve) => server.listen(hostSocket, resolve));
  chmodSync(hostSocket, 0o600);

  setInterval(() => shell?.tell('shell.beat', {}), HOST_TIMES.shellBeatEveryMs);

  let announced = false;
  const announce = () => {
    if (announced || !visits?.serving()?.launch) return;
    announced = true;
    process.stdout.write(`${JSON.stringify({ ready: true, port: doors.port, frontDoor: doors.frontDoor })}\n`);
  };

  visits = runVisits({
    visitJs: join(config.buildDir, 'visit.js'),
    start: {
      hostSocket,
      bridgeSocket: join(config.runDir, 'bridge.sock'),
      dataDir: config.dataDir,
      configDir: config.configDir,
      siteName: config.siteName,
      buildDir: config.buildDir,
      frontDoor: site.demo ? doors.frontDoor : null,
      dock: site.demo && config.simSocket ? `ws://localhost:${doors.port}/dock/${dockToken}` : null,
    },
    clockSure: () => clockSure,
    usedFile: join(config.runDir, 'used-insertion'),
    monotonicMs,
    grantLease: (lease, token) => bridge.grantLease(lease, token),
    onServing(launch: Launch) {
      // Whoever serves from now on says anew what hands are needed for.
      alert = null;
      doors.tellAlert();
      shell?.tell('shell.show', launch);
    },
    onNeedsBrowser: (launch: Launch) => shell?.tell('shell.restart', launch),
    log,
  });

  setInterval(async () => {
    const sure = await clock.check();
    if (sure === clockSure) return;
    clockSure = sure;
    log(sure ? 'clock.sure' : 'clock.unsure');
    visits?.tellClock(sure);
  }, CLOCK_EVERY_MS);
}

void main();
