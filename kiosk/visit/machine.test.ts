import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { CardIdentifyOutcome } from '../../firmware-bridge/protocol.ts';
import { loadYaml } from '../config/load.ts';
import { RetentionConfig, SiteConfig } from '../config/site.ts';
import { flows } from './catalogue.ts';
import type { PrintOrder, SlotNews } from './conversation.ts';
import { visitMachine } from './machine.ts';
import { type Drawn, drawView, heldValue } from './view.ts';

const site = loadYaml('config/sites/demo.yaml', SiteConfig);
const retention = loadYaml('config/retention.yaml', RetentionConfig);
if (site.kind === 'wrong' || retention.kind === 'wrong') throw new Error('the demonstration site does not load');
const config = { siteName: 'demo', site: site.value, retention: retention.value, cardProfiles: [] };
const { times } = config.site;
const [P2, P4] = ['2'.repeat(64), '4'.repeat(64)];
const person = {
  documentNumber: 'C123456(9)',
  nameEnglish: 'LEE SAU YING',
  nameChinese: '李秀英',
  dateOfBirth: '1941-00-00',
  sex: 'F',
  dateOfIssue: '2019-05-06',
};

/** A visit with its effects told by the test: which card answers which identity, and what the printer says. */
function visit(given: { usedInsertion?: number; identities?: Record<number, string>; keep?: () => Promise<unknown> } = {}) {
  const identities = given.identities ?? { 1: P2!, 2: P2!, 3: P4! };
  const alerts: string[] = [];
  const printer = { tell: (_news: string) => {}, orders: [] as unknown[], started: 0, stopped: 0 };
  let acts = 0;
  const actor = createActor(
    visitMachine.provide({
      actions: { settle: (_, { as }) => void printer.orders.push(as), alertStaff: (_, { why }) => void alerts.push(why) },
      actors: {
        identify: fromPromise(async ({ input }): Promise<CardIdentifyOutcome> => {
          const identity = identities[input.insertion];
          return identity ? { kind: 'identified', insertion: input.insertion, identity } : { kind: 'not-genuine' };
        }),
        printer: fromCallback<PrintOrder, { readonly receiptId: string }>(({ sendBack, receive }) => {
          printer.started++;
          printer.tell = (news) => sendBack({ type: 'PAPER', news });
          receive((order) => printer.orders.push(order));
          return () => printer.stopped++;
        }),
      },
    }),
    {
      input: {
        lang: 'zh-HK',
        times: { ...times, goodbyeMs: 4_000 },
        usedInsertion: given.usedInsertion ?? 0,
        startFlow(id, card, cardFault) {
          const flow = flows.get(id);
          if (!flow) return null;
          const actors = {
            readCard: fromPromise(async () => ({ kind: 'read', insertion: 1, values: person, proved: 'active' })),
            keepAct: fromPromise(given.keep ?? (async () => ({ kind: 'kept', receiptId: 'r-1', number: '123456789012' }))),
            findAct: fromPromise(given.keep ?? (async () => ({ kind: 'none' }))),
          };
          return {
            machine: flow.machine.provide({ actors } as never),
            input: { config: {}, newActKey: () => `act-${++acts}`, card, cardFault },
          };
        },
      },
    },
  ).start();
  const view = (): Drawn | null => drawView(actor.getSnapshot(), { config, flows, now: new Date('2021-11-28T02:39:00Z'), since: () => 0 });
  return {
    actor,
    alerts,
    printer,
    screen: () => view()?.screen ?? null,
    view,
    slot: (news: SlotNews) => actor.send({ type: 'CARD', news }),
    ready: (insertion: number) =>
      actor.send({ type: 'CARD', news: { kind: 'ready', insertion, profile: 'hk-smart-id-specimen', found: false } }),
    flow: (event: { type: string }) => actor.getSnapshot().context.flow!.ref.send(event),
    settle: () => vi.advanceTimersByTimeAsync(0),
  };
}

