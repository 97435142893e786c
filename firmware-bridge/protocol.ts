/**
 * What crosses the firmware-bridge's sockets: messages, outcomes, error codes. The only file of the bridge that others import.
 *
 * Transport: JSON-RPC 2.0 with `Content-Length` framing (`vscode-jsonrpc`, never traced) over Unix sockets in `$PAILOU_RUN`.
 *  - `bridge.sock`  host and visits ↔ bridge. One `hello` first; anything else before it answers NOT_AUTHENTICATED.
 *  - `card-*.sock`  visit ↔ card worker, named in `CardSituation.ready.channel`. What a chip says goes from the worker straight
 *                   to the visit, so the bridge, which outlives visits, never holds it.
 *  - `slip-*.sock`  bridge → visit, named in `printer.print`: the dots of one slip, once.
 *  - `sim.sock`     dock and `npm run sim` ↔ simulators. Absent where no simulator runs.
 *
 * A request in the wrong state answers an error code, never throws; an exception is a bug.
 */
import { z } from 'zod';

export const BRIDGE_PROTOCOL_VERSION = 1;

/** Every error the bridge can answer. Each has texts for the resident, staff and the log (`locales/<lang>/devices.json`). */
export const BridgeErrorCode = z.enum([
  'NOT_AUTHENTICATED',
  'BAD_VERSION',
  'BAD_MESSAGE',
  'BAD_STATE',
  'NO_LEASE',
  'STALE_INSERTION',
  'TIMED_OUT',
  'OUT_OF_SERVICE',
]);
export type BridgeErrorCode = z.infer<typeof BridgeErrorCode>;

export const Refused = z.object({ kind: z.literal('refused'), code: BridgeErrorCode });
export type Refused = z.infer<typeof Refused>;

// ---------------------------------------------------------------- hello and lease

export const Hello = z
  .object({
    version: z.number().int(),
    /** The host proves itself with the token the bridge was started with; a visit with the token of its lease. */
    role: z.enum(['host', 'visit', 'selftest']),
    token: z.string().min(16).max(128),
  })
  .strict();
export type Hello = z.infer<typeof Hello>;

/** Host only. Ends any lease before it, as `lease.end` does, then gives the devices to the visit that presents `token`. */
export const LeaseGrant = z.object({ lease: z.string().min(1).max(64), token: z.string().min(16).max(128) }).strict();
export type LeaseGrant = z.infer<typeof LeaseGrant>;

/**
 * Host only. A lease whose visit has closed its connection ends by itself; asked about, it is NO_LEASE. Answers when the card workers are dead, the queues empty and the
 * printer's own buffer cleared or given up.
 */
export const LeaseEnd = z.object({ lease: z.string().min(1).max(64) }).strict();
export type LeaseEnd = z.infer<typeof LeaseEnd>;

// ---------------------------------------------------------------- cards

/** What the chip of a profile can prove about itself (architecture §3, T7). */
export const CardProof = z.enum(['none', 'passive', 'active']);
export type CardProof = z.infer<typeof CardProof>;

/** Counts up with every insertion, from one bridge to its successor too; a reply for an older one is dropped. */
export const Insertion = z.number().int().nonnegative();

/**
 * The card slot in one word, the most serious first: service > reader > no card > unreadable > foreign > several.
 * `recognising` is the short time between a card's arrival and its name.
 */
export const CardSituation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('no-service') }),
  z.object({ kind: z.literal('no-reader'), unknownReaders: z.array(z.string()) }),
  z.object({ kind: z.literal('empty') }),
  z.object({ kind: z.literal('recognising'), insertion: Insertion }),
  z.object({ kind: z.literal('unreadable'), insertion: Insertion, attempts: z.number().int().positive() }),
  z.object({ kind: z.literal('foreign'), insertion: Insertion, family: z.enum(['bank', 'transit', 'nhi', 'passport', 'unknown']) }),
  z.object({ kind: z.literal('several') }),
  z.object({
    kind: z.literal('ready'),
    insertion: Insertion,
    profile: z.string(),
    proof: CardProof,
    /** It was in the slot when the slot was first looked at (or within the second that look needs to settle), so nobody is known to have put it in now (T4). */
    found: z.boolean(),
    /** Where the worker that holds this card listens, and what it wants to hear first. */
    channel: z.object({ path: z.string(), secret: z.string() }),
  }),
]);
export type CardSituation = z.infer<typeof CardSituation>;

/** First message on a card worker's socket. One client for a worker's life. */
export const CardAttach = z.object({ secret: z.string() }).strict();
export type CardAttach = z.infer<typeof CardAttach>;

/** Asks the worker which card this is. `identity` is SHA-256 over profile and document number, in hex: compared, never kept. */
export const CardIdentify = z.object({ insertion: Insertion }).strict();
export type CardIdentify = z.infer<typeof CardIdentify>;

