import type { Lang } from '../../contract/lang.ts';
import type { Act } from '../../contract/screens.ts';
import { useFrame } from './frame-context.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';
import { Press } from './press.tsx';

/** Each language by its own name, long and short; the same in every language. */
export const LANG_NAMES: Readonly<Record<Lang, { readonly long: string; readonly short: string }>> = {
  'zh-HK': { long: '繁體', short: '繁' },
  'zh-CN': { long: '简体', short: '简' },
  en: { long: 'English', short: 'EN' },
};

const CONTRASTS = ['normal', 'dark', 'black-yellow', 'soft'] as const;

/** Top of every screen: where am I, language, text and colours, help. */
export function TopBar({ languages = true }: { readonly languages?: boolean }) {
  const { view, place, t } = useFrame();
  return (
    <header class="top">
      <p class="place">
        {place}
        {!languages && <DemoWord />}
      </p>
      {languages && (
        <nav class="langs" aria-label={t('language')}>
          {view.langs.map((lang) => (
            <LanguageButton key={lang} lang={lang} />
          ))}
        </nav>
      )}
      <TextSizeButton />
      <ContrastButton />
      <HelpButton />
    </header>
  );
}

function DemoWord() {
  const { view, t } = useFrame();
  return view.site.demo ? <span class="demo">{t('demo')}</span> : null;
}

function LanguageButton({ lang }: { readonly lang: Lang }) {
  const { view, act } = useFrame();
  const { long, short } = LANG_NAMES[lang];
  return (
    <Press
      act={act('CHOOSE_LANG', { lang })}
      label={long}
      spoken={long.startsWith(short) ? long : `${short} ${long}`}
      current={lang === view.lang}
      lang={lang}
    >
      <span class="long">{long}</span>
      <span class="short">{short}</span>
    </Press>
  );
}

function TextSizeButton() {
  const { view, t, act } = useFrame();
  const now = view.settings.textSize;
  return (
    <Press act={act('TEXT_SIZE', { size: (now + 1) % 4 })} label={t('textSize')} spoken={t('textSizeNow', { now: now + 1 })}>
      <SettingFace icon="a-large-small" label={t('textSize')} now={now} />
    </Press>
  );
}

function ContrastButton() {
  const { view, t, act } = useFrame();
  const now = CONTRASTS.indexOf(view.settings.contrast);
  return (
    <Press
      act={act('CONTRAST', { contrast: CONTRASTS[(now + 1) % CONTRASTS.length] })}
      label={t('contrast')}
      spoken={t('contrastNow', { name: t(`contrastName.${view.settings.contrast}`) })}
    >
      <SettingFace icon="contrast" label={t('contrast')} now={now} />
    </Press>
  );
}

/** One touch goes to the next of four; the dots say which one it is. */
function SettingFace({ icon, label, now }: { readonly icon: IconName; readonly label: string; readonly now: number }) {
  return (
    <span class="stacked control-face">
      <span class="row">
        <Icon name={icon} />
        <span class="word">{label}</span>
      </span>
      <span class="steps" aria-hidden="true">
        {CONTRASTS.map((name, step) => (
          <i key={name} class={step === now ? 'on' : ''} />
        ))}
      </span>
    </span>
  );
}

function HelpButton() {
  const { t, act } = useFrame();
  return <Press act={act('HELP')} class="help" icon="circle-question-mark" label={t('help')} />;
}

export interface BottomBarProps {
  readonly back?: Act;
  readonly main?: { readonly act: Act; readonly label: string; readonly icon?: IconName };
}

/** Bottom of every screen: Back left, Exit always in the same place, the site's statements, the one main action right. */
export function BottomBar({ back, main }: BottomBarProps) {
  const { t, act } = useFrame();
  const exit = act('EXIT');
  return (
    <footer class="bar">
      <div class="back">{back && <Press act={back} class="back" icon="arrow-left" label={t('back')} />}</div>
      <div class="exit">{exit.taken && <Press act={exit} class="exit" icon="log-out" label={t('exit')} />}</div>
      <div class="legal">
        <Press act={act('READ', { document: 'privacy' })} class="quiet" icon="lock" label={t('privacy')} />
        <Press act={act('READ', { document: 'terms' })} class="quiet" icon="scroll-text" label={t('terms')} />
        <span class="copyright">{t('copyright')}</span>
      </div>
      {main && <Press act={main.act} class="main strong" icon={main.icon} label={main.label} />}
    </footer>
  );
}
