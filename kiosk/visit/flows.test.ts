/** Every flow's machine is walked here: with its guards on, and one sample for each kind of outcome of each of its actors. */
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, type AnyStateNode, createActor, fromPromise } from 'xstate';
import type { FlowDefinition, FromVisit } from '../contract/flow.ts';
import { flows } from './catalogue.ts';
import { eventTypes } from './view.ts';

const FROM_VISIT: FromVisit[] = [
  { type: 'CARD_READY', insertion: 2, profile: 'hk-smart-id-specimen' },
  { type: 'CARD_GONE' },
  ...(['no-service', 'no-reader', 'unreadable', 'foreign', 'several'] as const).map((fault) => ({ type: 'CARD_FAULT', fault }) as const),
];

/** One event of each shape the schema knows: enums by their first option. */
function samples(flow: FlowDefinition): { type: string }[] {
  const options = (flow.events as unknown as { options: { shape: Record<string, { value?: string; options?: string[] }> }[] }).options;
  return options.map(
    ({ shape }) =>
      Object.fromEntries(Object.entries(shape).map(([key, type]) => [key, type.value ?? type.options?.[0]])) as { type: string },
  );
}

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];

interface Walked {
  readonly states: Set<string>;
  readonly events: Set<string>;
  readonly deadEnds: Set<string>;
}

/** Breadth first over snapshots: a snapshot is its state and what its guards can see of the context. */
function walk(flow: FlowDefinition): Walked {
  const pure = flow.machine.provide({
    actors: Object.fromEntries(Object.keys(flow.outcomes).map((name) => [name, fromPromise(() => new Promise(() => {}))])),
  } as never);
  const input = { config: flow.config.parse({}), newActKey: () => 'act', card: null, cardFault: null };
  const walked: Walked = { states: new Set(), events: new Set(), deadEnds: new Set() };
  const seen = new Set<string>();
  const queue: { readonly past: readonly unknown[] }[] = [{ past: [] }];
  const replay = (past: readonly unknown[]) => {
    const actor = createActor(pure, { input } as never).start();
    for (const event of past) actor.send(event as never);
    return actor;
  };
  while (queue.length > 0) {
    const { past } = queue.shift()!;
    const actor = replay(past);
    const snapshot = actor.getSnapshot() as {
      value: unknown;
      status: string;
      context: Record<string, unknown>;
      _nodes: AnyStateNode[];
      can(event: unknown): boolean;
    };
    const key = JSON.stringify([snapshot.value, snapshot.context]);
    if (seen.has(key)) continue;
    seen.add(key);
    const state = JSON.stringify(snapshot.value);
    walked.states.add(state);
    if (snapshot.status !== 'active') continue;
    const next: unknown[] = [...samples(flow), ...FROM_VISIT];
    for (const node of snapshot._nodes)
      for (const invoked of node.invoke) {
        const outcomes = flow.outcomes[String(invoked.src)] ?? {};
        for (const output of Object.values(outcomes)) next.push({ type: `xstate.done.actor.${invoked.id}`, output });
        next.push({ type: `xstate.error.actor.${invoked.id}`, error: new Error('sample') });
      }
    for (const node of snapshot._nodes) for (const delayed of node.after) next.push({ type: delayed.eventType });
    let ways = 0;
    for (const event of next) {
      if (!snapshot.can(event)) continue;
      ways++;
      walked.events.add(`${state} ${(event as { type: string }).type}`);
      if (past.length < 14) queue.push({ past: [...past, event] });
    }
    if (ways === 0) walked.deadEnds.add(state);
    actor.stop();
  }
  return walked;
}

describe.each([...flows.values()].map((flow) => [flow.id, flow] as const))('the conversation %s', (_, flow) => {
  const walked = walk(flow);
  const nodes = nodesOf((flow.machine as AnyStateMachine).root).filter(({ type }) => type === 'atomic' || type === 'final');

  test('reaches every state', () => {
    for (const node of nodes)
      expect(
        [...walked.states].some((state) => state.includes(`"${node.key}"`)),
        node.key,
      ).toBe(true);
  });

  test('has no dead end, and every state that waits for a person can be left by the person or by time', () => {
    expect([...walked.deadEnds]).toEqual([]);
    const types = eventTypes(flow);
    for (const node of nodes.filter(({ type }) => type === 'atomic')) {
      const ways = [...walked.events].filter((way) => way.startsWith(`"${node.key}"`)).map((way) => way.split(' ')[1]!);
      expect(
        ways.some((way) => types.includes(way) || way.startsWith('xstate.after')),
        node.key,
      ).toBe(true);
    }
  });

  test('takes every event that its screens can send somewhere', () => {
    for (const type of eventTypes(flow))
      expect(
        [...walked.events].some((way) => way.endsWith(` ${type}`)),
        type,
      ).toBe(true);
  });

  test('every invoked actor has a way on for an error and for no answer', () => {
    for (const node of nodesOf((flow.machine as AnyStateMachine).root))
      for (const invoked of node.invoke) {
        expect(Object.keys(node.config.on ?? {}).length + (node.after.length ? 1 : 0), `${node.key}: no answer`).toBeGreaterThan(0);
        expect(node.after.length, `${node.key}: time limit`).toBeGreaterThan(0);
        expect((invoked as { onError?: unknown }).onError, `${node.key}: error`).toBeDefined();
      }
  });

  test('sends no event that only the visit may send', () => {
    const reserved = ['CARD_READY', 'CARD_GONE', 'CARD_FAULT', 'FIELD'];
    expect(eventTypes(flow).filter((type) => reserved.includes(type))).toEqual([]);
  });

  test('every view it draws fits its schema', () => {
    const actor = createActor(flow.machine.provide({ actors: {} } as never), {
      input: { config: {}, newActKey: () => 'a', card: null, cardFault: null },
    } as never).start();
    expect(flow.view.safeParse(flow.toView(actor.getSnapshot() as never, { config: {}, now: new Date() })).success).toBe(true);
  });
});
