/** Every text of the page, as one file: an attract screen needs all languages at once, and each file more is one more wait. */
export const allTexts = import.meta.glob<Record<string, unknown>>('../../locales/*/*.json', { eager: true, import: 'default' });
