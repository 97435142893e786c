/** What the page is told now: one view of the journey, the question over it, or the card that is missing. Pure. */
import type { SnapshotFrom } from 'xstate';
import type { KioskConfig } from '../config/load.ts';
import type { FlowDefinition, FlowText, StateMeta } from '../contract/flow.ts';
import type { View } from '../contract/link.ts';
import type { VisitScreen, VisitViews } from '../contract/visit-views.ts';
import type { visitMachine } from './machine.ts';
import { daysAfter } from './records.ts';

export type VisitSnapshot = SnapshotFrom<typeof visitMachine>;

export interface ViewGiven {
  readonly config: KioskConfig;
  readonly flows: ReadonlyMap<string, FlowDefinition>;
  readonly now: Date;
  /** When a timed state was entered, as milliseconds ago; null when it is not the current one. */
  readonly since: (timed: TimedState) => number;
}

/** The states whose remaining time a person may see. */
export type TimedState = 'question' | 'card' | 'journey';

export type Drawn = Omit<View, 'seq'>;

type Frame = Pick<Drawn, 'screen' | 'module' | 'props' | 'can' | 'reveal' | 'timers' | 'personal'>;

const REACH = ['CHOOSE_LANG', 'TEXT_SIZE', 'CONTRAST'] as const;
const FRAME = [...REACH, 'HELP', 'READ', 'EXIT'] as const;

function visitFrame<K extends VisitScreen>(screen: K, props: VisitViews[K], can: readonly string[], timers: Frame['timers'] = []): Frame {
  return { screen: `visit.${screen}`, module: 'visit', props, can: [...can], reveal: [], timers, personal: false };
}

interface FlowSnapshot {
  readonly value: unknown;
  readonly status: string;
  getMeta(): Record<string, StateMeta | undefined>;
  can(event: { type: string }): boolean;
}

/** `a.b` for a nested state value; a parallel state names its screen in `meta.screen`. */
function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  const [key, inner] = Object.entries(value as Record<string, unknown>)[0] ?? ['', ''];
  return `${key}.${statePath(inner)}`;
}

const metaOf = (snapshot: FlowSnapshot): StateMeta => Object.assign({}, ...Object.values(snapshot.getMeta()));

/** The event types a flow's screens may send, read from its schema. */
export function eventTypes(flow: FlowDefinition): string[] {
  const options = (flow.events as unknown as { options?: { shape: { type: { value: string } } }[] }).options ?? [];
  return options.map((option) => option.shape.type.value);
}

function flowFrame(flow: FlowDefinition, snapshot: FlowSnapshot, config: unknown, now: Date): Frame {
  const meta = metaOf(snapshot);
  const props = flow.view.parse(flow.toView(snapshot as never, { config, now }));
  return {
    screen: `${flow.id}.${meta.screen ?? statePath(snapshot.value)}`,
    module: flow.id,
    props: props as Record<string, unknown>,
    can: [
      ...FRAME.filter((type) => type !== 'EXIT' || meta.outcome !== 'deciding'),
      ...eventTypes(flow).filter((type) => snapshot.can({ type })),
    ],
    reveal: [...flow.revealable(snapshot as never)],
    timers: [],
    personal: meta.personal === true,
  };
}

