/**
 * What crosses `$PAILOU_RUN/host.sock`. Visits and the shell call the host; the host tells them. JSON-RPC as on the bridge.
 * Nothing of a person crosses it: the host outlives visits.
 */
import { z } from 'zod';
import { BridgeErrorCode } from '../../firmware-bridge/protocol.ts';

export const HOST_PROTOCOL_VERSION = 1;

export const HOST_TIMES = {
  /** A visit calls `alive` this often; a visit silent for longer than the second is killed. */
  aliveEveryMs: 1_000,
  deadAfterMs: 3_000,
  /** A visit that was told to start must be listening within this. */
  visitReadyWithinMs: 10_000,
  /** A page that was told to go must show the successor within this, or the browser is started anew. */
  shownWithinMs: 2_500,
  /** A browser that was just started must show the visit within this, or it is started again. */
  browserShowsWithinMs: 8_000,
  /** A visit that ended must be gone within this, or it is killed. */
  visitGoneWithinMs: 1_000,
  /** Requests to the bridge. Ending a lease waits for the card worker's death and the printer's buffer. */
  leaseMs: 5_000,
  /** A lease that was not granted, or not taken, is granted anew after this, for as long as its visit serves. */
  leaseAgainMs: 500,
  /** The bridge is asked whether it lives this often; one that misses three in a row is left, and joined again. */
  bridgeAskedEveryMs: 1_000,
  /** The host tells the shell that it lives this often; without a word for the second the glass goes black (T2). */
  shellBeatEveryMs: 1_000,
  shellBlackAfterMs: 3_000,
} as const;

/** Where a page shows a visit, and the one-use ticket that lets it. The shell opens `address#t=ticket`. */
export const Launch = z.object({ address: z.url(), ticket: z.string().min(16).max(128) });
export type Launch = z.infer<typeof Launch>;

/** What staff are called for: a card that somebody left in the slot, or paper that needs hands. */
export const AlertWhy = z.enum(['card-left', 'paper']);
export type AlertWhy = z.infer<typeof AlertWhy>;

const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('refused'), code: BridgeErrorCode }),
]);

export const hostRequests = {
  /** First message. A visit brings the token it was started with, the shell its own. */
  hello: {
    params: z
      .object({
        version: z.number().int(),
        role: z.enum(['visit', 'shell']),
        visit: z.string().max(64).nullable(),
        token: z.string().max(128),
      })
      .strict(),
    result: Answer,
  },
  /** Visit: listening here, with this unused ticket. Called again whenever a ticket was used up. */
  register: { params: Launch.extend({ store: z.enum(['open', 'off']) }), result: Answer },
  alive: { params: z.object({}).strict(), result: Answer },
  /** Visit: this insertion was taken up by me; a successor that finds it still in the slot treats it as left behind. */
  used: { params: z.object({ insertion: z.number().int() }).strict(), result: Answer },
  /** Visit: the bridge did not take the token of my lease, or did not answer; another lease, please. */
  /** Visit: whether hands are needed now, and for what. The host lights the lamp; null puts it out. */
  alert: { params: z.object({ why: AlertWhy.nullable() }).strict(), result: Answer },
  'lease-refused': { params: z.object({}).strict(), result: Answer },
  /** Visit: a page is linked and shows this visit. */
  shown: { params: z.object({}).strict(), result: Answer },
  /** Visit: my page's script has stopped; the shell should start its browser again. */
  'page-dead': { params: z.object({}).strict(), result: Answer },
  /** Visit: over, and everything is written. The successor serves from now on; this process exits. */
  ended: {
    params: z
      .object({
        why: z.enum(['done', 'left', 'idle', 'card-out', 'other-card', 'fault', 'time-limit', 'lease-ended']),
        /** The audit chain's head after this visit, for the signed heads (T17). */
        auditHead: z.object({ seq: z.number().int(), mac: z.string() }).nullable(),
      })
      .strict(),
    result: Answer,
  },
} as const;

export const hostEvents = {
  /** To a visit: it serves now. `usedInsertion`: the last one taken up before it. */
  serve: z.object({ usedInsertion: z.number().int() }),
  /** To the serving visit: the devices are its own, with this token. Comes again when the bridge was started anew. */
  lease: z.object({ bridgeToken: z.string() }),
  /** To a visit: where its page goes when it ends. */
  successor: Launch,
  /** To a visit: whether the wall clock can be trusted (RC-06). */
  clock: z.object({ sure: z.boolean() }),
  /** To the shell, each second: the host lives. */
  'shell.beat': z.object({}),
  /** To the shell: show this visit; what was shown before is over. */
  'shell.show': Launch,
  /** To the shell: kill the browser and open this in a new one. */
  'shell.restart': Launch,
} as const;

/** Configuration file of the host process, written by the supervisor. */
export const HostConfig = z
  .object({
    runDir: z.string(),
    dataDir: z.string(),
    configDir: z.string(),
    siteName: z.string(),
    /** Directory of the built page and of `visit.js`. */
    buildDir: z.string(),
    /** The front door's port on 127.0.0.1; 0 takes a free one. */
    port: z.number().int().min(0).max(65535),
    /** Simulator socket for the device dock; null without simulators. */
    simSocket: z.string().nullable(),
  })
  .strict();
export type HostConfig = z.infer<typeof HostConfig>;

/** First line on the host's standard input. */
export const HostSecrets = z.object({ hostToken: z.string().min(16), shellToken: z.string().min(16) }).strict();

/** The line the host prints when its front door is open and the first visit listens. */
export const HostReady = z.object({ ready: z.literal(true), port: z.number().int(), frontDoor: z.string() });
export type HostReady = z.infer<typeof HostReady>;

/** First line on a visit's standard input, from the host. */
export const VisitStart = z
  .object({
    visit: z.string(),
    token: z.string(),
    hostSocket: z.string(),
    bridgeSocket: z.string(),
    dataDir: z.string(),
    configDir: z.string(),
    siteName: z.string(),
    buildDir: z.string(),
    frontDoor: z.string().nullable(),
    dock: z.string().nullable(),
    clockSure: z.boolean(),
  })
  .strict();
export type VisitStart = z.infer<typeof VisitStart>;
