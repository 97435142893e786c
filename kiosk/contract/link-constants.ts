/** Constants of the link (`link.ts`), apart from its schemas so that the page need not carry a schema library. */

export const LINK_TIMES = {
  /** The visit sends a beat this often; the page's own script echoes it. */
  beatEveryMs: 500,
  /** The page blanks itself when it has not heard its visit for this long (T2). */
  pageBlanksAfterMs: 3_000,
  /** The visit asks for a new browser when the page's script has not echoed for this long (T2). */
  pageDeadAfterMs: 2_000,
  /** The same for a page that has not echoed yet: it is loading. */
  pageLoadsWithinMs: 5_000,
  /** After this long without a link the page goes to its successor. */
  pageLeavesAfterMs: 1_000,
  /** A held value is hidden again after this long, even while held (CH-03). */
  heldForMs: 20_000,
} as const;

/**
 * HKDF info strings: one for the key of each direction, and one for the reconnect secret. Secret = ECDH x coordinate, 32 bytes
 * each. Nonce = 4 zero bytes + 8-byte big-endian counter from 0.
 *
 * The salt makes the agreement an authenticated one, so that a stranger on a dead visit's port is not taken for the visit. With a
 * ticket it is SHA-256 of the ticket; with the cookie it is the reconnect secret (`again`) that both ends derived from the agreement
 * made with the ticket. The page trusts nothing of a link, its successor, front door and dock included, before its first frame
 * has opened; that frame is a beat, sent at once.
 */
export const SEAL_INFO = { down: 'pailou link down 1', up: 'pailou link up 1', again: 'pailou link again 1' } as const;
