/** One visit: the machine with its effects, its page, its devices, and the one way it ends. */
import { randomUUID } from 'node:crypto';
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { PrintJobEvent } from '../../firmware-bridge/protocol.ts';
import { VISIT_AUDIT_EVENTS } from '../audit/audit.ts';
import type { KioskConfig } from '../config/load.ts';
import type { Act, CardFaultName, FlowDefinition, FlowPorts } from '../contract/flow.ts';
import { LINK_TIMES, type Up } from '../contract/link.ts';
import { VisitAct } from '../contract/visit-views.ts';
import type { AlertWhy } from '../host/protocol.ts';
import type { EndWhy, PrintOrder, SlotNews } from './conversation.ts';
import type { Devices } from './devices.ts';
import type { LinkServer, RefusedWhy } from './link.ts';
import { visitMachine } from './machine.ts';
import { printReceipt } from './paper.ts';
import type { Records } from './records.ts';
import type { Texts } from './texts.ts';
import { type Drawn, drawView, eventTypes, heldValue, type TimedState, type ViewGiven, type VisitSnapshot } from './view.ts';

export interface VisitParts {
  readonly config: KioskConfig;
  readonly flows: ReadonlyMap<string, FlowDefinition>;
  readonly link: LinkServer;
  /** Null while the records cannot be opened: services are off, the kiosk runs. */
  readonly records: Records | null;
  readonly texts: Texts;
  readonly usedInsertion: number;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  /** What a pair of hands is needed for now; null when for nothing any more. */
  readonly onAlert: (why: AlertWhy | null) => void;
  readonly onUsed: (insertion: number) => void;
  /** The conversation is over and everything is written; the process may go. */
  readonly onEnded: (why: EndWhy) => void;
  readonly log: (event: string, fields?: Readonly<Record<string, string | number>>) => void;
}

export interface Visit {
  setDevices(devices: Devices | null): void;
  onSlot(news: SlotNews): void;
  onJob(event: PrintJobEvent): void;
  setClock(sure: boolean): void;
  onUp(up: Up): void;
  onPage(): void;
  onRefused(why: RefusedWhy, count: number): void;
  end(why: EndWhy): void;
}

const GOODBYE_MS = 4_000;
const ENDS_WITHIN_MS = 1_500;

/** A card that somebody left, be it of this visit or of one before, and paper that the person waits for. */
function handsNeeded(snapshot: VisitSnapshot): AlertWhy | null {
  if (snapshot.matches({ slot: 'leftBehind' }) || snapshot.matches({ journey: { finishing: { takingCard: 'alerted' } } }))
    return 'card-left';
  const waits = snapshot.matches({ journey: { finishing: { paper: 'problem' } } }) && snapshot.context.paper.waitingForStaff;
  return waits ? 'paper' : null;
}

