/** The system's Chromium as one locked window: how it is started, what it is told, and how nothing of it stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from '../host/protocol.ts';

/** Parts of a browser that have no place on a kiosk: they ask, offer, remember or call home. */
const FEATURES_OFF = [
  'Translate',
  'AutofillServerCommunication',
  'MediaRouter',
  'OptimizationHints',
  'InterestFeedContentSuggestions',
  'CertificateTransparencyComponentUpdater',
  'GlobalMediaControls',
  'DialMediaRouteProvider',
  'OverscrollHistoryNavigation',
  'TouchpadOverscrollHistoryNavigation',
  'ElasticOverscroll',
  'PasswordManagerOnboarding',
  'SideSearch',
];

/** What no switch turns off reliably: a browser that offers to translate, to remember, or to fill in. */
export const PREFERENCES = {
  translate: { enabled: false },
  translate_blocked_languages: ['en', 'zh-CN', 'zh-TW'],
  credentials_enable_service: false,
  autofill: { profile_enabled: false, credit_card_enabled: false },
  profile: {
    password_manager_enabled: false,
    default_content_setting_values: { notifications: 2, geolocation: 2, media_stream: 2, popups: 2 },
  },
  download: { prompt_for_download: false },
  search: { suggest_enabled: false },
  alternate_error_pages: { enabled: false },
  net: { network_prediction_options: 2 },
} as const;

/** The arguments of a locked browser. The page's ticket is not among them: arguments can be read by every local user. */
export function chromiumArguments(given: {
  readonly profileDir: string;
  readonly launchFile: string;
  readonly sandbox: boolean;
  readonly headless: boolean;
}): string[] {
  return [
    `--user-data-dir=${given.profileDir}`,
    '--kiosk',
    '--no-first-run',
    '--no-default-browser-check',
    '--no-service-autorun',
    '--disable-pinch',
    '--overscroll-history-navigation=0',
    `--disable-features=${FEATURES_OFF.join(',')}`,
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-component-extensions-with-background-pages',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-extensions',
    '--disable-sync',
    '--disable-breakpad',
    '--disable-crash-reporter',
    '--disable-session-crashed-bubble',
    '--disable-infobars',
    '--disable-print-preview',
    '--disable-save-password-bubble',
    '--disable-quic',
    // Visits are on this machine; no name service is asked where.
    '--host-resolver-rules=MAP *.localhost 127.0.0.1',
    '--disk-cache-size=1',
    '--media-cache-size=1',
    '--metrics-recording-only',
    '--noerrdialogs',
    '--password-store=basic',
    '--use-mock-keychain',
    '--deny-permission-prompts',
    ...(given.headless ? ['--headless=new', '--disable-gpu'] : []),
    ...(given.sandbox ? [] : ['--no-sandbox']),
    `file://${given.launchFile}`,
  ];
}

/** A page that goes to the visit with its ticket. It is read once, by this browser, and is nobody else's to read. */
export function launchPage(launch: Launch): string {
  const target = JSON.stringify(`${launch.address}#t=${launch.ticket}`).replaceAll('<', '\\u003c');
  return `<!doctype html><html style="background:#000"><meta charset="utf-8"><script>location.replace(${target})</script></html>\n`;
}

const PROFILE_PREFIX = 'pailou-browser-';
const OWNER_FILE = 'owner';

/** A process by its number and its start: a number alone is given to another process some day. Null when it is gone. */
function owner(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `${pid} ${fields[19]}`;
  } catch {
    return null;
  }
}

/** Removes what shells that were killed have left of their browsers (T5). Those of a live shell, or of another user, stay. */
export function sweepProfiles(tmpDir: string): number {
  let swept = 0;
  for (const name of readdirSync(tmpDir).filter((entry) => entry.startsWith(PROFILE_PREFIX))) {
    const dir = join(tmpDir, name);
    try {
      if (lstatSync(dir).uid !== process.getuid?.()) continue;
      const file = join(dir, OWNER_FILE);
      const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (kept !== '' && owner(Number(kept.split(' ')[0])) === kept) continue;
      rmSync(dir, { recursive: true, force: true });
      swept++;
    } catch {
      // Another shell sweeps it at this moment, or it cannot be removed; the next start tries again.
    }
  }
  return swept;
}

/** What a browser needs of this process's environment. */
const BROWSER_ENVIRONMENT = /^(PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|XAUTHORITY)$/;
const browserEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => BROWSER_ENVIRONMENT.test(name)));

export interface Browser {
  /** Ends the browser with all its processes, at once. Its profile is gone when it is. */
  kill(): void;
  readonly startedAtMs: number;
}

/** Starts a browser with an empty profile that shows the visit. `onExit` comes once, however it ends. */
export function openChromium(given: {
  readonly binary: string;
  readonly tmpDir: string;
  readonly sandbox: boolean;
  readonly headless: boolean;
  readonly launch: Launch;
  readonly onExit: () => void;
}): Browser {
  const dir = mkdtempSync(join(given.tmpDir, PROFILE_PREFIX));
  writeFileSync(join(dir, OWNER_FILE), owner(process.pid) ?? '', { mode: 0o600 });
  const launchFile = join(dir, 'launch.html');
  writeFileSync(launchFile, launchPage(given.launch), { mode: 0o600 });
  const profileDir = join(dir, 'profile');
  mkdirSync(join(profileDir, 'Default'), { recursive: true });
  writeFileSync(join(profileDir, 'Default/Preferences'), JSON.stringify(PREFERENCES));
  const args = chromiumArguments({ profileDir, launchFile, sandbox: given.sandbox, headless: given.headless });
  // Should this process be killed, the kernel takes the browser along: a window without its shell would stay for ever.
  const bound = existsSync('/usr/bin/setpriv');
  const [program, ...rest] = bound ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', given.binary, ...args] : [given.binary, ...args];
  // A group of its own, so that the helpers of a stopped browser go with it.
  const child: ChildProcess = spawn(program!, rest, {
    stdio: 'ignore',
    detached: true,
    env: { ...browserEnvironment(process.env), HOME: dir, XDG_CONFIG_HOME: dir },
  });
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    killGroup(child);
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    given.onExit();
  };
  child.once('exit', end);
  child.once('error', end);
  return { kill: () => killGroup(child), startedAtMs: performance.now() };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