function frameOf(snapshot: VisitSnapshot, given: ViewGiven): Frame | null {
  const { context } = snapshot;
  const { site, retention } = given.config;
  const at = (value: Parameters<typeof snapshot.matches>[0]) => snapshot.matches(value);
  const tiles = site.flows.flatMap(({ id }) => (given.flows.has(id) ? [{ flow: id, icon: given.flows.get(id)!.icon }] : []));
  if (at({ journey: 'ended' })) return null;
  const serving = at({ journey: 'serving' });

  if (at({ question: 'leaving' }))
    return visitFrame('leave-question', { receiptPending: at({ journey: 'finishing' }) }, [...REACH, 'STAY', 'LEAVE_NOW']);
  // Its card is missing, or is back and not yet known: the values are off the screen before anything else (CD-12).
  if (serving && context.bound !== null && !at({ slot: 'in' })) {
    const checking = at({ slot: 'identifying' });
    const timers = checking ? [] : [{ name: 'card-back', endsInMs: site.times.cardBackMs - given.since('card') }];
    return visitFrame('card-out', { checking }, [...REACH, 'EXIT'], timers);
  }
  if (at({ question: 'stillThere' }))
    return visitFrame(
      'still-there',
      {},
      [...REACH, 'HERE', 'EXIT'],
      [{ name: 'answer', endsInMs: site.times.idleAnswerMs - given.since('question') }],
    );
  if (at({ question: 'help' }))
    return visitFrame('help', { place: site.help.place[context.lang] ?? '', phone: site.help.phone }, [
      ...REACH,
      'CLOSE',
      ...(at({ journey: 'attract' }) ? [] : ['EXIT']),
    ]);
  if (at({ question: 'reading' })) return visitFrame('reading', { document: context.document }, [...REACH, 'CLOSE']);

  const { paused, receipt } = context;
  if (at({ journey: 'attract' }))
    return visitFrame(
      'attract',
      { tiles, paused, cardLeft: at({ slot: 'leftBehind' }) },
      paused === null ? [...FRAME.filter((type) => type !== 'EXIT')] : [...REACH, 'HELP', 'READ'],
    );
  if (at({ journey: { serving: 'menu' } }))
    return visitFrame(
      'menu',
      { tiles, paused, cardIn: context.card !== null, cardFault: context.cardFault },
      paused === null ? [...FRAME, 'CHOOSE_FLOW'] : FRAME,
    );
  if (at({ journey: { serving: 'inFlow' } }) && context.flow) {
    const flow = given.flows.get(context.flow.id)!;
    const config = site.flows.find(({ id }) => id === flow.id)?.config;
    const running = context.flow.ref.getSnapshot() as FlowSnapshot;
    // A flow that has just ended is about to be left; its last view must not flash.
    if (running.status !== 'active') return null;
    return flowFrame(flow, running, flow.config.parse(config ?? {}), given.now);
  }
  const number = receipt?.number ?? '';
  if (at({ journey: { finishing: 'takingCard' } })) {
    const alerted = at({ journey: { finishing: { takingCard: 'alerted' } } });
    return visitFrame('take-card', { number, alerted }, FRAME, [
      { name: 'card-left', endsInMs: site.times.cardLeftEndMs - given.since('journey') },
    ]);
  }
  if (at({ journey: { finishing: { paper: 'printing' } } })) return visitFrame('printing', { number }, FRAME);
  if (at({ journey: { finishing: { paper: 'problem' } } })) {
    const { trouble, waitingForStaff } = context.paper;
    return visitFrame('paper-problem', { number, why: trouble ?? 'printer', waitingForStaff }, [...FRAME, 'WROTE_DOWN', 'WAIT_FOR_STAFF']);
  }
  if (at({ journey: { finishing: { paper: 'question' } } }))
    return visitFrame('paper-question', { number }, [...FRAME, 'GOT_PAPER', 'NO_PAPER']);
  if (at({ journey: { finishing: 'done' } })) {
    const paper = context.paperEnd;
    const receiptDays = paper === 'waits' ? retention.receiptWaitingDays : retention.receiptPrintedDays;
    const kept = [
      { what: 'receipt' as const, until: daysAfter(given.now, receiptDays, site.timeZone) },
      { what: 'audit' as const, until: daysAfter(given.now, retention.auditDays, site.timeZone) },
    ];
    return visitFrame(
      'done',
      { number, paper, kept },
      [...FRAME, 'FINISH'],
      [{ name: 'done', endsInMs: site.times.doneMs - given.since('journey') }],
    );
  }
  if (at({ journey: 'goodbye' })) {
    return visitFrame('goodbye', { why: context.leftUnknown ? 'not-known' : 'left' }, ['FINISH']);
  }
  return null;
}

/** The view to draw now; null while there is nothing to draw (the visit has ended, or a state is only passed through). */
export function drawView(snapshot: VisitSnapshot, given: ViewGiven): Drawn | null {
  const frame = frameOf(snapshot, given);
  if (!frame) return null;
  const { context } = snapshot;
  const { site } = given.config;
  return {
    ...frame,
    lang: context.lang,
    langs: site.langs,
    settings: context.settings,
    site: { name: site.name[context.lang] ?? '', panel: site.panel, demo: site.demo },
  };
}

/** The full value of a field for the finger that holds it, only while the flow's own screen is what is drawn (T6). */
export function heldValue(snapshot: VisitSnapshot, given: ViewGiven, field: string, text: FlowText): string | null {
  const drawn = frameOf(snapshot, given);
  const running = snapshot.context.flow;
  if (!drawn || !running || drawn.module !== running.id || !drawn.reveal.includes(field)) return null;
  return given.flows.get(running.id)!.reveal(running.ref.getSnapshot() as never, field, { lang: snapshot.context.lang, text });
}
