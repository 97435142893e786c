/** The page's texts: one JSON file per language and flow, fetched when first needed. */
import { createInstance } from 'i18next';
import type { Lang } from '../contract/lang.ts';

const files = import.meta.glob<Record<string, unknown>>('../../locales/*/*.json', { import: 'default' });

const i18n = createInstance();
await i18n.init({
  lng: 'en',
  fallbackLng: false,
  ns: [],
  resources: {},
  // Preact escapes; escaping here as well would show entities.
  interpolation: { escapeValue: false },
});

/** Fetches the texts of these flows in these languages, once each. */
export async function loadTexts(langs: readonly Lang[], namespaces: readonly string[]): Promise<void> {
  const wanted = langs
    .flatMap((lang) => namespaces.map((ns) => ({ lang, ns })))
    .filter(({ lang, ns }) => !i18n.hasResourceBundle(lang, ns));
  await Promise.all(
    wanted.map(async ({ lang, ns }) => {
      const file = files[`../../locales/${lang}/${ns}.json`];
      if (file) i18n.addResourceBundle(lang, ns, await file());
    }),
  );
}

/** A text that `loadTexts` has fetched. */
export function textIn(lang: Lang, ns: string, key: string, values?: Readonly<Record<string, unknown>>): string {
  return i18n.getFixedT(lang, ns)(key, { ...values });
}

/** Fetches everything there is, for the quiet moment after the first screen. */
export async function loadAllTexts(): Promise<void> {
  const parts = Object.keys(files).map((path) => path.split('/'));
  const langs = new Set(parts.map((part) => part.at(-2) as Lang));
  const namespaces = new Set(parts.map((part) => part.at(-1)!.replace('.json', '')));
  await loadTexts([...langs], [...namespaces]);
}
