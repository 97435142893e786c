import { z } from 'zod';
import { LangSchema } from './lang.ts';

/** One part of a receipt, already in the person's language. Drawn as a bitmap, since drawn Chinese prints on any printer (RC-04). */
export const ReceiptBlock = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('heading'), text: z.string() }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  /** A label and its value; long values go below their label. */
  z.object({ kind: z.literal('pair'), label: z.string(), value: z.string() }),
  /** What to do next: where, what to bring, whom to call. */
  z.object({ kind: z.literal('next'), label: z.string(), lines: z.array(z.string()) }),
  z.object({ kind: z.literal('rule') }),
]);
export type ReceiptBlock = z.infer<typeof ReceiptBlock>;

/**
 * What is printed, before it is drawn. Identities in it are masked by whoever wrote it (RC-02); no colour, diagnosis or PIN.
 * The layout is one for all: site, what was done (large), when, blocks, the number (grouped, and as a QR of the number alone), contact.
 */
export const Receipt = z.object({
  lang: LangSchema,
  site: z.string(),
  /** What was done, in a few words. */
  title: z.string(),
  /** When, as shown: month in words (RC-05). */
  at: z.string(),
  /** Letters and digits only; drawn in groups, and alone in the QR (RC-01). */
  number: z.string().regex(/^[0-9A-Z]{4,32}$/),
  numberLabel: z.string(),
  blocks: z.array(ReceiptBlock).max(40),
  contact: z.array(z.string()).max(6),
  /** The word COPY in the receipt's language, on anything printed a second time. */
  copy: z.string().nullable(),
});
export type Receipt = z.infer<typeof Receipt>;
