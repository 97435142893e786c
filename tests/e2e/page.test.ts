import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Up, View } from '../../kiosk/contract/link.ts';
import { listenOnLoopback } from '../../kiosk/host/loopback.ts';
import { CHROMIUM_FLAGS, chromiumPath } from '../../kiosk/screen/gallery/panels.ts';
import { samples } from '../../kiosk/screen/gallery/samples.ts';
import { type LinkServer, openLink } from '../../kiosk/visit/link.ts';
import { agreeSeal, type Seal } from '../../kiosk/visit/seal.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

vi.setConfig({ testTimeout: 20_000 });

let pageDir: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let visit: ScriptedVisit;

/** The visit's real link; what it shows is said by the test. */
interface ScriptedVisit {
  readonly link: LinkServer;
  readonly ups: Up[];
  show(sampleId: string, change?: Partial<View>): void;
}

async function startVisit(frontDoor: string | null = null): Promise<ScriptedVisit> {
  const ups: Up[] = [];
  let seq = 0;
  let now: View = view('visit.menu', {}, seq);
  const link = await openLink(
    { pageDir, frontDoor, dock: null },
    {
      onTicket: () => {},
      onPage: () => link.send({ kind: 'view', view: now }),
      onUp: (up) => ups.push(up),
      onPageDead: () => {},
      onRefused: () => {},
      monotonicMs: () => performance.now(),
    },
  );
  return {
    link,
    ups,
    show(sampleId, change = {}) {
      seq += 1;
      now = view(sampleId, change, seq);
      link.send({ kind: 'view', view: now });
    },
  };
}

function view(sampleId: string, change: Partial<View>, seq: number): View {
  const { module, screen, props, can, reveal } = samples.find(({ id }) => id === sampleId)!;
  return {
    seq,
    screen,
    module,
    lang: 'en',
    langs: ['zh-HK', 'zh-CN', 'en'],
    props,
    can: [...can],
    reveal: [...reveal],
    timers: [],
    settings: { textSize: 0, contrast: 'normal' },
    personal: false,
    site: { name: 'Test', panel: { diagonalInches: 10.4 }, demo: true },
    ...change,
  };
}

/** Somebody on this machine who answers at a port as a visit would, as well as one can who was never told its ticket. */
async function takePort(port: number) {
  const asked: string[] = [];
  let seal: Seal | null = null;
  const evil = { address: 'http://v0000000000000000.localhost:9/', ticket: 'a-ticket-of-a-stranger' };
  const server = createServer((request, answer) => {
    asked.push(request.url ?? '');
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { publicKey = '' } = body ? JSON.parse(body) : {};
      const agreed = agreeSeal(publicKey, Buffer.alloc(32));
      if (!agreed) return answer.writeHead(404).end();
      seal = agreed.seal;
      const doors = { frontDoor: 'http://localhost:9/', dock: null };
      answer.setHeader('Content-Type', 'application/json');
      answer.end(JSON.stringify({ kind: 'welcome', publicKey: agreed.publicKey, link: 'stranger', successor: evil, ...doors }));
    });
  });
  const sockets = new WebSocketServer({ server });
  let linked = 0;
  sockets.on('connection', (socket) => {
    linked++;
    for (const down of [{ kind: 'successor', successor: evil }, { kind: 'go' }]) socket.send(seal!.seal(JSON.stringify(down)));
  });
  const loopback = await vi.waitUntil(async () => {
    const taken = await listenOnLoopback(server, port);
    if (taken.port === port) return taken;
    taken.close();
    return null;
  });
  return { asked, linked: () => linked, close: () => loopback.close() };
}

const isShown = (screen: string) => page.locator(`[data-screen="${screen}"]`).waitFor();

beforeAll(async () => {
  pageDir = mkdtempSync(join(tmpdir(), 'pailou-page-'));
  await build({ configFile: here('../../kiosk/screen/vite.config.ts'), logLevel: 'error', build: { outDir: pageDir } });
  browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(pageDir, { recursive: true, force: true });
});

