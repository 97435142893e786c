/** The sources as the rules on them see them: files, and what each imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Source {
  /** From the top of the clone, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  /** What it imports: paths from the top for relative imports (extension kept), package names else. */
  readonly imports: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function importsOf(path: string, text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
  return [...bare.matchAll(IMPORT)].map(([, a, b, c]) => {
    const wanted = (a ?? b ?? c)!;
    return wanted.startsWith('.') ? join(dirname(path), wanted) : wanted;
  });
}

export function sources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
      .map((entry) => {
        const path = relative(ROOT, join(entry.parentPath, entry.name));
        const text = readFileSync(join(ROOT, path), 'utf8');
        return { path, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
      }),
  );
}

export const isTest = ({ path }: Source) => /\.test\.tsx?$/.test(path) || path.startsWith('tests/');
