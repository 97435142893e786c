/// <reference types="vite/client" />
/** The texts that go on paper: the same locale files the page speaks from, one namespace a file. */
import i18next from 'i18next';
import type { Lang } from '../contract/lang.ts';

const files = import.meta.glob<Record<string, unknown>>('../../locales/*/*.json', { eager: true, import: 'default' });

export interface Texts {
  /** A text of one namespace (`common` or a flow's id). A missing key is a bug that the locale test finds; here it answers the key. */
  flow(namespace: string, lang: Lang, key: string, values?: Readonly<Record<string, string | number>>): string;
}

export async function loadTexts(): Promise<Texts> {
  const resources: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, texts] of Object.entries(files)) {
    const [lang, name] = path.split('/').slice(-2) as [string, string];
    resources[lang] ??= {};
    resources[lang][name.replace('.json', '')] = texts;
  }
  const i18n = i18next.createInstance();
  await i18n.init({ resources, fallbackLng: false, interpolation: { escapeValue: false }, showSupportNotice: false } as never);
  return { flow: (namespace, lang, key, values) => i18n.getFixedT(lang, namespace)(key, { ...values }) };
}
