import { afterEach, describe, expect, test, vi } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import type { FindActOutcome, KeepOutcome, ReadCardOutcome } from '../../kiosk/contract/flow.ts';
import { smartIdMachine } from './flow.ts';
import flow from './index.ts';
import { reveal, revealable, toView } from './view.ts';

const never = () => new Promise<never>(() => {});
const values = flow.outcomes['readCard']!['read'] as Extract<ReadCardOutcome, { kind: 'read' }>;
const kept: KeepOutcome = { kind: 'kept', receiptId: 'r-1', number: '123456789012' };

function conversation(
  office: { read?: () => Promise<ReadCardOutcome>; keep?: () => Promise<KeepOutcome>; find?: () => Promise<FindActOutcome> },
  card: { insertion: number; profile: string } | null = { insertion: 7, profile: 'hk-smart-id-specimen' },
) {
  let acts = 0;
  const machine = smartIdMachine.provide({
    actors: {
      readCard: fromPromise(office.read ?? (async () => values)),
      keepAct: fromPromise(office.keep ?? (async () => kept)),
      findAct: fromPromise(office.find ?? never),
    },
  });
  const input = { config: {}, newActKey: () => `act-${++acts}`, card, cardFault: null };
  return createActor(machine, { input }).start();
}
const reaches = (actor: ReturnType<typeof conversation>, state: string) => vi.waitUntil(() => actor.getSnapshot().value === state);

afterEach(() => vi.useRealTimers());

describe('looking at one’s card', () => {
  test('a resident who finds everything correct leaves with a receipt', async () => {
    const actor = conversation({});
    await reaches(actor, 'showing');
    actor.send({ type: 'ALL_CORRECT' });
    await reaches(actor, 'settled');
    expect(actor.getSnapshot().output).toEqual({ kind: 'settled', receiptId: 'r-1', number: '123456789012' });
  });

  test('CH-12 [part] a resident who points at a wrong date of birth is referred with that reason', async () => {
    const keep = vi.fn(async (_: unknown): Promise<KeepOutcome> => kept);
    const machine = smartIdMachine.provide({
      actors: { readCard: fromPromise(async (): Promise<ReadCardOutcome> => values), keepAct: fromPromise(({ input }) => keep(input)) },
    });
    const actor = createActor(machine, {
      input: { config: {}, newActKey: () => 'act-1', card: { insertion: 1, profile: 'p' }, cardFault: null },
    }).start();
    await vi.waitUntil(() => actor.getSnapshot().value === 'showing');
    actor.send({ type: 'SOMETHING_WRONG' });
    actor.send({ type: 'CHOOSE_WRONG_FIELD', field: 'dateOfBirth' });
    await vi.waitUntil(() => actor.getSnapshot().value === 'settled');
    expect(keep).toHaveBeenCalledWith(expect.objectContaining({ finding: 'dateOfBirth', actKey: 'act-1' }));
  });

  test('T6 [part] what the screen is told is masked, and a full value is given only for a field that is shown', async () => {
    const actor = conversation({});
    await reaches(actor, 'showing');
    const view = JSON.stringify(toView(actor.getSnapshot()));
    for (const value of Object.values(values.values).filter((text) => text.length > 1)) expect(view).not.toContain(value);
    const words = { lang: 'en', text: (key: string) => key } as const;
    expect(reveal(actor.getSnapshot(), 'documentNumber', words)).toBe('C123456(9)');
    expect(revealable(actor.getSnapshot())).toContain('dateOfBirth');
    actor.send({ type: 'SOMETHING_WRONG' });
    expect(reveal(actor.getSnapshot(), 'documentNumber', words)).toBeNull();
  });

  test('a field that the chip leaves empty is not shown as an empty line', async () => {
    const actor = conversation({ read: async () => ({ ...values, values: { ...values.values, nameChinese: '' } }) });
    await reaches(actor, 'showing');
    expect(toView(actor.getSnapshot()).rows.map(({ field }) => field)).not.toContain('nameChinese');
  });
});

