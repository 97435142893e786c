import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type common from '../../../locales/en/common.json';
import type { View } from '../../contract/link.ts';
import type { KeysOf, MakeAct } from '../../contract/screens.ts';

export interface Frame {
  readonly view: View;
  /** The texts that all screens share. */
  readonly t: (key: KeysOf<typeof common>, values?: Readonly<Record<string, unknown>>) => string;
  readonly act: MakeAct;
  /** Where the person is, in two or three words. */
  readonly place: string;
  /** The value that a finger holds open now. */
  readonly held: { readonly field: string; readonly value: string } | null;
  readonly hold: (field: string) => void;
  readonly release: (field: string) => void;
}

export const FrameContext = createContext<Frame | null>(null);

/** What the frame around a screen gives to its parts. */
export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (!frame) throw new Error('a part was drawn outside a frame');
  return frame;
}
