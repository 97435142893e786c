import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AuditEntry } from '../audit/audit.ts';
import { loadYaml } from '../config/load.ts';
import { RetentionConfig, SiteConfig } from '../config/site.ts';
import type { Act } from '../contract/flow.ts';
import type { Down, Up, View } from '../contract/link.ts';
import { flows } from './catalogue.ts';
import type { EndWhy } from './conversation.ts';
import type { Devices } from './devices.ts';
import type { Records } from './records.ts';
import { loadTexts } from './texts.ts';
import { startVisit, type Visit } from './visit.ts';

const site = loadYaml('config/sites/demo.yaml', SiteConfig);
const retention = loadYaml('config/retention.yaml', RetentionConfig);
if (site.kind === 'wrong' || retention.kind === 'wrong') throw new Error('the demonstration site does not load');
const config = { siteName: 'demo', site: site.value, retention: retention.value, cardProfiles: [] };
const texts = await loadTexts();
const person = {
  documentNumber: 'C123456(9)',
  nameEnglish: 'LEE SAU YING',
  nameChinese: '李秀英',
  dateOfBirth: '1941-00-00',
  sex: 'F',
  dateOfIssue: '2019-05-06',
};

let downs: Down[];
let logged: string[];
let ended: EndWhy[];
let kept: Act[];
let states: string[];
let notes: AuditEntry[];
let used: number[];
let printed: string[];
let alerts: (string | null)[];
let visit: Visit;

const devices: Devices = {
  begin() {},
  identify: async (insertion) => ({ kind: 'identified', insertion, identity: 'a'.repeat(64) }),
  read: async (insertion) => ({ kind: 'read', insertion, values: person, proved: 'active' }),
  print: async (jobId) => {
    printed.push(jobId);
    return 'queued';
  },
  drop() {},
  close() {},
};
const records = (): Records => ({
  keep: async (_flow, act) => {
    kept.push(act);
    return { kind: 'kept', receiptId: 'r-1', number: '123456789012' };
  },
  find: async () => ({ kind: 'none' }),
  bitmap: async () => ({ widthDots: 8, heightDots: 1, bits: Buffer.alloc(1) }),
  setReceipt: async (_, state) => {
    states.push(state);
    return true;
  },
  note: async (entry) => {
    notes.push(entry);
    return true;
  },
  purge: async () => {},
  head: () => null,
});

function start(given: { records?: Records | null } = {}) {
  visit = startVisit({
    config,
    flows,
    link: { address: '', ticket: () => '', send: (down) => downs.push(down) > 0, setSuccessor() {}, hasPage: () => true, close() {} },
    records: given.records === undefined ? records() : given.records,
    texts,
    usedInsertion: 0,
    now: () => new Date('2021-11-28T02:39:00Z'),
    monotonicMs: () => performance.now(),
    onAlert: (why) => alerts.push(why),
    onUsed: (insertion) => used.push(insertion),
    onEnded: (why) => ended.push(why),
    log: (event) => logged.push(event),
  });
  visit.setDevices(devices);
}

const view = (): View => {
  const last = downs.findLast((down) => down.kind === 'view');
  if (last?.kind !== 'view') throw new Error('no view yet');
  return last.view;
};
const act = (event: { type: string; [key: string]: unknown }, seq = view().seq) => visit.onUp({ kind: 'act', seq, event } as Up);
const settle = () => vi.advanceTimersByTimeAsync(0);

async function toShowing() {
  act({ type: 'CHOOSE_LANG', lang: 'en' });
  visit.onSlot({ kind: 'ready', insertion: 1, profile: 'hk-smart-id-specimen', found: false });
  await settle();
  act({ type: 'CHOOSE_FLOW', flow: 'smart-id' });
  await settle();
  expect(view().screen).toBe('smart-id.showing');
}

beforeEach(() => {
  vi.useFakeTimers();
  [downs, logged, ended, kept, states, notes, used, printed, alerts] = [[], [], [], [], [], [], [], [], []];
  start();
});
afterEach(() => vi.useRealTimers());

describe('acts', () => {
  test('a double touch counts once', async () => {
    await toShowing();
    const { seq } = view();
    act({ type: 'ALL_CORRECT' }, seq);
    act({ type: 'ALL_CORRECT' }, seq);
    await settle();
    expect(kept).toHaveLength(1);
    expect(logged).toEqual(['act.not-taken']);
  });

  test('an act drawn for an older view is not taken', async () => {
    await toShowing();
    act({ type: 'EXIT' }, view().seq - 1);
    expect(view().screen).toBe('smart-id.showing');
  });

  test.each(['CARD_READY', 'xstate.done.actor.flow', 'END', 'PAPER', 'PAUSED', 'LEAVE_NOW'])('the screen cannot send %s', async (type) => {
    await toShowing();
    act({
      type,
      insertion: 9,
      profile: 'x',
      why: 'done',
      news: 'printed',
      paused: 'clock',
      output: { kind: 'settled', receiptId: 'x', number: '1' },
    });
    await settle();
    expect(view().screen).toBe('smart-id.showing');
    expect(ended).toEqual([]);
    expect(logged).toEqual(['act.not-taken']);
  });

  test('an act of the right type with content that its schema does not know is refused', async () => {
    act({ type: 'CHOOSE_LANG', lang: 'tlh' });
    act({ type: 'CHOOSE_LANG', lang: 'en', extra: 1 });
    expect(view().screen).toBe('visit.attract');
    expect(logged).toEqual(['act.refused', 'act.refused']);
  });

  test('a flow that this site does not offer cannot be chosen', () => {
    act({ type: 'CHOOSE_LANG', lang: 'en' });
    act({ type: 'CHOOSE_FLOW', flow: 'not-offered' });
    expect(view().screen).toBe('visit.menu');
  });
});