/** Asks for the named fields of the profile, and for active proof where the profile has it. */
export const CardRead = z.object({ insertion: Insertion, fields: z.array(z.string().max(64)).min(1).max(32) }).strict();
export type CardRead = z.infer<typeof CardRead>;

export const CardFault = z.discriminatedUnion('kind', [
  /** The card left during the exchange; nothing that was read is delivered. */
  z.object({ kind: z.literal('removed') }),
  /** The insertion asked about is over. */
  z.object({ kind: z.literal('stale') }),
  /** The card or the reader failed, or what it said is not what its profile says it says. */
  z.object({ kind: z.literal('unreadable'), reason: z.enum(['exchange', 'malformed', 'missing-file', 'timed-out', 'reader-busy']) }),
  /** INTERNAL AUTHENTICATE did not verify: a copy of somebody's files, not their card. */
  z.object({ kind: z.literal('not-genuine') }),
]);
export type CardFault = z.infer<typeof CardFault>;

export const CardIdentifyOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('identified'), insertion: Insertion, identity: z.string().length(64) }),
  ...CardFault.options,
]);
export type CardIdentifyOutcome = z.infer<typeof CardIdentifyOutcome>;

export const CardReadOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('read'),
    insertion: Insertion,
    /** One text a field, decoded as the profile says; an absent optional field is "". */
    values: z.record(z.string(), z.string().max(512)),
    /** What was proved in this exchange, at most what the profile can. */
    proved: CardProof,
  }),
  ...CardFault.options,
]);
export type CardReadOutcome = z.infer<typeof CardReadOutcome>;

// ---------------------------------------------------------------- printer

/** The printer in one word, the most serious first. `near-end` still prints. */
export const PrinterState = z.enum(['no-printer', 'silent', 'cover-open', 'paper-out', 'cutter', 'error', 'near-end', 'ready']);
export type PrinterState = z.infer<typeof PrinterState>;

/** How this printer can confirm that paper came out (devices, decisions). */
export const PrinterConfirms = z.enum(['processId', 'gsR', 'none']);

/**
 * One receipt as a bitmap: rows from the top, each `widthDots / 8` bytes, most significant bit left, 1 = black.
 * No message carries the dots, since a message is text that cannot be zeroed: the visit serves them once on a socket of its own in
 * the run directory. The bridge connects, says the secret and a line feed, and is answered exactly the rows and the end.
 * A receipt belongs to its lease: what is not printed when the lease ends is dropped here (the visit stored it before asking).
 */
export const PrinterPrint = z
  .object({
    jobId: z.string().min(1).max(64),
    widthDots: z.number().int().min(8).max(1024).multipleOf(8),
    heightDots: z.number().int().min(1).max(8000),
    source: z
      .object({
        /** `slip-<16 hex>.sock` in the run directory; anything else is BAD_MESSAGE. */
        path: z.string().max(200),
        secret: z.string().min(16).max(128),
      })
      .strict(),
  })
  .strict();
export type PrinterPrint = z.infer<typeof PrinterPrint>;

export const PrinterPrintOutcome = z.discriminatedUnion('kind', [z.object({ kind: z.literal('queued') }), Refused]);
export type PrinterPrintOutcome = z.infer<typeof PrinterPrintOutcome>;

/**
 * Where a job is. The last four are final:
 *  - `printed`    the printer answered this job's process id, sent after the cut
 *  - `handed-over` all bytes were taken by a printer that cannot confirm; ask the person
 *  - `unknown`    contact was lost after bytes of this job were sent; it may have come out
 *  - `dropped`    nothing of it can come out any more
 */
export const PrintJobState = z.enum([
  'queued',
  'printing',
  'waiting-for-paper',
  'waiting-for-printer',
  'printed',
  'handed-over',
  'unknown',
  'dropped',
]);
export type PrintJobState = z.infer<typeof PrintJobState>;

export const PrintJobEvent = z.object({ jobId: z.string(), state: PrintJobState, printer: PrinterState });
export type PrintJobEvent = z.infer<typeof PrintJobEvent>;

/** Drops a job if none of its bytes were sent, one whose dots are still under way included; otherwise the outcome is the state it ends in. */
export const PrinterDrop = z.object({ jobId: z.string() }).strict();
export type PrinterDrop = z.infer<typeof PrinterDrop>;

// ---------------------------------------------------------------- health

export const DeviceHealth = z.object({
  card: z.enum(['ready', 'no-service', 'no-reader', 'fault', 'absent']),
  scanner: z.enum(['ready', 'fault', 'absent']),
  keypad: z.enum(['ready', 'fault', 'absent']),
  printer: z.union([PrinterState, z.literal('absent')]),
  camera: z.enum(['ready', 'fault', 'absent']),
  speech: z.enum(['ready', 'fault', 'absent']),
});
export type DeviceHealth = z.infer<typeof DeviceHealth>;

