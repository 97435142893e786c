/** Cards we can name but not use (CD-06). Public application ids; nothing is read from them. */
import type { CardSituation } from '../protocol.ts';

export type Family = Extract<CardSituation, { kind: 'foreign' }>['family'];

export const FAMILIES: readonly { readonly family: Family; readonly applicationId: string }[] = [
  /** EMV Book 1 §12.2.2: payment system environment, `1PAY.SYS.DDF01` on contacts. */
  { family: 'bank', applicationId: '315041592E5359532E4444463031' },
  /** Taiwan's national health insurance card. */
  { family: 'nhi', applicationId: 'D1580000010000000000000000000011' },
  /** ICAO 9303-10: the travel document application. */
  { family: 'passport', applicationId: 'A0000002471001' },
];
