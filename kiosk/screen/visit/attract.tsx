import { useFrame } from '../parts/frame-context.ts';
import { BottomBar, Icon, LANG_NAMES, Notice, Paged, Press, SlotPicture, TopBar } from '../parts/index.ts';
import { textIn } from '../texts.ts';

interface AttractProps {
  readonly tiles: readonly { readonly flow: string; readonly icon: string }[];
  readonly cardLeft: boolean;
  readonly paused: 'clock' | 'store' | null;
}

/** What the machine is for, in every language of the site at once; a touch on a language starts (SH-01). Nothing personal, ever. */
export function Attract({ tiles, cardLeft, paused }: AttractProps) {
  const { view, act } = useFrame();
  const say = (key: string) => view.langs.map((lang) => ({ lang, text: textIn(lang, 'visit', key) }));
  return (
    <>
      <TopBar languages={false} />
      <main class="body attract">
        <Paged>
          <div class="side-by-side">
            <div class="grow">
              <h1 lang={view.lang}>{textIn(view.lang, 'visit', 'attract.title')}</h1>
              {!cardLeft &&
                !paused &&
                say('attract.lead').map(({ lang, text }) => (
                  <p key={lang} lang={lang}>
                    {text}
                  </p>
                ))}
              {cardLeft && <NoticeInAll said={say('attract.cardLeft')} />}
              {paused && <NoticeInAll said={say(`attract.paused.${paused}`)} />}
            </div>
            {!paused && <SlotPicture direction={cardLeft ? 'out' : 'in'} hero />}
          </div>
          {(cardLeft ? [] : tiles).map(({ flow, icon }) => (
            <div key={flow} class="tile">
              <Icon name={icon} />
              <div class="grow">
                {view.langs.map((lang) => (
                  <p key={lang} lang={lang} class={lang === view.lang ? 'lead' : ''}>
                    {textIn(lang, flow, 'title')}
                  </p>
                ))}
              </div>
            </div>
          ))}
        </Paged>
        <div class="answers">
          {say('attract.start').map(({ lang, text }) => (
            <Press
              key={lang}
              act={act('CHOOSE_LANG', { lang })}
              class="start strong"
              label={`${LANG_NAMES[lang].long} ${text}`}
              lang={lang}
            >
              <span class="name">{LANG_NAMES[lang].long}</span> <span class="invitation">{text}</span>
            </Press>
          ))}
        </div>
      </main>
      <BottomBar />
    </>
  );
}

/** One notice for everybody: the same sentence in every language of the site. */
function NoticeInAll({ said }: { readonly said: readonly { readonly lang: string; readonly text: string }[] }) {
  return (
    <Notice>
      {said.map(({ lang, text }) => (
        <p key={lang} lang={lang}>
          {text}
        </p>
      ))}
    </Notice>
  );
}