export const PrinterInfo = z.object({ widthDots: z.number().int(), confirms: PrinterConfirms, state: PrinterState });
export type PrinterInfo = z.infer<typeof PrinterInfo>;

export const HelloOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('welcome'), version: z.number().int(), health: DeviceHealth, card: CardSituation, printer: PrinterInfo }),
  Refused,
]);
export type HelloOutcome = z.infer<typeof HelloOutcome>;

export const Done = z.discriminatedUnion('kind', [z.object({ kind: z.literal('done') }), Refused]);
export type Done = z.infer<typeof Done>;

/** Requests of `bridge.sock`: name → what is asked, what is answered, who may ask. */
export const bridgeRequests = {
  hello: { params: Hello, result: HelloOutcome, roles: ['host', 'visit', 'selftest'] },
  'lease.grant': { params: LeaseGrant, result: Done, roles: ['host'] },
  'lease.end': { params: LeaseEnd, result: Done, roles: ['host'] },
  'printer.print': { params: PrinterPrint, result: PrinterPrintOutcome, roles: ['visit'] },
  'printer.drop': { params: PrinterDrop, result: Done, roles: ['visit'] },
} as const;

/** Notifications of `bridge.sock`. `card.*` and `printer.job` go to the leaseholder only. */
export const bridgeEvents = {
  'card.changed': CardSituation,
  'printer.changed': PrinterInfo,
  'printer.job': PrintJobEvent,
  'health.changed': DeviceHealth,
  /** The lease was ended or taken over: the visit that hears this shows nothing more and exits. How its jobs ended was told before. */
  'lease.ended': z.object({ lease: z.string() }),
} as const;

/** Requests of a card worker's socket. */
export const cardRequests = {
  attach: { params: CardAttach, result: Done },
  identify: { params: CardIdentify, result: CardIdentifyOutcome },
  read: { params: CardRead, result: CardReadOutcome },
} as const;

// ---------------------------------------------------------------- simulators

/** What a simulator can be told (`npm run sim`, the device dock, tests). */
export const SimCommand = z.union([
  z
    .object({
      device: z.literal('card'),
      action: z.literal('insert'),
      specimen: z.string(),
      slot: z.number().int().min(0).max(1).default(0),
    })
    .strict(),
  z.object({ device: z.literal('card'), action: z.literal('remove'), slot: z.number().int().min(0).max(1).default(0) }).strict(),
  /** The card leaves before or after its n-th command (0-based) of the next insertion. */
  z
    .object({
      device: z.literal('card'),
      action: z.literal('pull-at'),
      command: z.number().int().min(0),
      when: z.enum(['before', 'after']),
      slot: z.number().int().min(0).max(1).default(0),
    })
    .strict(),
  z.object({ device: z.literal('reader'), action: z.enum(['unplug', 'plug', 'stop-service', 'start-service']) }).strict(),
  z
    .object({
      device: z.literal('printer'),
      action: z.enum([
        'paper-out',
        'paper-near-end',
        'paper-in',
        'open-cover',
        'close-cover',
        'jam-cutter',
        'clear-cutter',
        'unplug',
        'plug',
        'mute',
        'speak',
        'babble',
      ]),
    })
    .strict(),
  z.object({ device: z.literal('printer'), action: z.literal('take-paper') }).strict(),
]);
export type SimCommand = z.input<typeof SimCommand>;

export const SimSpecimen = z.object({ id: z.string(), label: z.string() });

export const SimState = z.object({
  /** Whether the real `pcscd` is in between ("pcscd") or the card plugs in one layer higher ("direct"). */
  cardPath: z.enum(['pcscd', 'direct']),
  specimens: z.array(SimSpecimen),
  inserted: z.array(z.string().nullable()),
  reader: z.enum(['plugged', 'unplugged', 'no-service']),
  printer: z.object({
    paper: z.enum(['ok', 'near-end', 'out']),
    cover: z.enum(['closed', 'open']),
    cutter: z.enum(['ok', 'jammed']),
    link: z.enum(['plugged', 'unplugged', 'mute', 'babbling']),
  }),
  /** Paper that came out and was cut, newest last; the pictures are fetched one by one. */
  papers: z.array(z.object({ id: z.string(), heightDots: z.number().int() })),
});
export type SimState = z.infer<typeof SimState>;

export const SimDone = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), state: SimState }),
  z.object({ kind: z.literal('refused'), why: z.string() }),
]);
export type SimDone = z.infer<typeof SimDone>;

export const SimPaper = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('png'), base64: z.string() }),
  z.object({ kind: z.literal('none') }),
]);
export type SimPaper = z.infer<typeof SimPaper>;

export const simRequests = {
  do: { params: SimCommand, result: SimDone },
  state: { params: z.object({}).strict(), result: SimState },
  paper: { params: z.object({ id: z.string() }).strict(), result: SimPaper },
} as const;

export const simEvents = { 'state.changed': SimState } as const;
