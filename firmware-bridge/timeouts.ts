/**
 * Every wait and every attempt limit of the bridge, one section a device. A number here is a promise to the person who waits:
 * change it with that in mind. Nothing in the bridge waits without one of these.
 */

export const bridgeTimes = {
  /** A connection that has not said hello is closed. */
  helloMs: 5_000,
  /** Between a refusal and the end of its connection, so that the refusal is heard. */
  refusalMs: 100,
  /** Ending a lease answers at the latest after this; what did not finish by then is given up, never waited for. */
  leaseEndMs: 3_000,
} as const;

export const cardTimes = {
  /** One command and its response. Cards stretch a signature (T=1 waiting time extension); more than this is a dead chip. */
  transmitMs: 4_000,
  /** Power-up and protocol negotiation. */
  connectMs: 3_000,
  /** Everything one `read` or `identify` may take, however many commands it needs. */
  requestMs: 8_000,
  /** From "a card is in" to its name; a worker that has not named it by then is killed and the card called unreadable. */
  recogniseMs: 10_000,
  /** SCARD_E_SHARING_VIOLATION: another program has the card for a moment. Then `reader-busy`. */
  busyRetryMs: 200,
  busyAttempts: 10,
  /** A card without an answer to reset is powered up again this often before it is called unreadable. */
  powerUpAttempts: 2,
  /** Reading again is safe: nothing is written. Not more, since the person is waiting. */
  exchangeAttempts: 2,
  /**
   * After a failed exchange the worker waits this long to hear whether the card was pulled. `pcscd` looks every 400 ms and
   * needs one power-up more to be sure.
   */
  pulledVerdictMs: 1_500,
  /** 61xx and 6Cxx: GET RESPONSE and re-sent commands for one command (T8: endless 61xx). */
  responseRounds: 32,
  /** READ BINARY commands for one file, and bytes of one file. */
  fileRounds: 40,
  fileBytes: 8_192,
  /** A worker told that its card is gone answers what is pending and exits by itself; afterwards it is killed. */
  farewellMs: 250,
  /** A worker process has started and listens. Twenty times what it takes on the slowest board. */
  workerStartMs: 5_000,
  /** The monitor starts again after it ended: first at once, then doubling up to the last. libpcsclite does not heal. */
  monitorRetryFirstMs: 100,
  monitorRetryLastMs: 3_000,
  /** Without any word from the monitor's first look the service is called absent. */
  monitorStartMs: 5_000,
  /** The addon names each reader within milliseconds, but never says that there is none. */
  firstLookMs: 150,
  /**
   * A service that has just started calls a slot empty until it has powered up the card in it (it looks every 400 ms). So the first
   * card that shows this soon after the first look is one that was found, not one that was put in.
   */
  firstLookSettlesMs: 1_000,
  /** Only the direct path has to look by itself; `pcscd` tells. */
  directPollMs: 100,
} as const;

export const printerTimes = {
  /** A TCP connection to the printer. A printer in the same building answers in milliseconds. */
  connectMs: 3_000,
  /** Between attempts to reach a printer that is not there: the first, doubled up to the last (hot-plug). */
  reconnectFirstMs: 250,
  reconnectLastMs: 5_000,
  /** One answer to DLE EOT. It is answered in real time, so a printer that takes longer is not listening. */
  statusAnswerMs: 1_000,
  /** Rounds of DLE EOT without an answer before the connection is given up and made anew. */
  silentRounds: 3,
  /** Between rounds of DLE EOT: at rest, and while a job or a fault makes the answer urgent. */
  statusRestMs: 2_000,
  statusBusyMs: 250,
  /** The answer to DLE DC4 8 (buffer clear). */
  clearAnswerMs: 1_000,
  /** The end of a lease waits this long for a printer to be clear, an open question included. Within `leaseEndMs`. */
  clearAtEndMs: 2_000,
  /** An able printer without this job's process id: a slip of 8,000 rows at a slow 50 mm/s takes 20 s. */
  confirmMs: 30_000,
  /** A slip half out, and a printer that cannot go on: longer than an attendant needs for a roll of paper. */
  brokenOffMs: 5 * 60_000,
  /** A job of which no byte was sent. A lease seldom lasts as long. */
  waitingMs: 30 * 60_000,
  /** All dots of a slip from the visit's socket on this machine. Below the visit's own limit for `printer.print`. */
  fetchMs: 1_500,
  /** Jobs that may wait at once. A visit prints a slip and perhaps its copy. */
  queuedJobs: 8,
} as const;
/** The same table with other figures: tests shorten what they would otherwise wait for. */
export type PrinterTimes = { readonly [K in keyof typeof printerTimes]: number };

export const simulatorTimes = {
  /** A private `pcscd` answers on its socket. */
  pcscdStartMs: 5_000,
  pcscdLookMs: 20,
  /** A card that is in tries this often to reach a service that is not there. */
  cardRedialMs: 50,
  /** One command of `npm run sim`; a service that starts again is the longest. */
  answerMs: 10_000,
} as const;