async function showing(office: { keep?: () => Promise<unknown> } = {}) {
  const it = visit(office);
  it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
  it.ready(1);
  await it.settle();
  it.actor.send({ type: 'CHOOSE_FLOW', flow: 'smart-id' });
  await it.settle();
  expect(it.screen()).toBe('smart-id.showing');
  return it;
}

async function takingCard() {
  const it = await showing();
  it.flow({ type: 'ALL_CORRECT' });
  await it.settle();
  expect(it.screen()).toBe('visit.take-card');
  return it;
}

async function printing() {
  const it = await takingCard();
  it.slot({ kind: 'empty' });
  expect(it.screen()).toBe('visit.printing');
  return it;
}

const holdsPerson = (it: ReturnType<typeof visit>) => /LEE|SAU|YING|李|秀|英|C12|1941/.test(JSON.stringify(it.view()));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('from the attract screen', () => {
  test('a touched language starts a visit in that language', () => {
    const it = visit();
    expect(it.screen()).toBe('visit.attract');
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'zh-CN' });
    expect(it.view()).toMatchObject({ screen: 'visit.menu', lang: 'zh-CN' });
  });

  test('a card put in starts a visit in the site’s first language', async () => {
    const it = visit();
    it.ready(1);
    await it.settle();
    expect(it.view()).toMatchObject({ screen: 'visit.menu', lang: 'zh-HK', props: { cardIn: true } });
  });

  test('CD-14 [part] a card that an earlier visit has used is told as left behind, and starts nothing', async () => {
    const it = visit({ usedInsertion: 1 });
    it.ready(1);
    await it.settle();
    expect(it.view()).toMatchObject({ screen: 'visit.attract', props: { cardLeft: true } });
  });

  test('RC-06 [part] while nobody can say what time it is, services are off with that reason', () => {
    const it = visit();
    it.actor.send({ type: 'PAUSED', paused: 'clock' });
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    expect(it.view()).toMatchObject({ screen: 'visit.attract', props: { paused: 'clock' } });
  });
});

describe('the card', () => {
  test('CD-12 [part] a card pulled in the middle hides the values at once, and the same card brings them back', async () => {
    const it = await showing();
    expect(holdsPerson(it)).toBe(true);
    it.slot({ kind: 'empty' });
    expect(it.screen()).toBe('visit.card-out');
    expect(holdsPerson(it)).toBe(false);
    it.ready(2);
    await it.settle();
    expect(it.screen()).toBe('smart-id.showing');
  });

  test('CD-12 [part] a card that does not come back within its time ends the visit', async () => {
    const it = await showing();
    it.slot({ kind: 'empty' });
    await vi.advanceTimersByTimeAsync(times.cardBackMs);
    expect(it.actor.getSnapshot().matches({ journey: 'ended' })).toBe(true);
    expect(it.actor.getSnapshot().context.why).toBe('card-out');
  });

  test('CD-13 [part] another person’s card ends the visit, with nothing of the first on the screen meanwhile', async () => {
    const it = await showing();
    it.slot({ kind: 'empty' });
    it.ready(3);
    expect(holdsPerson(it)).toBe(false);
    await it.settle();
    expect(it.actor.getSnapshot().context.why).toBe('other-card');
    expect(it.view()).toBeNull();
  });

  test('CD-13 [part] a swap straight from card to card is seen, without an empty slot between', async () => {
    const it = await showing();
    it.ready(3);
    expect(holdsPerson(it)).toBe(false);
    await it.settle();
    expect(it.actor.getSnapshot().context.why).toBe('other-card');
  });

  test('CD-07 [part] a second card in a second reader takes the name off the screen until one remains', async () => {
    const it = await showing();
    it.slot({ kind: 'several' });
    expect(holdsPerson(it)).toBe(false);
    it.ready(2);
    await it.settle();
    expect(it.screen()).toBe('smart-id.showing');
  });

  test('a card that will not say whose it is does not open what another card has shown', async () => {
    const it = await showing();
    it.slot({ kind: 'empty' });
    it.ready(99);
    await it.settle();
    expect(it.screen()).toBe('visit.card-out');
  });
});

