import { z } from 'zod';

/** What a resident can point at as wrong, and what is asked of the chip, in the order of the card's face. */
export const CardField = z.enum(['nameEnglish', 'nameChinese', 'documentNumber', 'dateOfBirth', 'sex', 'dateOfIssue']);
export type CardField = z.infer<typeof CardField>;

/** What the screen may send while this flow runs. Anything else is refused before it reaches the machine. */
export const SmartIdEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ALL_CORRECT') }).strict(),
  z.object({ type: z.literal('SOMETHING_WRONG') }).strict(),
  z.object({ type: z.literal('CHOOSE_WRONG_FIELD'), field: CardField }).strict(),
  z.object({ type: z.literal('TRY_AGAIN') }).strict(),
  z.object({ type: z.literal('ASK_AGAIN') }).strict(),
  z.object({ type: z.literal('BACK') }).strict(),
]);
export type SmartIdEvent = z.infer<typeof SmartIdEvent>;

/** What the screen is told. Values are masked; the full value crosses the link only while held (T6). */
export const SmartIdView = z.object({
  /** Why no card can be read now; null while the slot simply waits. */
  fault: z.enum(['no-service', 'no-reader', 'unreadable', 'damaged', 'foreign', 'several', 'not-genuine', 'taken-out']).nullable(),
  rows: z.array(z.object({ field: CardField, masked: z.string() })),
});
export type SmartIdView = z.infer<typeof SmartIdView>;

/** Nothing of this conversation is a matter of policy yet. */
export const SmartIdConfig = z.object({}).strict();
export type SmartIdConfig = z.infer<typeof SmartIdConfig>;
