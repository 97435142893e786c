/** The faces that receipts are set in: one Noto Sans CJK collection draws every language, `ctx.lang` chooses the forms of the place. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';

/** The family's name on our canvases. The system's own names differ between distributions, and list only one face of a collection. */
export const PAPER_FAMILY = 'Pailou Paper';

// Where Debian and Ubuntu, Fedora, Arch and openSUSE put the collection.
const FOLDERS = [
  '/usr/share/fonts/opentype/noto',
  '/usr/share/fonts/google-noto-cjk',
  '/usr/share/fonts/google-noto-sans-cjk-fonts',
  '/usr/share/fonts/noto-cjk',
  '/usr/share/fonts/truetype',
];
const FILES = ['NotoSansCJK-Regular.ttc', 'NotoSansCJK-Bold.ttc'];

export type PaperFonts = { readonly kind: 'ready' } | { readonly kind: 'no-font'; readonly wanted: string };

let found: PaperFonts | null = null;

/** Loads the faces once. `no-font`: this machine cannot print Chinese, and a kiosk must not start; `wanted` tells staff what to install. */
export function paperFonts(folders: readonly string[] = FOLDERS): PaperFonts {
  if (found?.kind === 'ready' && folders === FOLDERS) return found;
  const folder = folders.find((candidate) => FILES.every((file) => existsSync(join(candidate, file))));
  const loaded = folder !== undefined && FILES.every((file) => GlobalFonts.registerFromPath(join(folder, file), PAPER_FAMILY) !== null);
  const outcome: PaperFonts = loaded ? { kind: 'ready' } : { kind: 'no-font', wanted: 'fonts-noto-cjk' };
  if (folders === FOLDERS) found = outcome;
  return outcome;
}
