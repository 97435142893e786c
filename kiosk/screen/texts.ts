/** The page's texts: one JSON file per language and flow, which come to the page as one file beside its script. */
import { createInstance } from 'i18next';
import type { Lang } from '../contract/lang.ts';

const filesAreHere = import('./all-texts.ts');

const i18n = createInstance();
await i18n.init({
  lng: 'en',
  fallbackLng: false,
  ns: [],
  resources: {},
  // Preact escapes; escaping here as well would show entities.
  interpolation: { escapeValue: false },
});

/** Makes the texts of these flows in these languages ready, once each. */
export async function loadTexts(langs: readonly Lang[], namespaces: readonly string[]): Promise<void> {
  const { allTexts } = await filesAreHere;
  for (const lang of langs)
    for (const ns of namespaces) {
      const texts = allTexts[`../../locales/${lang}/${ns}.json`];
      if (texts && !i18n.hasResourceBundle(lang, ns)) i18n.addResourceBundle(lang, ns, texts);
    }
}

/** A text that `loadTexts` has fetched. */
export function textIn(lang: Lang, ns: string, key: string, values?: Readonly<Record<string, unknown>>): string {
  return i18n.getFixedT(lang, ns)(key, { ...values });
}

/** Makes everything there is ready, for the quiet moment after the first screen. */
export async function loadAllTexts(): Promise<void> {
  const { allTexts } = await filesAreHere;
  const parts = Object.keys(allTexts).map((path) => path.split('/'));
  const langs = new Set(parts.map((part) => part.at(-2) as Lang));
  const namespaces = new Set(parts.map((part) => part.at(-1)!.replace('.json', '')));
  await loadTexts([...langs], [...namespaces]);
}
