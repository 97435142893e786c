/** Electron's binary, which comes from its maker's release page and not from npm: asked for once, given up when nobody answers. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ROOT } from './paths.mjs';

const HOME = `${ROOT}/node_modules/electron`;
const ANSWERS_WITHIN_MS = 20_000;
const FETCH_WITHIN_MS = 600_000;

/** The path of the binary, or null while there is none. */
export function electronBinary() {
  try {
    const binary = `${HOME}/dist/${readFileSync(`${HOME}/path.txt`, 'utf8')}`;
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** Fetches the binary where its maker's server answers within 20 s; its checksum is pinned in the package. Null when it cannot be had. */
export async function fetchElectron(say) {
  const there = electronBinary();
  if (there || !existsSync(`${HOME}/install.js`)) return there;
  const { version } = JSON.parse(readFileSync(`${HOME}/package.json`, 'utf8'));
  say(`asking for Electron ${version} (at most ${ANSWERS_WITHIN_MS / 1000} s)`);
  const url = `https://github.com/electron/electron/releases/download/v${version}/electron-v${version}-${process.platform}-${process.arch}.zip`;
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    if (!answer.ok) throw new Error('not there');
  } catch {
    say('  its server does not answer: this run goes on without Electron');
    return null;
  }
  say(`fetching Electron ${version}`);
  // A mirror named in the environment is not asked, and checksums come from the package only (threats: supply).
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/electron/i.test(name)));
  spawnSync(process.execPath, [`${HOME}/install.js`], { stdio: ['ignore', 2, 2], env, timeout: FETCH_WITHIN_MS });
  const fetched = electronBinary();
  if (!fetched) say('  it could not be fetched: this run goes on without Electron');
  return fetched;
}
