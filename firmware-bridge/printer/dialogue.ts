/** Questions and answers over one connection: at most one question open, each with a time limit. */
import type { PrinterState } from '../protocol.ts';
import type { PrinterTimes } from '../timeouts.ts';
import { type Answer, answerReader } from './answers.ts';
import { clearRequest, type ProcessId, type StatusNumber, statusRequest } from './commands.ts';
import { printerStateOf, type StatusRound } from './status.ts';
import type { Link, Transport } from './transport.ts';

export interface Dialogue {
  readonly lost: () => boolean;
  send(bytes: Buffer): Promise<'taken' | 'lost'>;
  /** One round of DLE EOT 1 to 4. `silent` when one stays unanswered, `error` when the printer talks rubbish. */
  askState(): Promise<PrinterState>;
  /** DLE DC4 8; `unanswered` also when the printer does not know it. */
  clear(): Promise<'cleared' | 'unanswered'>;
  /** Ends an open question about the state without an answer: something more urgent is to be asked. */
  interrupt(): void;
  abandon(): void;
}

export interface Heard {
  readonly onProcessId: (id: ProcessId) => void;
  readonly onProcessed: () => void;
  readonly onLost: () => void;
}

interface Question {
  readonly wants: 'status' | 'cleared';
  readonly settle: (byte: number | null) => void;
}

/** Connects and listens, or says `null` when nobody answers there. */
export async function openDialogue(transport: Transport, times: PrinterTimes, heard: Heard): Promise<Dialogue | null> {
  let question: Question | null = null;
  let rubbish = 0;
  let lost = false;

  const hear = (answer: Answer) => {
    switch (answer.kind) {
      case 'status':
        // Without a question it is the late answer to one that was given up.
        if (question?.wants === 'status') question.settle(answer.byte);
        return;
      case 'cleared':
        if (question?.wants === 'cleared') question.settle(0);
        return;
      case 'process-id':
        return heard.onProcessId(answer.id);
      case 'processed':
        // Somebody who babbles also says this by chance.
        if (rubbish === 0) heard.onProcessed();
        return;
      case 'rubbish':
        rubbish += 1;
        return;
      default:
        return answer satisfies never;
    }
  };

  const onLost = () => {
    lost = true;
    question?.settle(null);
    heard.onLost();
  };

  const opened = await transport({ onBytes: answerReader(hear), onLost }, times.connectMs);
  if (opened.kind === 'unreachable') return null;
  const link: Link = opened.link;

  const ask = (wants: Question['wants'], request: Buffer, withinMs: number): Promise<number | null> => {
    if (lost) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(null), withinMs);
      const settle = (byte: number | null) => {
        clearTimeout(timer);
        question = null;
        resolve(byte);
      };
      question = { wants, settle };
      void link.send(request);
    });
  };

  return {
    lost: () => lost,
    send: (bytes) => link.send(bytes),
    async askState() {
      const answers: number[] = [];
      for (const n of [1, 2, 3, 4] satisfies StatusNumber[]) {
        const byte = await ask('status', statusRequest(n), times.statusAnswerMs);
        if (byte === null) break;
        answers.push(byte);
      }
      const talkedRubbish = rubbish > 0;
      rubbish = 0;
      if (talkedRubbish) return 'error';
      return answers.length === 4 ? printerStateOf(answers as unknown as StatusRound) : 'silent';
    },
    async clear() {
      const answer = await ask('cleared', clearRequest(), times.clearAnswerMs);
      return answer === null ? 'unanswered' : 'cleared';
    },
    interrupt() {
      if (question?.wants === 'status') question.settle(null);
    },
    abandon: () => link.abandon(),
  };
}
