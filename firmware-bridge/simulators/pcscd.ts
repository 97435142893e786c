/**
 * A `pcscd` of our own in namespaces of its own: nobody else's readers, no port that anybody else can reach, nothing left behind when
 * this process dies. One process holds the namespaces and ends with our pipe; `pcscd` and the connector are killed by the kernel with
 * their parent. As a plain user the namespaces need one more, for users.
 */
import { type ChildProcess, type Serializable, spawn } from 'node:child_process';
import { accessSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { simulatorTimes } from '../timeouts.ts';

/** Slot 0 and slot 1 of the vpcd driver. In the private network nobody else can have them. */
const FIRST_PORT = 35_963;
const DRIVERS = ['/usr/lib/pcsc/drivers/serial/libifdvpcd.so', '/usr/lib64/pcsc/drivers/serial/libifdvpcd.so'];
/** Distributions keep daemons where a plain user's PATH does not look. */
const PATH = [...new Set([...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'])].join(':');
const env = { PATH };

/**
 * The kernel acknowledges at once on this loopback: the driver sends each message in two writes, and a delayed acknowledgement would
 * cost 40 ms a command. Real USB readers stay out of sight.
 */
const HOLD = `set -e
umask 022
mount -t tmpfs -o mode=0755 none /run
mkdir /run/pcscd /run/readers
if [ -d /dev/bus/usb ]; then mount -t tmpfs none /dev/bus/usb; fi
ip link set lo up
ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
echo held
exec cat`;

export interface PrivatePcscd {
  readonly socket: string;
  /** A TCP connection to the driver, as a card makes it; null where no service or no reader listens. */
  connectCard(slot: number): Promise<Socket | null>;
  /** Ends the service as a crash does, and starts it again. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** pcscd 1.9 neither lets a serial reader leave nor takes a new one while it runs, so both start the service again. */
  unplugReader(): Promise<void>;
  plugReader(): Promise<void>;
  close(): Promise<void>;
}

export type PcscdOutcome =
  | { readonly kind: 'running'; readonly pcscd: PrivatePcscd }
  | { readonly kind: 'not-available'; readonly why: string };

const onPath = (name: string) =>
  PATH.split(':').some((dir) => {
    try {
      accessSync(`${dir}/${name}`, 1);
      return true;
    } catch {
      return false;
    }
  });

const exited = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

async function until(ready: () => Promise<boolean> | boolean): Promise<boolean> {
  const deadline = performance.now() + simulatorTimes.pcscdStartMs;
  while (performance.now() < deadline) {
    if (await ready()) return true;
    await pause(simulatorTimes.pcscdLookMs);
  }
  return false;
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });

/** Starts the service with one reader of two slots. `not-available` names what is missing. */
export async function startPrivatePcscd(log: Log): Promise<PcscdOutcome> {
  for (const name of ['pcscd', 'unshare', 'nsenter', 'setpriv', 'ip']) if (!onPath(name)) return { kind: 'not-available', why: name };
  const driver = DRIVERS.find((path) => existsSync(path));
  if (!driver) return { kind: 'not-available', why: 'the vpcd driver' };

  const asRoot = process.getuid?.() === 0;
  const holder = spawn('unshare', [...(asRoot ? [] : ['--user', '--map-root-user']), '--mount', '--net', 'sh', '-c', HOLD], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
  });
  holder.stdin.on('error', () => {});
  const held = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('exit', () => resolve(false));
    holder.once('error', () => resolve(false));
  });
  if (!held) return { kind: 'not-available', why: 'namespaces' };

  const inside = ['-t', String(holder.pid), ...(asRoot ? [] : ['-U', '--preserve-credentials'])];
  const dieWithUs = ['setpriv', '--pdeathsig', 'KILL'];
  const root = `/proc/${holder.pid}/root`;
  const socket = `${root}/run/pcscd/pcscd.comm`;
  const readerFile = `${root}/run/readers/vpcd`;
  let daemon: ChildProcess | null = null;

  const connector = spawn('nsenter', [...inside, '-n', ...dieWithUs, process.execPath, process.argv[1]!, '--connector'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env,
  });
  const waiting: ((card: Socket | null) => void)[] = [];
  connector.on('message', (_: Serializable, handle) => waiting.shift()?.((handle as Socket | undefined) ?? null));
  connector.once('exit', () => {
    for (const give of waiting.splice(0)) give(null);
  });

  const startService = async () => {
    if (daemon) return;
    // Our own files are closed to others; the service's directory must stay open to us, who are not root in there.
    const run = 'umask 022; exec pcscd --foreground --config /run/readers';
    daemon = spawn('nsenter', [...inside, '-m', '-n', ...dieWithUs, 'sh', '-c', run], { stdio: 'ignore', env });
    const mine = daemon;
    mine.once('exit', () => {
      if (daemon === mine) log('pcscd.ended', { device: 'simulator' });
    });
    if (!(await until(() => answers(socket)))) log('pcscd.silent', { device: 'simulator' });
  };
  const stopService = async () => {
    const old = daemon;
    daemon = null;
    if (!old) return;
    old.kill('SIGKILL');
    await exited(old);
    // What a killed service leaves behind would keep the next from starting.
    for (const name of ['pcscd.comm', 'pcscd.pid']) rmSync(`${root}/run/pcscd/${name}`, { force: true });
  };
  const writeReader = () =>
    writeFileSync(
      readerFile,
      `FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:${FIRST_PORT}\nLIBPATH ${driver}\nCHANNELID ${FIRST_PORT}\n`,
    );

  writeReader();
  await startService();
  return {
    kind: 'running',
    pcscd: {
      socket,
      connectCard: (slot) =>
        new Promise((resolve) => {
          if (!connector.connected) return resolve(null);
          waiting.push(resolve);
          connector.send({ port: FIRST_PORT + slot });
        }),
      stopService,
      startService,
      async unplugReader() {
        await stopService();
        rmSync(readerFile, { force: true });
        await startService();
      },
      async plugReader() {
        await stopService();
        writeReader();
        await startService();
      },
      async close() {
        connector.kill('SIGKILL');
        await stopService();
        holder.stdin.end();
        holder.kill('SIGKILL');
        await Promise.all([exited(connector), exited(holder)]);
      },
    },
  };
}