beforeEach(async () => {
  visit = await startVisit();
  context = await browser.newContext({ viewport: { width: 1024, height: 768 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  await page.goto(`${visit.link.address}#t=${visit.link.ticket()}`);
  await isShown('visit.menu');
});
afterEach(async () => {
  await context.close();
  visit.link.close();
});

describe('a page and its visit', () => {
  test('the ticket does not stay in the address, and a reload shows the current view again', async () => {
    expect(page.url()).toBe(visit.link.address);
    visit.show('smart-id.waiting-for-card');
    await isShown('smart-id.waiting-for-card');
    await page.reload();
    await isShown('smart-id.waiting-for-card');
  });

  test('a touch sends one act with the number of the view it was drawn for, however often it is touched', async () => {
    const tile = page.locator('[data-event="CHOOSE_FLOW"][data-value="smart-id"]');
    await tile.dblclick();
    await vi.waitUntil(() => visit.ups.length > 0);
    visit.show('smart-id.waiting-for-card');
    await isShown('smart-id.waiting-for-card');
    expect(visit.ups).toEqual([{ kind: 'act', seq: 0, event: { type: 'CHOOSE_FLOW', flow: 'smart-id' } }]);
  });

  test('a finger that slides off a control does nothing', async () => {
    const box = (await page.locator('[data-event="CHOOSE_FLOW"]').boundingBox())!;
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x + 5, box.y - 40);
    await page.mouse.up();
    await page.locator('[data-event="HELP"]').click();
    await vi.waitUntil(() => visit.ups.length > 0);
    expect(visit.ups).toMatchObject([{ event: { type: 'HELP' } }]);
  });

  test('another tab has no business here', async () => {
    const other = await context.newPage();
    await other.goto(visit.link.address);
    await other.locator('[data-screen="page.not-in-use"]').waitFor();
  });
});

describe('a held value', () => {
  const full = 'SHEUNG KIN HONG';

  test('CH-03 [part] is shown while a finger holds its row, and is masked when it lets go', async () => {
    visit.show('smart-id.showing');
    const row = page.locator('[data-hold="nameEnglish"]');
    await row.hover();
    await page.mouse.down();
    await vi.waitUntil(() => visit.ups.some(({ kind }) => kind === 'hold'));
    visit.link.send({ kind: 'held', field: 'nameEnglish', value: full });
    await page.getByText(full).waitFor();
    await page.mouse.up();
    await page.getByText(full).waitFor({ state: 'detached' });
    await vi.waitUntil(() => visit.ups.some(({ kind }) => kind === 'release'));
  });

  test('that arrives after the finger let go is never drawn', async () => {
    visit.show('smart-id.showing');
    await page.locator('[data-hold="nameEnglish"]').click();
    await vi.waitUntil(() => visit.ups.some(({ kind }) => kind === 'release'));
    visit.link.send({ kind: 'held', field: 'nameEnglish', value: full });
    visit.show('smart-id.keeping');
    await isShown('smart-id.keeping');
    expect(await page.content()).not.toContain(full);
  });

  test('can be held by keyboard', async () => {
    visit.show('smart-id.showing');
    await page.locator('[data-hold="sex"]').focus();
    await page.keyboard.down('Space');
    await vi.waitUntil(() => visit.ups.some(({ kind }) => kind === 'hold'));
    await page.keyboard.up('Space');
    await vi.waitUntil(() => visit.ups.some(({ kind }) => kind === 'release'));
  });
});

describe('the end of a visit', () => {
  test('the page goes to the successor when the visit says so, and leaves no way back', async () => {
    const next = await startVisit();
    visit.link.setSuccessor({ address: next.link.address, ticket: next.link.ticket() });
    visit.link.send({ kind: 'go' });
    await page.waitForURL(next.link.address);
    await isShown('visit.menu');
    expect(await page.evaluate(() => history.length)).toBe(2);
    next.link.close();
  });

  test('when the link is lost, what was personal leaves at once and the page goes to the successor', async () => {
    const next = await startVisit();
    visit.link.setSuccessor({ address: next.link.address, ticket: next.link.ticket() });
    visit.show('smart-id.showing', { personal: true });
    await isShown('smart-id.showing');
    visit.link.close();
    await page.waitForURL(next.link.address);
    next.link.close();
  });

  test('a stranger who takes a dead visit’s port is not believed: the page goes to the successor that its visit named', async () => {
    const next = await startVisit();
    visit.link.setSuccessor({ address: next.link.address, ticket: next.link.ticket() });
    visit.show('smart-id.showing', { personal: true });
    await isShown('smart-id.showing');
    const port = Number(new URL(visit.link.address).port);
    visit.link.close();
    const stranger = await takePort(port);
    await page.waitForURL(next.link.address);
    expect(stranger.asked).toContain('/ticket');
    expect(stranger.linked()).toBeGreaterThan(0);
    stranger.close();
    next.link.close();
  });

  test('a page follows nobody to an address that is no visit’s', async () => {
    const next = await startVisit();
    visit.link.setSuccessor({ address: next.link.address, ticket: next.link.ticket() });
    for (const address of ['http://evil.example/', 'http://localhost:80/', `${next.link.address}elsewhere`])
      visit.link.send({ kind: 'successor', successor: { address, ticket: 'a-ticket-of-somebody' } });
    visit.link.send({ kind: 'go' });
    await page.waitForURL(next.link.address);
    next.link.close();
  });

  test('with a front door the page still finds a successor that answers', async () => {
    const next = await startVisit();
    const first = await startVisit(`http://localhost:${new URL(next.link.address).port}/`);
    const other = await context.newPage();
    await other.goto(`${first.link.address}#t=${first.link.ticket()}`);
    await other.locator('[data-screen="visit.menu"]').waitFor();
    first.link.setSuccessor({ address: next.link.address, ticket: next.link.ticket() });
    first.link.close();
    await other.waitForURL(next.link.address);
    await other.locator('[data-screen="visit.menu"]').waitFor();
    next.link.close();
  });

  test('T2 [part] a page that hears nothing from its visit for three seconds shows nothing of anybody, until it hears it again', async () => {
    const mute = { on: false, kept: [] as (() => void)[] };
    const first = await startVisit();
    const other = await context.newPage();
    await other.routeWebSocket(/\/link/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((frame) => (mute.on ? mute.kept.push(() => socket.send(frame)) : socket.send(frame)));
    });
    await other.goto(`${first.link.address}#t=${first.link.ticket()}`);
    first.show('smart-id.showing', { personal: true });
    await other.locator('[data-screen="smart-id.showing"]').waitFor();
    mute.on = true;
    await other.locator('[data-screen="page.calm"]').waitFor({ timeout: 4_000 });
    expect(await other.content()).not.toContain('SHEUNG');
    mute.on = false;
    for (const deliver of mute.kept) deliver();
    await other.locator('[data-screen="smart-id.showing"]').waitFor();
    first.link.close();
  });
});

describe('the glass', () => {
  test('SH-11 [part] menus, drags, drops, zooms and browser keys do nothing', async () => {
    const left = await page.evaluate(() => {
      const target = document.querySelector('.screen')!;
      const tried: Event[] = [
        ...['contextmenu', 'dragstart', 'drop', 'selectstart', 'copy', 'paste'].map(
          (type) => new Event(type, { bubbles: true, cancelable: true }),
        ),
        new WheelEvent('wheel', { ctrlKey: true, bubbles: true, cancelable: true }),
        new KeyboardEvent('keydown', { key: 'p', ctrlKey: true, bubbles: true, cancelable: true }),
        new KeyboardEvent('keydown', { key: 'F4', altKey: true, bubbles: true, cancelable: true }),
        new KeyboardEvent('keydown', { key: 'F12', bubbles: true, cancelable: true }),
        new KeyboardEvent('keydown', { key: 'BrowserBack', bubbles: true, cancelable: true }),
      ];
      return tried.filter((event) => target.dispatchEvent(event)).map((event) => event.type);
    });
    expect(left).toEqual([]);
  });

  test('SH-12 [part] no window opens, and what would be a pop-up is a screen of its own', async () => {
    expect(await page.evaluate(() => window.open('about:blank'))).toBeNull();
    visit.show('visit.reading.privacy');
    await isShown('visit.reading');
    expect(context.pages()).toHaveLength(1);
    expect(await page.locator('a[href]').count()).toBe(0);
  });
});
