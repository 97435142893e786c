import './theme/theme.css';
import { render } from 'preact';
import { type LinkClient, openLink, type Situation } from './link/client.ts';
import { lockDown } from './lockdown.ts';
import { prepare, prepareAll, Stage, useSize } from './stage.tsx';
import { loadAllTexts, loadTexts, textIn } from './texts.ts';

lockDown(window);

const FACES_WITHIN_MS = 500;
/** The first drawing waits for the faces of the type, but never long. */
const facesAreHere = Promise.race([import('./fonts.ts'), new Promise((resolve) => setTimeout(resolve, FACES_WITHIN_MS))]);
const root = document.getElementById('stage')!;

/** The one-use ticket travels in the fragment, which no server sees, and does not stay in the address. */
function takeTicket(): string | null {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('t');
  history.replaceState(null, '', location.pathname);
  return ticket;
}

function Page({ situation, client }: { situation: Extract<Situation, { kind: 'live' }>; client: LinkClient }) {
  const { width, height } = useSize(root);
  const sender = { send: client.act, hold: client.hold, release: client.release };
  return <Stage drawn={situation} sender={sender} width={width} height={height} />;
}

let newest = 0;
async function show(situation: Situation): Promise<void> {
  newest += 1;
  const mine = newest;
  if (situation.kind === 'live') {
    await Promise.all([prepare(situation.view), facesAreHere]);
    // What came meanwhile is on the glass already: a blank must never be drawn over by what it hid.
    if (mine !== newest) return;
    document.documentElement.lang = situation.view.lang;
    document.documentElement.dataset['site'] = situation.view.site.demo ? 'demo' : 'real';
    render(<Page situation={situation} client={client} />, root);
    whenQuiet();
    return;
  }
  if (situation.kind === 'refused') await loadTexts(['zh-HK', 'zh-CN', 'en'], ['common']);
  render(situation.kind === 'refused' ? <NotInUse /> : <div class="calm" data-screen="page.calm" />, root);
}

function NotInUse() {
  return (
    <main class="calm" data-screen="page.not-in-use">
      {(['zh-HK', 'zh-CN', 'en'] as const).map((lang) => (
        <p key={lang} lang={lang}>
          {textIn(lang, 'common', 'notInUse')} {textIn(lang, 'common', 'notInUseNext')}
        </p>
      ))}
    </main>
  );
}

let fetchedAll = false;
/** After the first screen: everything that the next ones may need, so that they are drawn at once. */
function whenQuiet(): void {
  if (fetchedAll) return;
  fetchedAll = true;
  requestIdleCallback(() => void Promise.all([prepareAll(), loadAllTexts()]));
}

let dockIsHere = false;
async function openDock(address: string): Promise<void> {
  if (dockIsHere) return;
  dockIsHere = true;
  const { startDock } = await import('./dock/dock.tsx');
  startDock(document.getElementById('dock')!, address);
}

render(<div class="calm" data-screen="page.calm" />, root);
const client = openLink({ ticket: takeTicket(), show, onDock: (address) => void openDock(address) });

addEventListener(
  'pointerdown',
  ({ target }) => {
    if (!(target as Element).closest('[data-event], #dock')) client.present();
  },
  { capture: true },
);
addEventListener('keydown', () => client.present(), { capture: true });
