/**
 * Whether the wall clock can be trusted (RC-06, T13). The monotonic clock says how much time has passed; a wall clock that says
 * otherwise by more than the limit has been moved, and is trusted again only when the system says that it is synchronised.
 */
export interface ClockWatch {
  /** Compares now. Returns whether the wall clock can be trusted. */
  check(): Promise<boolean>;
}

export function watchClock(given: {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  readonly maxDriftMs: number;
  /** A demonstration takes the wall clock as it finds it; elsewhere a time source must confirm it first. */
  readonly trustAtStart: boolean;
  /** Whether a time source has confirmed the wall clock. Asked only while in doubt. */
  readonly synchronised: () => Promise<boolean>;
}): ClockWatch {
  const offset = () => given.wallMs() - given.monotonicMs();
  let trusted = given.trustAtStart ? offset() : null;
  return {
    async check() {
      if (trusted !== null && Math.abs(offset() - trusted) <= given.maxDriftMs) return true;
      if (!(await given.synchronised())) return false;
      trusted = offset();
      return true;
    },
  };
}
