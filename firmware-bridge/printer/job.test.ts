import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrinterState, PrintJobState } from '../protocol.ts';
import { type Job, type JobEvent, type JobRules, jobState, newJob, step } from './job.ts';

const rules = (confirms: JobRules['confirms'] = 'processId'): JobRules => ({
  confirms,
  times: { waitingMs: 1_000, confirmMs: 100, brokenOffMs: 500 },
});
const play = (events: readonly JobEvent[], of = rules(), atMs: (at: number) => number = () => 0): Job =>
  events.reduce((job, event, at) => step(job, event, atMs(at), of), newJob(0, of));

const says = (state: PrinterState): JobEvent => ({ type: 'printer', state });
const sent: readonly JobEvent[] = [{ type: 'begin' }, { type: 'band-taken' }, { type: 'all-taken' }];

describe('a job of which no byte was sent', () => {
  test('waits for paper or for the printer, and is queued again when the printer can print', () => {
    expect(jobState(play([says('paper-out')]))).toBe('waiting-for-paper');
    expect(jobState(play([says('cover-open')]))).toBe('waiting-for-printer');
    expect(jobState(play([says('paper-out'), says('near-end')]))).toBe('queued');
  });

  test('survives the loss of the printer, and is dropped by whoever asked for it, by the end of the lease and by time', () => {
    expect(jobState(play([{ type: 'link-lost' }]))).toBe('queued');
    for (const type of ['drop', 'lease-ended'] as const) expect(jobState(play([{ type }]))).toBe('dropped');
    expect(jobState(play([{ type: 'time' }], rules(), () => 999))).toBe('queued');
    expect(jobState(play([{ type: 'time' }], rules(), () => 1_000))).toBe('dropped');
  });
});

describe('a job of which a byte was sent', () => {
  test('is printed by its process id, also when that overtakes the note that all was taken, and by nothing else', () => {
    expect(jobState(play([...sent, { type: 'process-id' }]))).toBe('printed');
    expect(jobState(play([{ type: 'begin' }, { type: 'band-taken' }, { type: 'process-id' }]))).toBe('printed');
    expect(jobState(play([...sent, says('ready'), { type: 'processed' }]))).toBe('printing');
    expect(jobState(play([{ type: 'process-id' }]))).toBe('queued');
  });

  test('is handed over at most where the printer cannot answer a process id', () => {
    expect(jobState(play([...sent, { type: 'processed' }], rules('gsR')))).toBe('handed-over');
    expect(jobState(play([...sent, { type: 'process-id' }], rules('gsR')))).toBe('printing');
    expect(jobState(play(sent, rules('none')))).toBe('handed-over');
    expect(jobState(play([...sent, { type: 'processed' }]))).toBe('printing');
  });

  test('is unknown when the printer, the lease or the time is gone, and no drop makes it less so', () => {
    for (const type of ['link-lost', 'lease-ended'] as const) expect(jobState(play([{ type: 'begin' }, { type }]))).toBe('unknown');
    expect(jobState(play([{ type: 'begin' }, { type: 'drop' }]))).toBe('printing');
    expect(jobState(play([{ type: 'begin' }, { type: 'time' }], rules(), () => 100))).toBe('printing');
    expect(jobState(play([{ type: 'begin' }, { type: 'time' }], rules(), (at) => at * 100))).toBe('unknown');
  });

  test('is given the time of a repair while the printer stands still, and the time of a print afterwards', () => {
    const at = (ms: number) => (event: number) => (event === 0 ? 0 : ms);
    expect(jobState(play([{ type: 'begin' }, says('paper-out'), { type: 'time' }], rules(), at(499)))).toBe('waiting-for-paper');
    const times = [0, 10, 509, 509, 608, 609];
    const events: JobEvent[] = [{ type: 'begin' }, says('paper-out'), { type: 'time' }, says('ready'), { type: 'time' }, { type: 'time' }];
    const states = events.map((_, n) => jobState(play(events.slice(0, n + 1), rules(), (each) => times[each]!)));
    expect(states).toEqual(['printing', 'waiting-for-paper', 'waiting-for-paper', 'printing', 'printing', 'unknown']);
  });
});

test('whatever happens in whatever order: once over it stays so, printed needs its process id, and dropped means no byte was', () => {
  const event: fc.Arbitrary<JobEvent> = fc.oneof(
    fc.constantFrom<PrinterState>('ready', 'paper-out', 'cover-open', 'silent', 'error').map(says),
    fc.constantFrom<JobEvent>(
      { type: 'begin' },
      { type: 'band-taken' },
      { type: 'all-taken' },
      { type: 'process-id' },
      { type: 'processed' },
    ),
    fc.constantFrom<JobEvent>({ type: 'link-lost' }, { type: 'drop' }, { type: 'lease-ended' }, { type: 'time' }),
  );
  const finals: readonly PrintJobState[] = ['printed', 'handed-over', 'unknown', 'dropped'];
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 30 }),
      fc.constantFrom<JobRules['confirms']>('processId', 'gsR', 'none'),
      (events, confirms) => {
        let job = newJob(0, rules(confirms));
        let begun = false;
        events.forEach((each, at) => {
          const before = jobState(job);
          const over = finals.includes(before);
          job = step(job, each, at * 20, rules(confirms));
          if (!over && each.type === 'begin' && jobState(job) === 'printing') begun = true;
          const after = jobState(job);
          if (over) expect(after).toBe(before);
          if (!over && after === 'printed') expect([begun, each.type, confirms]).toEqual([true, 'process-id', 'processId']);
          if (after === 'dropped') expect(begun).toBe(false);
          if (after === 'unknown') expect(begun).toBe(true);
        });
      },
    ),
  );
});
