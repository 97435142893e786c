/** The options of `npm start`, and what a production site refuses to start with. */
import { parseArgs } from 'node:util';
import type { SiteConfig } from '../config/site.ts';
import type { ShellKind } from '../shell/launch.ts';

export interface StartOptions {
  readonly site: string;
  readonly shell: ShellKind | null;
  readonly port: number;
}

export type ReadOptions =
  | { readonly kind: 'options'; readonly options: StartOptions }
  | { readonly kind: 'wrong'; readonly complaint: string };

const SHELLS: readonly string[] = ['electron', 'chromium', 'none'] satisfies ShellKind[];

export function readOptions(args: readonly string[]): ReadOptions {
  let values: { site?: string; shell?: string; port?: string };
  try {
    values = parseArgs({
      args: [...args],
      options: { site: { type: 'string' }, shell: { type: 'string' }, port: { type: 'string' } },
    }).values;
  } catch {
    return { kind: 'wrong', complaint: 'the options are --site=<name> --shell=electron|chromium|none --port=<number>' };
  }
  const { site = 'demo', shell = null, port = '0' } = values;
  if (!/^[a-z0-9-]+$/.test(site)) return { kind: 'wrong', complaint: '--site is the name of a file in config/sites, without .yaml' };
  if (shell !== null && !SHELLS.includes(shell)) return { kind: 'wrong', complaint: '--shell is electron, chromium or none' };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return { kind: 'wrong', complaint: '--port is a number up to 65535; 0 takes a free one' };
  return { kind: 'options', options: { site, shell: shell as ShellKind | null, port: Number(port) } };
}

/** T1: what a test or a demonstration may be started with, and a kiosk that serves people may not. */
export function refusals(site: SiteConfig, given: { readonly uid: number; readonly env: NodeJS.ProcessEnv }): string[] {
  if (site.demo) return [];
  const refused: string[] = [];
  if (given.uid === 0) refused.push('a production site does not run as root');
  for (const name of ['NODE_OPTIONS', 'NODE_DEBUG', 'ELECTRON_RUN_AS_NODE', 'CHROMIUM_FLAGS'])
    if (given.env[name]) refused.push(`a production site does not start with ${name} set`);
  return refused;
}