describe('held values', () => {
  const held = () => downs.filter((down) => down.kind === 'held');

  test('CH-03 [part] a value is sent while it is held, taken back on release, and taken back after 20 s by itself', async () => {
    await toShowing();
    visit.onUp({ kind: 'hold', field: 'documentNumber' });
    expect(held()).toEqual([{ kind: 'held', field: 'documentNumber', value: 'C123456(9)' }]);
    visit.onUp({ kind: 'release', field: 'documentNumber' });
    expect(held().at(-1)).toEqual({ kind: 'held', field: 'documentNumber', value: null });
    visit.onUp({ kind: 'hold', field: 'dateOfBirth' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(held().slice(-2)).toEqual([
      { kind: 'held', field: 'dateOfBirth', value: '1941' },
      { kind: 'held', field: 'dateOfBirth', value: null },
    ]);
  });

  test('a value that is held when the card leaves is taken back at once', async () => {
    await toShowing();
    visit.onUp({ kind: 'hold', field: 'nameEnglish' });
    visit.onSlot({ kind: 'empty' });
    expect(held().at(-1)).toMatchObject({ value: null });
    expect(view().screen).toBe('visit.card-out');
    visit.onUp({ kind: 'hold', field: 'nameEnglish' });
    expect(held().at(-1)).toMatchObject({ value: null });
  });

  test.each(['__proto__', 'act', 'proved', ''])('a field named "%s" has no value to hold', async (field) => {
    await toShowing();
    visit.onUp({ kind: 'hold', field });
    expect(held()).toEqual([]);
  });
});

describe('paper', () => {
  async function toPrinting() {
    await toShowing();
    act({ type: 'ALL_CORRECT' });
    await settle();
    visit.onSlot({ kind: 'empty' });
    await settle();
    expect(view().screen).toBe('visit.printing');
  }
  const job = (state: 'printed' | 'unknown' | 'handed-over' | 'dropped' | 'waiting-for-paper' | 'printing') =>
    visit.onJob({ jobId: printed.at(-1)!, state, printer: state === 'waiting-for-paper' ? 'paper-out' : 'ready' });

  test('the slip is marked as sent before a byte of it goes out, and as printed only when the printer said so', async () => {
    await toPrinting();
    expect(states).toEqual(['sent']);
    job('printed');
    await settle();
    expect(states).toEqual(['sent', 'printed']);
    expect(view()).toMatchObject({ screen: 'visit.done', props: { paper: 'printed' } });
  });

  test('news of another job changes nothing', async () => {
    await toPrinting();
    visit.onJob({ jobId: 'somebody-else', state: 'printed', printer: 'ready' });
    await settle();
    expect(view().screen).toBe('visit.printing');
  });

  test('when nobody knows whether it came out the person is asked, and a second one is sent as COPY', async () => {
    await toPrinting();
    job('unknown');
    expect(view().screen).toBe('visit.paper-question');
    act({ type: 'NO_PAPER' });
    await settle();
    expect(printed).toHaveLength(2);
    job('printed');
    await settle();
    expect(view()).toMatchObject({ screen: 'visit.done', props: { paper: 'printed' } });
  });

  test('the person who has the slip is believed, and it is written down as taken', async () => {
    await toPrinting();
    job('handed-over');
    act({ type: 'GOT_PAPER' });
    await settle();
    expect(states.at(-1)).toBe('taken');
  });

  test('who writes the number down settles it', async () => {
    await toPrinting();
    job('waiting-for-paper');
    act({ type: 'WROTE_DOWN' });
    await settle();
    expect(states.at(-1)).toBe('written-down');
    expect(view()).toMatchObject({ screen: 'visit.done', props: { paper: 'written-down' } });
  });

  test('every end waits for what is being written, tells the page to go, and happens once', async () => {
    await toPrinting();
    job('printed');
    await settle();
    act({ type: 'FINISH' });
    visit.end('lease-ended');
    await settle();
    expect(ended).toEqual(['done']);
    expect(downs.at(-1)).toEqual({ kind: 'go' });
    expect(notes.map(({ event, detail }) => [event, detail])).toEqual([['visit.ended', { why: 'done' }]]);
    expect(used).toEqual([1]);
  });
});

test('without records the kiosk shows its attract screen and says that services are paused', () => {
  downs = [];
  start({ records: null });
  expect(view()).toMatchObject({ screen: 'visit.attract', props: { paused: 'store' } });
  act({ type: 'CHOOSE_LANG', lang: 'en' });
  expect(view().screen).toBe('visit.attract');
});

test('a store that throws is asked again by the act’s key, and nothing is claimed that was not written', async () => {
  downs = [];
  start({
    records: {
      ...records(),
      keep: async () => {
        throw new Error('a bug');
      },
    },
  });
  await toShowing();
  act({ type: 'ALL_CORRECT' });
  await settle();
  expect(view().screen).toBe('smart-id.not-kept');
});
