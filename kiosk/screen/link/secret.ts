/**
 * The reconnect secret (contract/link-constants.ts), for as long as this page shows its visit. It outlives a reload in the session
 * storage of the visit's own origin. It is a key and nothing of a person, and no use once the visit is gone.
 */
type Bytes = Uint8Array<ArrayBuffer>;

const NAME = 'again';
let kept: Bytes | null = null;

export function keepSecret(secret: Bytes): void {
  kept = secret;
  sessionStorage.setItem(NAME, btoa(String.fromCharCode(...secret)));
}

/** Null in a page that was never linked with a ticket: it cannot tell the visit from a stranger. */
export function keptSecret(): Bytes | null {
  const stored = kept ? null : sessionStorage.getItem(NAME);
  if (stored !== null) kept = Uint8Array.from(atob(stored), (letter) => letter.charCodeAt(0));
  return kept;
}

export function dropSecret(): void {
  kept = null;
  sessionStorage.removeItem(NAME);
}