describe('cards that are not this visit’s', () => {
  test('T4 [part] a card that was simply found in the slot starts nothing, and nothing starts beside it', async () => {
    const it = visit();
    it.slot({ kind: 'ready', insertion: 5, profile: 'hk-smart-id-specimen', found: true });
    await it.settle();
    expect(it.view()).toMatchObject({ screen: 'visit.attract', props: { cardLeft: true } });
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    expect(it.view()).toMatchObject({ screen: 'visit.attract', lang: 'en' });
    it.slot({ kind: 'empty' });
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    expect(it.screen()).toBe('visit.menu');
  });

  test('a visit’s own card, found again after the reader’s service came back, resumes it', async () => {
    const it = await showing();
    it.slot({ kind: 'no-service' });
    expect(it.screen()).toBe('visit.card-out');
    it.slot({ kind: 'ready', insertion: 2, profile: 'hk-smart-id-specimen', found: true });
    await it.settle();
    expect(it.screen()).toBe('smart-id.showing');
  });

  test('CD-12 [part] strangers’ cards do not buy the missing one more time', async () => {
    const it = await showing();
    it.slot({ kind: 'empty' });
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(times.cardBackMs / 5 - 10);
      it.ready(90 + i);
      await it.settle();
      it.slot({ kind: 'empty' });
    }
    await vi.advanceTimersByTimeAsync(50);
    expect(it.actor.getSnapshot().context.why).toBe('card-out');
  });

  test('a card put in on the last screen is the next person’s: this visit ends and has not taken it up', async () => {
    const it = await printing();
    it.printer.tell('printed');
    it.ready(3);
    await it.settle();
    expect(it.actor.getSnapshot().context).toMatchObject({ why: 'done', usedInsertion: 1, bound: null });
  });

  test('a copy of somebody’s card is told as what it is before it is read', async () => {
    const it = visit();
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    it.ready(99);
    await it.settle();
    expect(it.view()).toMatchObject({ screen: 'visit.menu', props: { cardFault: 'not-genuine' } });
  });

  test('a card that came and went on a paused attract screen is not asked of the next person', async () => {
    const it = visit();
    it.actor.send({ type: 'PAUSED', paused: 'clock' });
    it.ready(1);
    await it.settle();
    it.slot({ kind: 'empty' });
    it.actor.send({ type: 'PAUSED', paused: null });
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    expect(it.screen()).toBe('visit.menu');
  });

  test('CD-14 [part] a card that has become unreadable is still in the slot, and no slip comes before it is out', async () => {
    const it = await takingCard();
    it.slot({ kind: 'unreadable' });
    expect(it.screen()).toBe('visit.take-card');
    expect(it.printer.started).toBe(0);
  });
});

