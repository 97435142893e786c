/**
 * What is left of an identity on a screen and on paper (RC-02, T6): enough to see that it is mine, too little to use.
 * Masks hide how long the hidden part is where the length itself would tell something.
 */

const HKID = /^([A-Z]{1,2})(\d{2})\d{4}(\([0-9A]\)|[0-9A])$/;
const HAN = /\p{Script=Han}/u;
const HIDDEN = '****';
const SHOWN_OF_OTHERS = 3;

/**
 * `A123456(3)` → `A12****(3)`. Other documents show their first three characters, if at least five stay hidden; the rest is `****`.
 */
export function maskDocumentNumber(number: string): string {
  const hkid = HKID.exec(number);
  if (hkid) return `${hkid[1]}${hkid[2]}${HIDDEN}${hkid[3]}`;
  const characters = [...number];
  return characters.length >= SHOWN_OF_OTHERS + 5 ? `${characters.slice(0, SHOWN_OF_OTHERS).join('')}${HIDDEN}` : maskAll(number);
}

/**
 * Latin names keep the family name, which stands first on identity cards, and initials: `SHEUNG KIN HONG` → `SHEUNG K*** H***`.
 * A name of one word keeps its initial. Chinese names keep the first character: `常健康` → `常＊＊`; a family name of two
 * characters cannot be told from a short one by looking, so it is not tried.
 */
export function maskName(name: string): string {
  const trimmed = name.trim();
  if (HAN.test(trimmed)) return [...trimmed].map((character, at) => (at === 0 || !HAN.test(character) ? character : '＊')).join('');
  const [family = '', ...given] = trimmed.split(/[\s-]+/);
  if (given.length === 0) return initial(family);
  return [family, ...given.map(initial)].join(' ');
}

/** Says only that something is there: dates of birth, sex. */
export function maskAll(value: string): string {
  return value === '' ? '' : HIDDEN;
}

function initial(word: string): string {
  const [first] = [...word];
  return first === undefined ? '' : `${first}***`;
}
