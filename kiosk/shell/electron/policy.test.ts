import { describe, expect, test } from 'vitest';
import { judgeNavigation, mayPress, mayRequest, SWITCHES, visitOrigin, windowOptions } from './policy.ts';

const here = 'http://v0123456789abcdef.localhost:4711';
const next = 'http://vfedcba9876543210.localhost:4712';

describe('where a page may go', () => {
  test('SH-11 [part] nowhere but to visits of this machine', () => {
    const elsewhere = [
      'https://example.org/',
      'http://localhost:4711/',
      'http://127.0.0.1:4711/',
      'http://v0123456789abcdef.localhost.example.org/',
      'http://user@v0123456789abcdef.localhost:4711/',
      'https://v0123456789abcdef.localhost:4711/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/html,x',
      'chrome://gpu',
      'devtools://devtools/bundled/inspector.html',
      'view-source:http://v0123456789abcdef.localhost:4711/',
      'about:blank',
      'not an address',
    ];
    for (const target of elsewhere) expect([target, judgeNavigation(here, target)]).toEqual([target, 'refuse']);
  });

  test('it may load itself again, and its successor comes in a fresh window', () => {
    expect(judgeNavigation(here, `${here}/`)).toBe('stay');
    expect(judgeNavigation(here, `${next}/#t=ticket`)).toBe('fresh-window');
    expect(judgeNavigation(here, 'http://v0123456789abcdef.localhost:4799/')).toBe('fresh-window');
    expect(visitOrigin(`${next}/#t=ticket`)).toBe(next);
  });

  test('it fetches from its own visit only, and opens sockets to this machine only', () => {
    expect(mayRequest(here, `${here}/page.js`)).toBe(true);
    expect(mayRequest(here, 'ws://v0123456789abcdef.localhost:4711/link?k=1')).toBe(true);
    expect(mayRequest(here, 'ws://localhost:9000/dock/token')).toBe(true);
    expect(mayRequest(here, `${next}/page.js`)).toBe(false);
    expect(mayRequest(here, 'https://example.org/')).toBe(false);
    expect(mayRequest(here, 'file:///etc/passwd')).toBe(false);
    expect(mayRequest(here, 'ws://example.org/')).toBe(false);
  });
});

describe('the window', () => {
  test('SH-11 [part] keys that lead out of the page are taken away, and typing is not', () => {
    const key = (name: string, held: object = {}) => ({ key: name, control: false, alt: false, meta: false, ...held });
    for (const out of [
      key('F5'),
      key('F12'),
      key('p', { control: true }),
      key('F4', { alt: true }),
      key('Tab', { alt: true }),
      key('r', { meta: true }),
      key('BrowserHome'),
      key('LaunchMail'),
    ])
      expect([out, mayPress(out)]).toEqual([out, false]);
    for (const typed of [key('a'), key('Enter'), key('Tab'), key('F'), key('7'), key('ArrowDown')])
      expect([typed, mayPress(typed)]).toEqual([typed, true]);
  });

  test('T1 [part] is sandboxed, isolated, without developer tools, and fills the screen', () => {
    const { kiosk, webPreferences } = windowOptions('/preload.cjs', 'visit-1');
    expect(kiosk).toBe(true);
    expect(webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
    });
  });

  test('T5 [part] keeps what its page stores in memory: a partition that is not persistent', () => {
    expect(windowOptions('/preload.cjs', 'visit-1').webPreferences?.partition).not.toMatch(/^persist:/);
    expect(SWITCHES.map(([name]) => name)).not.toContain('remote-debugging-port');
  });

  test('finds visits on this machine without asking a name service', () => {
    expect(SWITCHES).toContainEqual(['host-resolver-rules', 'MAP *.localhost 127.0.0.1']);
  });
});
