/**
 * The colours of the four contrast sets. One strong colour a set; the rest is ground, ink and line. `contrast.test.ts` computes
 * every pair that is drawn: 7:1 for text (WCAG 1.4.6), 3:1 for edges and focus (WCAG 1.4.11).
 */
import type { Settings } from '../../contract/link.ts';

export type ContrastSet = import('zod').infer<typeof Settings>['contrast'];

export interface Tokens {
  readonly ground: string;
  readonly surface: string;
  readonly ink: string;
  readonly quietInk: string;
  readonly strong: string;
  readonly onStrong: string;
  /** A pressed control. */
  readonly pressed: string;
  readonly onPressed: string;
  readonly line: string;
  readonly focus: string;
  /** Ground of a panel that tells what went wrong: neutral, never an alarm colour. */
  readonly notice: string;
}

export const themes: Readonly<Record<ContrastSet, Tokens>> = {
  normal: {
    ground: '#f2f5f5',
    surface: '#ffffff',
    ink: '#14212b',
    quietInk: '#34434e',
    strong: '#0a4a63',
    onStrong: '#ffffff',
    pressed: '#042c3c',
    onPressed: '#ffffff',
    line: '#5d6d78',
    focus: '#8a3a00',
    notice: '#e3ebee',
  },
  dark: {
    ground: '#0d1418',
    surface: '#17232a',
    ink: '#f3f7f8',
    quietInk: '#cfdae0',
    strong: '#9bdcf5',
    onStrong: '#05222e',
    pressed: '#e3f6fd',
    onPressed: '#05222e',
    line: '#8ea1ac',
    focus: '#ffcf4a',
    notice: '#21313a',
  },
  'black-yellow': {
    ground: '#000000',
    surface: '#000000',
    ink: '#ffe500',
    quietInk: '#ffe500',
    strong: '#ffe500',
    onStrong: '#000000',
    pressed: '#ffffff',
    onPressed: '#000000',
    line: '#ffe500',
    focus: '#ffffff',
    notice: '#000000',
  },
  soft: {
    ground: '#efe6d6',
    surface: '#f8f2e6',
    ink: '#2d2922',
    quietInk: '#433c31',
    strong: '#36422c',
    onStrong: '#faf5ea',
    pressed: '#1f2719',
    onPressed: '#faf5ea',
    line: '#6f6653',
    focus: '#7a2f0c',
    notice: '#e5d9c3',
  },
};

/** Every pair that is drawn as text on a ground. */
export const textPairs: readonly (readonly [keyof Tokens, keyof Tokens])[] = [
  ['ink', 'ground'],
  ['ink', 'surface'],
  ['ink', 'notice'],
  ['quietInk', 'ground'],
  ['quietInk', 'surface'],
  ['quietInk', 'notice'],
  ['strong', 'ground'],
  ['strong', 'surface'],
  ['strong', 'notice'],
  ['onStrong', 'strong'],
  ['onPressed', 'pressed'],
];

/** Every pair that is an edge or a focus ring. */
export const edgePairs: readonly (readonly [keyof Tokens, keyof Tokens])[] = [
  ['line', 'ground'],
  ['line', 'surface'],
  ['line', 'notice'],
  ['strong', 'ground'],
  ['focus', 'ground'],
  ['focus', 'surface'],
];

/** The theme as CSS custom properties of the stage. */
export function themeVariables(set: ContrastSet): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(themes[set]).map(([name, colour]) => [`--${name}`, colour]));
}
