/** What the visit's own screens are told: the frame around every flow. Screen ids are `visit.<key>`. */
import { z } from 'zod';
import { LangSchema } from './lang.ts';

const CardFaultName = z.enum(['no-service', 'no-reader', 'unreadable', 'not-genuine', 'foreign', 'several']);
/** Why the services are off although the kiosk runs: nobody can say what time it is (RC-06), or the records cannot be opened. */
const Paused = z.enum(['clock', 'store']);
const tile = z.object({ flow: z.string(), icon: z.string() });

export const visitViews = {
  /** What can be done here; one button a language. `cardLeft`: somebody's card is still in the slot, nothing starts before it is out. */
  attract: z.object({ tiles: z.array(tile), cardLeft: z.boolean(), paused: Paused.nullable() }),
  menu: z.object({ tiles: z.array(tile), cardIn: z.boolean(), cardFault: CardFaultName.nullable(), paused: Paused.nullable() }),
  /** Nobody touched it for a while; personal values have left the screen. Timer `answer`. */
  'still-there': z.object({}),
  /** The card left in the middle. Timer `card-back`. */
  'card-out': z.object({ checking: z.boolean() }),
  /** Exit was pressed while something would be lost. `receiptPending`: the slip is not printed yet. */
  'leave-question': z.object({ receiptPending: z.boolean() }),
  /** In-app reader for the site's statements (SH-03). */
  reading: z.object({ document: z.enum(['privacy', 'terms', 'about']) }),
  help: z.object({ place: z.string(), phone: z.string() }),
  /** Everything is written down; the slip comes when the card is out (CD-14). Timer `card-left`. `alerted`: 30 s are over. */
  'take-card': z.object({ number: z.string(), alerted: z.boolean() }),
  printing: z.object({ number: z.string() }),
  /** The number stays readable until it is acknowledged (RC-03). */
  'paper-problem': z.object({
    number: z.string(),
    why: z.enum(['paper-out', 'cover-open', 'cutter', 'printer']),
    waitingForStaff: z.boolean(),
  }),
  /** This printer cannot confirm, or contact was lost in the middle: only the person can tell. */
  'paper-question': z.object({ number: z.string() }),
  /** The last screen. `kept` says what the office keeps and until when; this screen has forgotten the rest. */
  done: z.object({
    number: z.string(),
    paper: z.enum(['printed', 'taken', 'waits', 'written-down']),
    kept: z.array(z.object({ what: z.enum(['audit', 'receipt']), until: z.iso.date() })),
  }),
  /**
   * The person left before the end; the screen has forgotten. `not-known`: nobody could say whether the act was written. Other ends go
   * straight to the next attract screen, since nobody is there to read.
   */
  goodbye: z.object({ why: z.enum(['left', 'not-known']) }),
} as const;
export type VisitScreen = keyof typeof visitViews;
export type VisitViews = { readonly [K in VisitScreen]: z.infer<(typeof visitViews)[K]> };

/** What every screen's frame may send: language, reach, exit, help, and the visit's own questions. */
export const VisitAct = z.discriminatedUnion('type', [
  z.object({ type: z.literal('CHOOSE_LANG'), lang: LangSchema }).strict(),
  z.object({ type: z.literal('TEXT_SIZE'), size: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]) }).strict(),
  z.object({ type: z.literal('CONTRAST'), contrast: z.enum(['normal', 'dark', 'black-yellow', 'soft']) }).strict(),
  z.object({ type: z.literal('CHOOSE_FLOW'), flow: z.string().max(64) }).strict(),
  z.object({ type: z.literal('HELP') }).strict(),
  z.object({ type: z.literal('READ'), document: z.enum(['privacy', 'terms', 'about']) }).strict(),
  /** Closes help and the reader; the screen below is as it was. */
  z.object({ type: z.literal('CLOSE') }).strict(),
  z.object({ type: z.literal('EXIT') }).strict(),
  /** Answers to the leave question. */
  z.object({ type: z.literal('STAY') }).strict(),
  z.object({ type: z.literal('LEAVE_NOW') }).strict(),
  /** "Yes, I am here." */
  z.object({ type: z.literal('HERE') }).strict(),
  /** Paper: answers on `paper-problem`, `paper-question` and `done`. */
  z.object({ type: z.literal('WROTE_DOWN') }).strict(),
  z.object({ type: z.literal('WAIT_FOR_STAFF') }).strict(),
  z.object({ type: z.literal('GOT_PAPER') }).strict(),
  z.object({ type: z.literal('NO_PAPER') }).strict(),
  z.object({ type: z.literal('FINISH') }).strict(),
]);
export type VisitAct = z.infer<typeof VisitAct>;
