/** Process `card-monitor`: says which readers and cards there are, and ends when the service does. Reads no card. */
import { watchDirect } from './direct.ts';
import { hearLines, type MonitorSays, MonitorStart } from './lines.ts';
import { watchPcsc } from './pcsc.ts';
import type { WatchHears } from './reader.ts';

const say = (line: MonitorSays) => void process.stdout.write(`${JSON.stringify(line)}\n`);

// The bridge is gone: nothing is left to tell.
process.stdin.once('end', () => process.kill(process.pid, 'SIGKILL'));

hearLines(process.stdin, MonitorStart, ({ path }) => {
  const hears: WatchHears = {
    onReaders: (names) => say({ says: 'readers', names: [...names] }),
    onSlot: (state) => say({ says: 'slot', ...state }),
    onEnd(why) {
      // The addon's threads may hang in a dead service, so the process is not asked to wind down.
      process.stdout.write(`${JSON.stringify({ says: 'end', why } satisfies MonitorSays)}\n`, () => process.kill(process.pid, 'SIGKILL'));
    },
  };
  if (path.kind === 'direct') void watchDirect(path.socket, hears);
  else watchPcsc(hears);
});
