/** The shell process where the window is Electron's: one locked window, a new one with a new renderer for each visit. */
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, Menu, session } from 'electron';
import type { Launch } from '../../host/protocol.ts';
import { joinHost } from '../host-link.ts';
import { ShellConfig, ShellSecrets } from '../protocol.ts';
import { judgeNavigation, mayPress, mayRequest, SWITCHES, visitOrigin, windowOptions } from './policy.ts';

const PRELOAD = join(dirname(fileURLToPath(import.meta.url)), 'shell-electron-preload.cjs');

function log(event: string): void {
  appendFileSync(2, `${JSON.stringify({ at: new Date().toISOString(), process: 'shell', event })}\n`);
}

process.on('SIGUSR1', () => {});
for (const [name, value] of SWITCHES) app.commandLine.appendSwitch(name, value);
Menu.setApplicationMenu(null);

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return '';
}

let current: BrowserWindow | null = null;
let visits = 0;
let askAgain = () => {};

/** Opens a visit in a new window, and ends the one before when the new one has drawn, so that nobody sees what is behind. */
function open(address: string): void {
  const origin = visitOrigin(address);
  if (origin === null) {
    log('shell.refused-address');
    return;
  }
  const before = current;
  const partition = `visit-${++visits}`;
  const own = session.fromPartition(partition);
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  own.setPermissionCheckHandler(() => false);
  own.setDevicePermissionHandler(() => false);
  own.on('will-download', (event) => event.preventDefault());
  own.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !mayRequest(origin, details.url) }));

  const window = new BrowserWindow(windowOptions(PRELOAD, partition));
  current = window;
  const { webContents } = window;
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.on('before-input-event', (event, input) => {
    if (!mayPress(input)) event.preventDefault();
  });
  webContents.on('context-menu', (event) => event.preventDefault());
  const judge = (event: { preventDefault(): void }, url: string) => {
    const verdict = judgeNavigation(origin, url);
    if (verdict !== 'stay') event.preventDefault();
    if (verdict === 'fresh-window' && current === window) open(url);
  };
  webContents.on('will-navigate', (event) => judge(event, event.url));
  webContents.on('will-frame-navigate', (event) => judge(event, event.url));
  webContents.on('will-redirect', (event) => judge(event, event.url));
  webContents.on('render-process-gone', () => {
    log('browser.gone');
    if (current === window) again();
  });
  webContents.on('did-fail-load', (_event, _code, _text, _url, isMainFrame) => {
    if (isMainFrame && current === window) again();
  });
  const close = () => before?.destroy();
  webContents.once('did-finish-load', close);
  window.once('closed', () => {
    if (current === window) current = null;
  });
  void window.loadURL(address).catch(() => log('shell.load-failed'));
}

/** Black, then the visit that serves now with a ticket that was not used. */
function again(): void {
  blacken();
  setTimeout(() => askAgain(), 200);
}

function blacken(): void {
  for (const window of BrowserWindow.getAllWindows()) window.destroy();
  current = null;
}

async function main(): Promise<void> {
  const config = ShellConfig.parse(JSON.parse(readFileSync(process.argv.at(-1) ?? '', 'utf8')));
  const { shellToken } = ShellSecrets.parse(JSON.parse(await firstLine()));
  process.stdin.on('end', () => app.exit(0));
  process.stdin.resume();
  process.on('SIGTERM', () => app.exit(0));
  // Between two visits there may be no window for a moment; that is no reason to end.
  app.on('window-all-closed', () => {});
  await app.whenReady();
  const address = ({ address, ticket }: Launch) => `${address}#t=${ticket}`;
  const host = joinHost({
    socket: join(config.runDir, 'host.sock'),
    token: shellToken,
    log,
    shell: {
      show(launch) {
        // An open page goes to its successor by itself; the host says `restart` when it does not.
        if (!current) open(address(launch));
      },
      restart(launch) {
        blacken();
        open(address(launch));
      },
      hostGone: blacken,
    },
  });
  askAgain = host.askAgain;
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
}

void main();