describe('nobody touches it', () => {
  test('SH-16 [part] after 90 s the question comes, "yes" goes on with everything, and 30 s without an answer end the visit', async () => {
    const it = await showing();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(it.screen()).toBe('visit.still-there');
    it.actor.send({ type: 'HERE' });
    expect(it.screen()).toBe('smart-id.showing');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(it.screen()).toBe('visit.still-there');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(it.actor.getSnapshot().context.why).toBe('idle');
  });

  test('T4 [part] when the idle question appears, nothing of the person is in the view, and nothing can be held', async () => {
    const it = await showing();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(holdsPerson(it)).toBe(false);
    const given = { config, flows, now: new Date(), since: () => 0 };
    expect(heldValue(it.actor.getSnapshot(), given, 'documentNumber', (key) => key)).toBeNull();
  });

  test('a touch puts the question off', async () => {
    const it = await showing();
    await vi.advanceTimersByTimeAsync(89_000);
    it.actor.send({ type: 'PRESENT' });
    await vi.advanceTimersByTimeAsync(89_000);
    expect(it.screen()).toBe('smart-id.showing');
  });

  test('the attract screen asks nobody', async () => {
    const it = visit();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(it.screen()).toBe('visit.attract');
  });

  test('SH-16 [part] a visit has an absolute limit, however often it is touched', async () => {
    const it = await showing();
    for (let passedMs = 0; passedMs < times.visitLimitMs; passedMs += 60_000) {
      it.actor.send({ type: 'PRESENT' });
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(it.actor.getSnapshot().context.why).toBe('time-limit');
  });

  test('RC-06 [part] a wall clock set back by an hour changes no remaining time', async () => {
    const it = await showing();
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(it.screen()).toBe('visit.still-there');
  });
});

describe('leaving', () => {
  test.each(['visit.card-out', 'visit.still-there', 'visit.help'])('Exit on %s asks where something would be lost', async (over) => {
    const it = await showing();
    if (over === 'visit.card-out') it.slot({ kind: 'empty' });
    if (over === 'visit.still-there') await vi.advanceTimersByTimeAsync(90_000);
    if (over === 'visit.help') it.actor.send({ type: 'HELP' });
    expect(it.screen()).toBe(over);
    expect(it.view()?.can).toContain('EXIT');
    it.actor.send({ type: 'EXIT' });
    expect(it.screen()).toBe('visit.leave-question');
  });

  test('Exit in Help on a screen with nothing to lose goes at once', () => {
    const it = visit();
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    it.actor.send({ type: 'HELP' });
    it.actor.send({ type: 'EXIT' });
    expect(it.screen()).toBe('visit.goodbye');
  });

  test('while an act is being written there is no Exit, and who leaves before anybody knows is told just that', async () => {
    const it = await showing({ keep: () => new Promise(() => {}) });
    it.flow({ type: 'ALL_CORRECT' });
    await it.settle();
    expect(it.screen()).toBe('smart-id.keeping');
    expect(it.view()?.can).not.toContain('EXIT');
    it.actor.send({ type: 'EXIT' });
    it.actor.send({ type: 'LEAVE_NOW' });
    expect(it.screen()).toBe('smart-id.keeping');
    await vi.advanceTimersByTimeAsync(16_000);
    expect(it.screen()).toBe('smart-id.not-known-yet');
    it.actor.send({ type: 'EXIT' });
    it.actor.send({ type: 'LEAVE_NOW' });
    expect(it.view()).toMatchObject({ screen: 'visit.goodbye', props: { why: 'not-known' } });
  });

  test('Exit asks where something would be lost, and staying finds the screen as it was', async () => {
    const it = await showing();
    it.actor.send({ type: 'EXIT' });
    expect(it.view()).toMatchObject({ screen: 'visit.leave-question', props: { receiptPending: false } });
    it.actor.send({ type: 'STAY' });
    expect(it.screen()).toBe('smart-id.showing');
    it.actor.send({ type: 'EXIT' });
    it.actor.send({ type: 'LEAVE_NOW' });
    expect(it.screen()).toBe('visit.goodbye');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(it.actor.getSnapshot().context.why).toBe('left');
  });

  test('Exit on the menu goes at once', () => {
    const it = visit();
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'en' });
    it.actor.send({ type: 'EXIT' });
    expect(it.screen()).toBe('visit.goodbye');
  });

  test('SH-04 [part] Exit asks about the slip while it is not on paper', async () => {
    const it = await printing();
    it.actor.send({ type: 'EXIT' });
    expect(it.view()).toMatchObject({ screen: 'visit.leave-question', props: { receiptPending: true } });
    it.actor.send({ type: 'LEAVE_NOW' });
    expect(it.actor.getSnapshot().matches({ journey: 'ended' })).toBe(true);
    expect(it.printer.stopped).toBe(1);
  });

  test('SH-03 [part] the privacy policy lies over the screen, and closing it returns to the same one', async () => {
    const it = await showing();
    it.actor.send({ type: 'READ', document: 'privacy' });
    expect(it.view()).toMatchObject({ screen: 'visit.reading', props: { document: 'privacy' } });
    it.actor.send({ type: 'CLOSE' });
    expect(it.screen()).toBe('smart-id.showing');
  });

  test('SH-01 [part] switching the language keeps the step', async () => {
    const it = await showing();
    it.actor.send({ type: 'CHOOSE_LANG', lang: 'zh-HK' });
    expect(it.view()).toMatchObject({ screen: 'smart-id.showing', lang: 'zh-HK' });
  });
});