export function startVisit(parts: VisitParts): Visit {
  const { config, flows, link, records, texts } = parts;
  const { site } = config;
  let devices: Devices | null = null;
  let clockSure = true;
  let seq = 0;
  let drawnText = '';
  let drawn: Drawn | null = null;
  let held: string | null = null;
  let heldTimer: NodeJS.Timeout | undefined;
  let ended = false;
  let paper: ReturnType<typeof printReceipt> | null = null;
  const jobHearers = new Set<(event: PrintJobEvent) => void>();
  const enteredAtMs: Record<TimedState, { state: string; atMs: number }> = {
    question: { state: '', atMs: 0 },
    card: { state: '', atMs: 0 },
    journey: { state: '', atMs: 0 },
  };
  const given = (): ViewGiven => ({ config, flows, now: parts.now(), since: (timed) => parts.monotonicMs() - enteredAtMs[timed].atMs });
  const lang = () => actor.getSnapshot().context.lang;

  const portsOf = (flow: FlowDefinition, flowConfig: unknown): FlowPorts<unknown> => ({
    config: flowConfig,
    card: { read: async (insertion, fields) => (await devices?.read(insertion, fields)) ?? { kind: 'unreadable' } },
    acts: {
      keep: async (act: Act) => {
        if (!flow.auditEvents.includes(act.auditEvent)) throw new Error(`${flow.id}: audit event ${act.auditEvent} is not in its list`);
        return (await records?.keep(flow.id, act)) ?? { kind: 'not-kept', why: 'store-fault' };
      },
      find: async (actKey) => (await records?.find(actKey)) ?? { kind: 'none' },
    },
    site: { name: site.name, timeZone: site.timeZone, help: site.help },
    lang,
    text: (key, values) => texts.flow(flow.id, lang(), key, values),
    now: parts.now,
  });

  const actor = createActor(
    visitMachine.provide({
      actions: {
        settle: (_, { as }) => paper?.settle(as),
        alertStaff(_, { why }) {
          void records?.note({ event: 'staff.alerted', at: parts.now(), subjectHash: null, assurance: null, detail: { why } });
        },
      },
      actors: {
        identify: fromPromise(async ({ input }) => (await devices?.identify(input.insertion)) ?? { kind: 'stale' }),
        printer: fromCallback<PrintOrder, { readonly receiptId: string }>(({ input, sendBack, receive }) => {
          const mine = printReceipt(
            input.receiptId,
            {
              records: records!,
              print: async (jobId, bitmap) => (await devices?.print(jobId, bitmap)) ?? 'refused',
              drop: (jobId) => devices?.drop(jobId),
              onJob(hear) {
                jobHearers.add(hear);
                return () => jobHearers.delete(hear);
              },
              now: parts.now,
            },
            (news) => sendBack({ type: 'PAPER', news }),
          );
          paper = mine;
          receive(() => mine.copy());
          return () => void mine.stop();
        }),
      },
    }),
    {
      input: {
        lang: site.langs[0]!,
        times: { ...site.times, goodbyeMs: GOODBYE_MS },
        usedInsertion: parts.usedInsertion,
        startFlow(id, card, cardFault: CardFaultName | null) {
          const flow = flows.get(id);
          const wanted = site.flows.find((offered) => offered.id === id);
          if (!flow || !wanted) return null;
          const flowConfig = flow.config.parse(wanted.config);
          const service = flow.service(portsOf(flow, flowConfig));
          const actors = Object.fromEntries(
            Object.entries(service).map(([name, method]) => [name, fromPromise(({ input }) => method(input as never))]),
          );
          return {
            machine: flow.machine.provide({ actors } as never),
            input: { config: flowConfig, newActKey: randomUUID, card, cardFault },
          };
        },
      },
    },
  );

  const release = () => {
    clearTimeout(heldTimer);
    if (held !== null) link.send({ kind: 'held', field: held, value: null });
    held = null;
  };

  const draw = (force: boolean) => {
    const snapshot = actor.getSnapshot();
    const next = drawView(snapshot, given());
    if (!next) return;
    const { timers, ...still } = next;
    const text = JSON.stringify([still, timers.map(({ name }) => name)]);
    if (text !== drawnText) {
      if (held !== null && !next.reveal.includes(held)) release();
      drawnText = text;
      drawn = next;
      seq++;
    } else if (!force) return;
    link.send({ kind: 'view', view: { ...next, seq } });
  };

  const end = async (why: EndWhy) => {
    if (ended) return;
    ended = true;
    release();
    link.send({ kind: 'go' });
    // Stopping the actor drops what has not begun to print; its writes are waited for, then nothing is left to lose.
    const { usedInsertion } = actor.getSnapshot().context;
    actor.stop();
    const writing = (async () => {
      await paper?.stop();
      if (records && usedInsertion > parts.usedInsertion)
        await records.note({ event: 'visit.ended', at: parts.now(), subjectHash: null, assurance: null, detail: { why } });
      return true;
    })();
    // A disk that hangs must not hold the glass: the next visit serves, and what was not written is not claimed anywhere.
    const written = await Promise.race([
      writing.catch(() => false),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), ENDS_WITHIN_MS)),
    ]);
    if (!written) parts.log('visit.end-late');
    parts.onEnded(why);
  };

  let usedInsertion = parts.usedInsertion;
  let alert: AlertWhy | null = null;
  actor.subscribe({
    next(snapshot) {
      for (const region of ['question', 'card', 'journey'] as const) {
        const state = JSON.stringify((snapshot.value as Record<string, unknown>)[region]);
        // The alert within "take your card" does not start its time anew.
        const timed = state.startsWith('{"finishing":{"takingCard"') ? 'takingCard' : state;
        if (enteredAtMs[region].state !== timed) enteredAtMs[region] = { state: timed, atMs: parts.monotonicMs() };
      }
      const needed = handsNeeded(snapshot);
      if (needed !== alert) {
        alert = needed;
        parts.onAlert(alert);
      }
      if (snapshot.context.usedInsertion !== usedInsertion) {
        usedInsertion = snapshot.context.usedInsertion;
        parts.onUsed(usedInsertion);
      }
      if (snapshot.matches({ journey: 'ended' })) void end(snapshot.context.why ?? 'done');
      else draw(false);
    },
    error() {
      parts.log('visit.machine-fault');
      void end('fault');
    },
  });
  actor.start();
  const pause = () => actor.send({ type: 'PAUSED', paused: records === null ? 'store' : clockSure ? null : 'clock' });
  pause();

  const act = (up: Extract<Up, { kind: 'act' }>) => {
    // Drawn for a view that is no longer shown: a second touch, or a touch that crossed a change (architecture §3).
    if (up.seq !== seq || !drawn?.can.includes(up.event.type)) return parts.log('act.not-taken');
    actor.send({ type: 'PRESENT' });
    const ofVisit = VisitAct.safeParse(up.event);
    if (ofVisit.success) return actor.send(ofVisit.data);
    const running = actor.getSnapshot().context.flow;
    const flow = running && flows.get(running.id);
    const ofFlow = flow?.events.safeParse(up.event);
    if (running && ofFlow?.success) return running.ref.send(ofFlow.data);
    parts.log('act.refused');
  };

  return {
    setDevices(next) {
      devices = next;
    },
    onSlot: (news) => !ended && actor.send({ type: 'CARD', news }),
    onJob(event) {
      for (const hear of [...jobHearers]) hear(event);
    },
    setClock(sure) {
      clockSure = sure;
      pause();
    },
    onPage() {
      draw(true);
    },
    onRefused(why, count) {
      parts.log('screen.refused', { why, count });
      void records?.note({ event: 'screen.refused', at: parts.now(), subjectHash: null, assurance: null, detail: { why, count } });
    },
    onUp(up) {
      if (ended) return;
      switch (up.kind) {
        case 'act':
          return act(up);
        case 'field': {
          const running = actor.getSnapshot().context.flow;
          if (up.seq === seq && running && eventTypes(flows.get(running.id)!).includes('FIELD'))
            running.ref.send({ type: 'FIELD', id: up.id, value: up.value });
          return actor.send({ type: 'PRESENT' });
        }
        case 'hold': {
          release();
          actor.send({ type: 'PRESENT' });
          const running = actor.getSnapshot().context.flow;
          const value =
            running && heldValue(actor.getSnapshot(), given(), up.field, (key, values) => texts.flow(running.id, lang(), key, values));
          if (value === null || value === undefined) return;
          held = up.field;
          heldTimer = setTimeout(release, LINK_TIMES.heldForMs);
          link.send({ kind: 'held', field: up.field, value });
          return;
        }
        case 'release':
          return release();
        case 'present':
          return actor.send({ type: 'PRESENT' });
        case 'beat':
          return;
      }
    },
    end: (why) => !ended && actor.send({ type: 'END', why }),
  };
}

/** Every audit event a visit or one of its flows can write. */
export const auditCatalogue = (flows: ReadonlyMap<string, FlowDefinition>): string[] => [
  ...Object.keys(VISIT_AUDIT_EVENTS),
  ...[...flows.values()].flatMap(({ auditEvents }) => auditEvents),
];
