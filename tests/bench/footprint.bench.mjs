/** Memory (PSS) and idle load of a kiosk that shows its attract screen to nobody; the floor is as many bare Node processes. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { percentiles, round, startBrowser, startKiosk } from './bench.mjs';

const WATCHED_MS = 30_000;
/** What a start leaves behind, compiled code and garbage, is done with by then. */
const SETTLED_AFTER_MS = 10_000;
const SAMPLES = 5;
const TICKS_PER_SECOND = 100;

const stat = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};
const pssMb = (pid) => Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const cpuTicks = (pid) => Number(stat(pid)[11]) + Number(stat(pid)[12]);

function ours(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      parents.set(Number(pid), Number(stat(pid)[1]));
    } catch {
      // Gone between the listing and the look.
    }
  const under = (pid) => pid === root || (parents.has(pid) && parents.get(pid) > 1 && under(parents.get(pid)));
  return [...parents.keys()].filter(under).map((pid) => {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const script = args.find((arg) => /\.build\/[a-z-]+\.js$/.test(arg));
    return { pid, name: script ? /([a-z-]+)\.js$/.exec(script)[1] : args[0].split('/').at(-1) };
  });
}

export async function measure() {
  const [kiosk, browser] = await Promise.all([startKiosk(), startBrowser()]);
  const page = await browser.newPage();
  await page.goto(kiosk.frontDoor);
  await page.waitForSelector('[data-screen="visit.attract"]');
  // The warm successor is part of the kiosk at rest.
  await new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS));
  const node = ours(kiosk.pid).filter(({ name }) => /^(supervisor|simulators|bridge|card-monitor|card-worker|host|visit)$/.test(name));
  const bare = node.map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' }));
  const before = node.map(({ pid }) => cpuTicks(pid));
  const [product, floor] = [[], []];
  const sum = (pids) => pids.reduce((total, pid) => total + pssMb(pid), 0);
  for (let n = 0; n < SAMPLES; n++) {
    await new Promise((resolve) => setTimeout(resolve, WATCHED_MS / SAMPLES));
    product.push(sum(node.map(({ pid }) => pid)));
    floor.push(sum(bare.map(({ pid }) => pid)));
  }
  const percent = (ticks) => round((ticks / TICKS_PER_SECOND / (WATCHED_MS / 1000)) * 100, 2);
  const loads = node.map(({ pid }, n) => cpuTicks(pid) - before[n]);
  const [mine, theirs] = [percentiles(product), percentiles(floor)];
  const notes = [
    `${node.length} processes; together they use ${percent(loads.reduce((a, b) => a + b, 0))} % of a core at rest`,
    ...node.map(({ pid, name }, n) => `${name}: ${round(pssMb(pid))} MB, ${percent(loads[n])} % of a core`),
    `floor: ${bare.length} Node processes that do nothing`,
  ];
  for (const child of bare) child.kill();
  await browser.close();
  await kiosk.stop();
  return { name: 'footprint', unit: 'MB', product: mine, floor: theirs, ratio: round(mine.p50 / theirs.p50, 2), notes };
}
