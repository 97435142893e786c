/**
 * The link between one visit and the one page that shows it. Whole views go down, acts and edits go up. After redeeming its
 * ticket the page and the visit share a key, and every frame is sealed with it (AES-256-GCM, a counter in each direction): the
 * browser's own processes, which outlive a visit, then carry nothing readable.
 */
import { z } from 'zod';
import { LangSchema } from './lang.ts';

export { LINK_TIMES, SEAL_INFO } from './link-constants.ts';

/** The largest frame either side accepts (threats: links). */
export const MAX_FRAME_BYTES = 64 * 1024;

export const Settings = z.object({
  textSize: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  contrast: z.enum(['normal', 'dark', 'black-yellow', 'soft']),
});
export type Settings = z.infer<typeof Settings>;

/** A time limit that the person may see. `endsInMs` is counted from the moment the view was sent, so clocks need not agree. */
export const ViewTimer = z.object({ name: z.string(), endsInMs: z.number().int() });

export const View = z.object({
  /** Counts up with each view of a visit. An act names the view it was drawn for. */
  seq: z.number().int().nonnegative(),
  /** `<flow>.<state path>`; the root element's `data-screen`. */
  screen: z.string(),
  /** Which screens module draws it: a flow's id, or "visit". */
  module: z.string(),
  lang: LangSchema,
  /** Languages of this site, in the order of its buttons. */
  langs: z.array(LangSchema),
  props: z.record(z.string(), z.unknown()),
  /** The event types that would be taken now. */
  can: z.array(z.string()),
  /** Fields whose full value may be asked for while held. */
  reveal: z.array(z.string()),
  timers: z.array(ViewTimer),
  settings: Settings,
  /** Whether anything of the person is drawn: a stopped page is then killed, not waited for. */
  personal: z.boolean(),
  site: z.object({ name: z.string(), panel: z.object({ diagonalInches: z.number() }), demo: z.boolean() }),
});
export type View = z.infer<typeof View>;

export const Down = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('view'), view: View }),
  z.object({ kind: z.literal('beat'), n: z.number().int() }),
  /** The full value of a field, while the person holds it; `null` takes it away. */
  z.object({ kind: z.literal('held'), field: z.string(), value: z.string().nullable() }),
  /** Where to go when this visit ends. Replaces the one before. */
  z.object({ kind: z.literal('successor'), successor: z.object({ address: z.string(), ticket: z.string() }) }),
  /** The visit is over: clear the screen and go to the successor now. */
  z.object({ kind: z.literal('go') }),
]);
export type Down = z.infer<typeof Down>;

export const Up = z.discriminatedUnion('kind', [
  /** A choice. Taken once, and only if it was drawn for the view that is still shown. */
  z.object({ kind: z.literal('act'), seq: z.number().int(), event: z.looseObject({ type: z.string().max(64) }) }).strict(),
  /** The newest content of a field; the last revision wins. */
  z
    .object({ kind: z.literal('field'), seq: z.number().int(), id: z.string().max(64), rev: z.number().int(), value: z.string().max(4096) })
    .strict(),
  z.object({ kind: z.literal('hold'), field: z.string().max(64) }).strict(),
  z.object({ kind: z.literal('release'), field: z.string().max(64) }).strict(),
  z.object({ kind: z.literal('beat'), n: z.number().int() }).strict(),
  /** Somebody touched the glass without a control being meant; keeps the idle question away. At most one a second. */
  z.object({ kind: z.literal('present') }).strict(),
]);
export type Up = z.infer<typeof Up>;

/**
 * `POST /ticket`, same origin, JSON. The first page of a visit brings its one-use ticket (from the URL fragment, which never
 * leaves the browser) and gets the cookie; a page that was reloaded has the cookie and brings none.
 * `publicKey`: the page's ephemeral P-256 key, raw uncompressed point in base64.
 */
export const TicketRequest = z.object({ ticket: z.string().max(128).nullable(), publicKey: z.string().max(128) }).strict();
export type TicketRequest = z.infer<typeof TicketRequest>;

export const TicketAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('welcome'),
    /** The visit's ephemeral P-256 key, raw uncompressed point in base64. */
    publicKey: z.string(),
    /** Names the key on the WebSocket: `/link?k=<link>`; not a secret. */
    link: z.string(),
    successor: z.object({ address: z.string(), ticket: z.string() }).nullable(),
    /** Demonstration sites: the front door, a last resort when no visit answers; and the dock's address. */
    frontDoor: z.string().nullable(),
    dock: z.string().nullable(),
  }),
  z.object({ kind: z.literal('refused') }),
]);
export type TicketAnswer = z.infer<typeof TicketAnswer>;
