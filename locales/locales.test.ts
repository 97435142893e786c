import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BridgeErrorCode } from '../firmware-bridge/protocol.ts';
import { CardField, SmartIdView } from '../flows/smart-id/schema.ts';
import { LANGS } from '../kiosk/contract/lang.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every text of a file by its dotted key. */
function textsOf(lang: string, ns: string): Map<string, string> {
  const flat = new Map<string, string>();
  const walk = (node: unknown, path: string[]) => {
    if (typeof node === 'string') flat.set(path.join('.'), node);
    else for (const [key, value] of Object.entries(node as object)) walk(value, [...path, key]);
  };
  walk(JSON.parse(readFileSync(join(root, 'locales', lang, `${ns}.json`), 'utf8')), []);
  return flat;
}

const namespaces = readdirSync(join(root, 'locales', 'en')).map((file) => file.replace('.json', ''));

function sourcesUnder(...folders: string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .join('\n');
}

const sources = sourcesUnder('kiosk', 'flows');

/** Said somewhere in full, or built from a part that is said: `fault.${name}.safe`. */
function isUsed(key: string): boolean {
  if (sources.includes(`'${key}'`)) return true;
  const parts = key.split('.');
  return parts.some((_, at) => {
    const built = [...parts.slice(0, at), '\\$\\{[^}]+\\}', ...parts.slice(at + 1)].map((part, index) =>
      index === at ? part : part.replace(/[^\w]/g, '\\$&'),
    );
    return new RegExp(`\`${built.join('\\.')}\``).test(sources);
  });
}

describe.each(namespaces)('the texts of %s', (ns) => {
  const english = textsOf('en', ns);

  test.each(LANGS.filter((lang) => lang !== 'en'))('say the same things in %s, with the same blanks to fill', (lang) => {
    const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
    const other = textsOf(lang, ns);
    expect([...other.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of english) expect({ key, blanks: blanks(other.get(key)!) }).toEqual({ key, blanks: blanks(text) });
  });

  // The texts of devices are found by code; the test below holds them against the codes there are.
  if (ns === 'devices') return;
  test('are all used', () => {
    expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([]);
  });
});

describe.each(LANGS)('in %s', (lang) => {
  test('every error of the bridge has a text for the resident, for staff and for the log, and no text is left over', () => {
    const expected = BridgeErrorCode.options.flatMap((code) => ['resident', 'staff', 'log'].map((reader) => `error.${code}.${reader}`));
    expect([...textsOf(lang, 'devices').keys()].sort()).toEqual(expected.sort());
  });

  test('every field and every fault of the smart identity card has its words', () => {
    const texts = textsOf(lang, 'smart-id');
    for (const field of CardField.options) expect(texts.get(`field.${field}`)).toBeTruthy();
    for (const fault of SmartIdView.shape.fault.unwrap().options)
      for (const part of ['happened', 'safe', 'next']) expect(texts.get(`fault.${fault}.${part}`)).toBeTruthy();
  });

  test('CH-11 [part] all six rules of card care are there to be shown while the card is read', () => {
    const texts = textsOf(lang, 'smart-id');
    const rules = ['holder', 'bend', 'magnet', 'keys', 'scratch', 'detach'].map((rule) => texts.get(`care.${rule}`));
    expect(new Set(rules.filter(Boolean)).size).toBe(6);
  });
});

describe('the sentences that were given', () => {
  const texts = textsOf('zh-HK', 'smart-id');

  test('CD-05 [part] TP13 stands to the letter, for staff', () => {
    expect(texts.get('fault.no-reader.reference')).toContain('請連接智能卡閱讀器');
  });
  test('CD-06 [part] TP14 stands to the letter', () => {
    expect(texts.get('fault.foreign.happened')).toBe('插入的智能卡不是有效的香港智能身份證');
  });
  test('CD-07 [part] TP15 stands to the letter', () => {
    expect(texts.get('fault.several.happened')).toBe('發現多張香港智能身份證，請取回不必要的香港智能身份證');
  });
});

test('Chinese for Hong Kong has no character that only Simplified has, and the other way round', () => {
  const only = { 'zh-HK': /[码请读证脸这发说务选择语]/u, 'zh-CN': /[請讀證這發說務選擇語碼]/u } as const;
  for (const lang of ['zh-HK', 'zh-CN'] as const)
    for (const ns of namespaces)
      for (const [key, text] of textsOf(lang, ns)) expect({ key, wrong: only[lang].exec(text)?.[0] ?? null }).toEqual({ key, wrong: null });
});
