/** Every screen with what it may really be told, for the gallery and the layout tests: the longest, the fullest, the worst. */
import { CardField, type SmartIdView } from '../../../flows/smart-id/schema.ts';
import type { VisitScreen, VisitViews } from '../../contract/visit-views.ts';

export interface Sample {
  /** `<module>.<screen>` and, where there are several, what is special about this one. */
  readonly id: string;
  readonly module: string;
  readonly screen: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly can: readonly string[];
  readonly reveal: readonly string[];
  readonly held: { readonly field: string; readonly value: string } | null;
}

const FRAME = ['CHOOSE_LANG', 'TEXT_SIZE', 'CONTRAST', 'HELP', 'READ', 'EXIT'];
const WITHOUT_EXIT = FRAME.filter((type) => type !== 'EXIT');

type Variants<V> = Readonly<Record<string, V>>;

const tiles = [{ flow: 'smart-id', icon: 'id-card' }];
const number = 'HTD3LDEQAYJYDS2';

const visitProps: { readonly [S in VisitScreen]: Variants<VisitViews[S]> } = {
  attract: {
    '': { tiles, cardLeft: false, paused: null },
    'card-left': { tiles, cardLeft: true, paused: null },
    paused: { tiles: [], cardLeft: true, paused: 'clock' },
    'paused-store': { tiles: [], cardLeft: false, paused: 'store' },
  },
  menu: {
    '': { tiles, cardIn: true, cardFault: null, paused: null },
    fault: { tiles, cardIn: true, cardFault: 'unreadable', paused: null },
    paused: { tiles: [], cardIn: false, cardFault: null, paused: 'clock' },
  },
  'still-there': { '': {} },
  'card-out': { '': { checking: false }, checking: { checking: true } },
  'leave-question': { '': { receiptPending: false }, 'receipt-pending': { receiptPending: true } },
  reading: { privacy: { document: 'privacy' }, terms: { document: 'terms' }, about: { document: 'about' } },
  help: { '': { place: 'Enquiry desk, ground floor, to the right of this kiosk', phone: '2824 6111' } },
  'take-card': { '': { number, alerted: false }, alerted: { number, alerted: true } },
  printing: { '': { number } },
  'paper-problem': {
    'paper-out': { number, why: 'paper-out', waitingForStaff: false },
    waiting: { number, why: 'cutter', waitingForStaff: true },
  },
  'paper-question': { '': { number } },
  done: {
    '': {
      number,
      paper: 'printed',
      kept: [
        { what: 'audit', until: '2028-11-21' },
        { what: 'receipt', until: '2026-12-21' },
      ],
    },
    waits: { number, paper: 'waits', kept: [{ what: 'receipt', until: '2026-12-21' }] },
  },
  goodbye: { left: { why: 'left' } },
};

const visitCan: { readonly [S in VisitScreen]: readonly string[] } = {
  attract: WITHOUT_EXIT,
  menu: [...FRAME, 'CHOOSE_FLOW'],
  'still-there': [...FRAME, 'HERE'],
  'card-out': FRAME,
  'leave-question': [...WITHOUT_EXIT, 'STAY', 'LEAVE_NOW'],
  reading: [...FRAME, 'CLOSE'],
  help: [...FRAME, 'CLOSE'],
  'take-card': FRAME,
  printing: FRAME,
  'paper-problem': [...FRAME, 'WROTE_DOWN', 'WAIT_FOR_STAFF'],
  'paper-question': [...FRAME, 'GOT_PAPER', 'NO_PAPER'],
  done: [...FRAME, 'FINISH'],
  goodbye: WITHOUT_EXIT,
};

const masked: Readonly<Record<CardField, string>> = {
  nameEnglish: 'SHEUNG K*** H***',
  nameChinese: '常＊＊',
  documentNumber: 'A12****(3)',
  dateOfBirth: '****-**-**',
  sex: '*',
  dateOfIssue: '****-**-**',
};
const rows = CardField.options.map((field) => ({ field, masked: masked[field] }));

const smartIdFaults = ['no-service', 'no-reader', 'unreadable', 'damaged', 'foreign', 'several', 'not-genuine', 'taken-out'] as const;
const fault = (name: (typeof smartIdFaults)[number]): SmartIdView => ({ fault: name, rows: [] });
const nothing: SmartIdView = { fault: null, rows: [] };

const smartIdProps: Readonly<Record<string, Variants<SmartIdView>>> = {
  'waiting-for-card': {
    '': nothing,
    ...Object.fromEntries((['no-reader', 'foreign', 'several'] as const).map((name) => [name, fault(name)])),
  },
  reading: { '': nothing },
  'card-problem': Object.fromEntries((['unreadable', 'damaged', 'not-genuine', 'taken-out'] as const).map((name) => [name, fault(name)])),
  showing: { '': { fault: null, rows }, held: { fault: null, rows } },
  'choosing-wrong-field': { '': { fault: null, rows } },
  keeping: { '': nothing },
  'looking-it-up': { '': nothing },
  'not-known-yet': { '': nothing },
  'not-kept': { '': nothing },
};

const smartIdCan: Readonly<Record<string, readonly string[]>> = {
  'waiting-for-card': ['BACK'],
  reading: [],
  'card-problem': ['TRY_AGAIN', 'BACK'],
  showing: ['ALL_CORRECT', 'SOMETHING_WRONG', 'BACK'],
  'choosing-wrong-field': ['CHOOSE_WRONG_FIELD', 'BACK'],
  keeping: [],
  'looking-it-up': [],
  'not-known-yet': ['ASK_AGAIN'],
  'not-kept': ['BACK'],
};

function of(module: string, screens: Readonly<Record<string, Variants<object>>>, can: (screen: string) => readonly string[]): Sample[] {
  return Object.entries(screens).flatMap(([screen, variants]) =>
    Object.entries(variants).map(([variant, props]) => ({
      id: [module, screen, variant].filter(Boolean).join('.'),
      module,
      screen: `${module}.${screen}`,
      props: { ...props },
      can: can(screen),
      reveal: screen === 'showing' ? CardField.options : [],
      held: variant === 'held' ? { field: 'nameEnglish', value: 'SHEUNG KIN HONG ALEXANDER BARTHOLOMEW' } : null,
    })),
  );
}

export const samples: readonly Sample[] = [
  ...of('visit', visitProps, (screen) => visitCan[screen as VisitScreen]),
  ...of('smart-id', smartIdProps, (screen) => [...FRAME, ...smartIdCan[screen]!]),
];