describe('card, then paper', () => {
  test('CD-14 [part] nothing is printed before the card is out; 30 s alert, 60 s end the visit and the receipt waits', async () => {
    const it = await takingCard();
    expect(it.printer.started).toBe(0);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(it.view()).toMatchObject({ screen: 'visit.take-card', props: { alerted: true } });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(it.actor.getSnapshot().matches({ journey: 'ended' })).toBe(true);
    expect(it.printer.started).toBe(0);
  });

  test('the card taken at the end is no card-out question: the slip prints, and the last screen says what is kept', async () => {
    const it = await printing();
    it.printer.tell('printed');
    expect(it.view()).toMatchObject({
      screen: 'visit.done',
      props: { paper: 'printed', kept: [{ what: 'receipt', until: '2021-11-29' }, { what: 'audit' }] },
    });
    expect(holdsPerson(it)).toBe(false);
    it.actor.send({ type: 'FINISH' });
    expect(it.actor.getSnapshot().context.why).toBe('done');
  });

  test('RC-03 [part] out of paper: the number stays, writing it down is enough, and refilled paper prints', async () => {
    const it = await printing();
    it.printer.tell('paper-out');
    expect(it.view()).toMatchObject({
      screen: 'visit.paper-problem',
      props: { number: '123456789012', why: 'paper-out', waitingForStaff: false },
    });
    it.actor.send({ type: 'WAIT_FOR_STAFF' });
    expect(it.view()).toMatchObject({ props: { waitingForStaff: true } });
    it.printer.tell('printing');
    it.printer.tell('printed');
    expect(it.view()).toMatchObject({ screen: 'visit.done', props: { paper: 'printed' } });
  });

  test('RC-03 [part] who writes the number down is done, and the printer is told to drop the slip', async () => {
    const it = await printing();
    it.printer.tell('paper-out');
    it.actor.send({ type: 'WROTE_DOWN' });
    expect(it.view()).toMatchObject({ screen: 'visit.done', props: { paper: 'written-down' } });
    expect(it.printer.orders).toEqual(['written-down']);
  });

  test('T3 [part] a question about a slip that nobody answers ends soon: the next person is not asked, and gets no copy', async () => {
    const it = await printing();
    it.printer.tell('ask-person');
    await vi.advanceTimersByTimeAsync(times.idleAnswerMs);
    expect(it.actor.getSnapshot().matches({ journey: 'ended' })).toBe(true);
    expect(it.printer.orders).toEqual([]);
  });

  test('T3 [part] a printer that comes and goes does not keep an abandoned visit', async () => {
    const it = await printing();
    for (let passedMs = 0; passedMs < times.paperWaitMs; passedMs += 10_000) {
      it.printer.tell(passedMs % 20_000 === 0 ? 'paper-out' : 'printing');
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(it.actor.getSnapshot().matches({ journey: 'ended' })).toBe(true);
  });

  test('CD-14 [part] staff are alerted of a card that is left, and of paper that needs hands', async () => {
    const it = await takingCard();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(it.alerts).toEqual(['card-left']);
    it.slot({ kind: 'empty' });
    it.printer.tell('cover-open');
    it.actor.send({ type: 'WAIT_FOR_STAFF' });
    expect(it.alerts).toEqual(['card-left', 'paper']);
  });

  test('a printer that cannot say is not called printed: the person is asked, and a second slip is a COPY, once', async () => {
    const it = await printing();
    it.printer.tell('ask-person');
    expect(it.screen()).toBe('visit.paper-question');
    it.actor.send({ type: 'NO_PAPER' });
    expect(it.printer.orders).toEqual([{ type: 'PRINT_COPY' }]);
    it.printer.tell('ask-person');
    it.actor.send({ type: 'NO_PAPER' });
    expect(it.view()).toMatchObject({ screen: 'visit.done', props: { paper: 'waits' } });
  });
});
