/** `npm run sim -- <device> <action>`: tells the running simulators what happens to their devices. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SimCommand, type SimState, simEvents, simRequests } from './protocol.ts';
import { rpcCaller } from './rpc.ts';
import { simulatorTimes } from './timeouts.ts';

const USAGE = `npm run sim -- <device> <action>

  card insert <specimen> [slot]      put a specimen card in (p1, p2, p4, damaged, mute, bank, copied, …)
  card remove [slot]                 take it out
  card pull-at <n> <before|after> [slot]
                                     the next card leaves before or after its n-th command, counted from 0
  reader unplug | plug               pull the reader's cable, put it back
  reader stop-service | start-service
  printer paper-out | paper-near-end | paper-in | open-cover | close-cover | jam-cutter | clear-cutter
  printer unplug | plug | mute | speak | babble | take-paper
  state                              what is in and how everything is

The kiosk must be running with simulators (npm start). Its sockets are looked for in $PAILOU_RUN.`;

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

const wholeNumber = (text: string | undefined) => (text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : Number.NaN);

/** The words of a command line as a command; null where they are none. */
function commandOf([device, action, ...rest]: readonly string[]): SimCommand | null {
  const parsed = SimCommand.safeParse(
    device === 'card' && action === 'insert'
      ? { device, action, specimen: rest[0], slot: wholeNumber(rest[1]) }
      : device === 'card' && action === 'remove'
        ? { device, action, slot: wholeNumber(rest[0]) }
        : device === 'card' && action === 'pull-at'
          ? { device, action, command: wholeNumber(rest[0]), when: rest[1], slot: wholeNumber(rest[2]) }
          : { device, action },
  );
  return parsed.success ? parsed.data : null;
}

function describe(state: SimState): string {
  const cards = state.inserted.map((id, slot) => `slot ${slot}: ${id ?? 'empty'}`).join(', ');
  const { paper, cover, cutter, link } = state.printer;
  return [
    `reader   ${state.reader} (${state.cardPath}), ${cards}`,
    `printer  ${link}, paper ${paper}, cover ${cover}, cutter ${cutter}, ${state.papers.length} slip(s) in the tray`,
  ].join('\n');
}

const words = process.argv.slice(2);
if (words.length === 0 || words.includes('--help') || words[0] === 'help') {
  process.stdout.write(`${USAGE}\n`);
  process.exit(words.length === 0 ? 1 : 0);
}
const wantsState = words.length === 1 && words[0] === 'state';
const command = wantsState ? null : commandOf(words);
if (!wantsState && !command) fail(`"${words.join(' ')}" is not something a simulator can be told.\n\n${USAGE}`);

const { PAILOU_RUN, XDG_RUNTIME_DIR } = process.env;
// Where a kiosk that was told nothing else keeps its sockets.
const runDir = PAILOU_RUN || (XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'pailou') : join(tmpdir(), `pailou-${userInfo().uid}`));
const path = join(runDir, 'sim.sock');
if (!existsSync(path)) fail(`No simulators in ${runDir}. Start the kiosk (npm start), or say where it runs: PAILOU_RUN=<folder>.`);
const socket = connect(path);
socket.once('error', () => fail(`The simulators in ${runDir} do not answer. Start the kiosk again.`));
socket.once('connect', async () => {
  const simulators = rpcCaller(socket, simRequests, simEvents);
  if (command) {
    const answer = await simulators.call('do', command, simulatorTimes.answerMs);
    if (answer.kind === 'no-answer') fail(`The simulators did not answer (${answer.why}).`);
    if (answer.value.kind === 'refused') fail(`Refused: ${answer.value.why}.`);
    process.stdout.write(`${describe(answer.value.state)}\n`);
  } else {
    const answer = await simulators.call('state', {}, simulatorTimes.answerMs);
    if (answer.kind === 'no-answer') fail(`The simulators did not answer (${answer.why}).`);
    process.stdout.write(`${describe(answer.value)}\n`);
  }
  process.exit(0);
});