describe('a card that cannot serve', () => {
  test('CD-10 [part] the second failure says that the chip may be damaged, and offers no third try', async () => {
    const actor = conversation({ read: async () => ({ kind: 'unreadable' }) });
    await reaches(actor, 'card-problem');
    expect(toView(actor.getSnapshot()).fault).toBe('unreadable');
    actor.send({ type: 'CARD_READY', insertion: 8, profile: 'hk-smart-id-specimen' });
    await vi.waitUntil(() => toView(actor.getSnapshot()).fault === 'damaged');
    expect(actor.getSnapshot().can({ type: 'TRY_AGAIN' })).toBe(false);
  });

  test('a copy of somebody’s files is refused by name', async () => {
    const actor = conversation({ read: async () => ({ kind: 'not-genuine' }) });
    await reaches(actor, 'card-problem');
    expect(toView(actor.getSnapshot()).fault).toBe('not-genuine');
  });

  test('a card that never answers is given up', async () => {
    vi.useFakeTimers();
    const actor = conversation({ read: never });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(actor.getSnapshot().value).toBe('card-problem');
  });

  test('CD-12 [part] a card pulled while it is read leaves nothing of it, and reading starts anew when it is back', async () => {
    const reads = [{ kind: 'removed' }, values] as ReadCardOutcome[];
    const actor = conversation({ read: async () => reads.shift()! });
    await reaches(actor, 'waiting-for-card');
    expect(actor.getSnapshot().context.read).toBeNull();
    expect(toView(actor.getSnapshot()).fault).toBe('taken-out');
    actor.send({ type: 'CARD_READY', insertion: 8, profile: 'hk-smart-id-specimen' });
    await reaches(actor, 'showing');
  });

  test('CD-05 [part] a reader that comes back dismisses the message by itself', async () => {
    const actor = conversation({}, null);
    actor.send({ type: 'CARD_FAULT', fault: 'no-reader' });
    expect(toView(actor.getSnapshot()).fault).toBe('no-reader');
    actor.send({ type: 'CARD_GONE' });
    expect(toView(actor.getSnapshot()).fault).toBeNull();
  });
});

describe('writing it down', () => {
  test('when the store does not answer in time, the act is looked up by its key and found', async () => {
    vi.useFakeTimers();
    const actor = conversation({ keep: never, find: async () => ({ kind: 'kept', receiptId: 'r-2', number: '210987654321' }) });
    await vi.advanceTimersByTimeAsync(0);
    actor.send({ type: 'ALL_CORRECT' });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(actor.getSnapshot().output).toEqual({ kind: 'settled', receiptId: 'r-2', number: '210987654321' });
  });

  test('when nobody can say whether it was written, the resident is told so and cannot write it twice', async () => {
    vi.useFakeTimers();
    const actor = conversation({ keep: never });
    await vi.advanceTimersByTimeAsync(0);
    actor.send({ type: 'ALL_CORRECT' });
    await vi.advanceTimersByTimeAsync(16_000);
    expect(actor.getSnapshot().value).toBe('not-known-yet');
    expect(actor.getSnapshot().can({ type: 'ALL_CORRECT' })).toBe(false);
  });

  test('after a full disk nothing is claimed, and trying again is the same act, so that a late first writing is found and not doubled', async () => {
    const outcomes: KeepOutcome[] = [{ kind: 'not-kept', why: 'disk-full' }, kept];
    const actor = conversation({ keep: async () => outcomes.shift()! });
    await reaches(actor, 'showing');
    actor.send({ type: 'ALL_CORRECT' });
    await reaches(actor, 'not-kept');
    actor.send({ type: 'TRY_AGAIN' });
    await reaches(actor, 'settled');
    expect(actor.getSnapshot().context.act?.key).toBe('act-1');
  });
});
