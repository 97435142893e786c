/** What a log line may carry: names, codes, counts and durations. A field that is not here cannot be written. */
export interface LogFields {
  readonly device?: 'bridge' | 'card' | 'printer' | 'simulator';
  readonly reader?: string;
  readonly insertion?: number;
  readonly code?: string;
  readonly name?: string;
  readonly state?: string;
  readonly count?: number;
  readonly ms?: number;
  readonly pid?: number;
}

export type Log = (event: string, fields?: LogFields) => void;

/** JSON lines on standard error, the one place the supervisor collects from. */
export const log: Log = (event, fields = {}) => {
  const { device, reader, insertion, code, name, state, count, ms, pid } = fields;
  process.stderr.write(
    `${JSON.stringify({ t: new Date().toISOString(), event, device, reader, insertion, code, name, state, count, ms, pid })}\n`,
  );
};
