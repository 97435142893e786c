/** What the Electron shell allows, as pure functions: `main.ts` only wires them. Everything that is not named here is refused. */
import type { BrowserWindowConstructorOptions, Input, WebPreferences } from 'electron';

/** Visits are on this machine, each under a host name of its own (`kiosk/visit/link.ts`). */
const VISIT_HOST = /^v[0-9a-f]{16}\.localhost$/;

/** The origin of a visit's address, or null when it is anything else. */
export function visitOrigin(address: string): string | null {
  try {
    const { protocol, hostname, origin, username, password } = new URL(address);
    return protocol === 'http:' && VISIT_HOST.test(hostname) && username === '' && password === '' ? origin : null;
  } catch {
    return null;
  }
}

export type Navigation = 'stay' | 'fresh-window' | 'refuse';

/** A page may reload itself; going to another visit happens in a new window with a new renderer; nowhere else leads a way. */
export function judgeNavigation(currentOrigin: string, target: string): Navigation {
  const origin = visitOrigin(target);
  if (origin === null) return 'refuse';
  return origin === currentOrigin ? 'stay' : 'fresh-window';
}

/** A page of a visit talks to its own visit, and on a demonstration to the dock's socket on this machine. */
export function mayRequest(currentOrigin: string, target: string): boolean {
  try {
    const { protocol, hostname, origin, host } = new URL(target);
    if (origin === currentOrigin) return true;
    if (protocol !== 'ws:') return protocol === 'blob:' && target.startsWith(`blob:${currentOrigin}/`);
    return `http://${host}` === currentOrigin || hostname === 'localhost';
  } catch {
    return false;
  }
}

/** Keys that lead out of, or into, anything but the page: the page itself needs none of them. */
export function mayPress({ key, control, alt, meta }: Pick<Input, 'key' | 'control' | 'alt' | 'meta'>): boolean {
  return !control && !alt && !meta && !/^F\d{1,2}$/.test(key) && !/^(Browser|Launch|Media|Audio)/.test(key);
}

export function windowOptions(preload: string, partition: string): BrowserWindowConstructorOptions {
  return {
    kiosk: true,
    fullscreen: true,
    frame: false,
    autoHideMenuBar: true,
    closable: false,
    minimizable: false,
    backgroundColor: '#000000',
    show: true,
    webPreferences: webPreferences(preload, partition),
  };
}

export function webPreferences(preload: string, partition: string): WebPreferences {
  return {
    preload,
    // Without `persist:` a partition lives in memory and is gone with its window.
    partition,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    enableWebSQL: false,
    devTools: false,
    disableDialogs: true,
  };
}

/** Chromium's own switches, set before Electron is ready. */
export const SWITCHES: readonly (readonly [string, string?])[] = [
  ['disable-pinch'],
  ['host-resolver-rules', 'MAP *.localhost 127.0.0.1'],
  ['overscroll-history-navigation', '0'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-breakpad'],
  ['disable-crash-reporter'],
  ['disk-cache-size', '1'],
];
