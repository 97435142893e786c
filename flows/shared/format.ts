/** One store, one display a language, the month in words or with its sign (RC-05): nobody has to guess which number is the month. */
import type { Lang } from '../../kiosk/contract/lang.ts';

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const GROUP = 4;

/**
 * An ISO date as people of the language write it: `28 November 2021`, short `28 Nov 2021`, `2021年11月28日`.
 * Documents may leave the day or the month and day open (`1941-00-00`): then only what is known is said. What is not a date stays as it is.
 */
export function formatDate(iso: string, lang: Lang, style: 'long' | 'short' = 'long'): string {
  const parts = ISO_DATE.exec(iso);
  if (!parts) return iso;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (month > 12 || day > 31 || (month === 0 && day > 0)) return iso;
  if (lang !== 'en') return `${year}年${month ? `${month}月` : ''}${day ? `${day}日` : ''}`;
  const name = month ? MONTHS[month - 1]! : '';
  return [day || '', style === 'short' ? name.slice(0, 3) : name, year].filter(Boolean).join(' ');
}

/** A moment at the site: `28 Nov 2021, 02:39`, `2021年11月28日 02:39`. Twenty-four hours, in the site's zone. */
export function formatDateTime(at: Date, lang: Lang, timeZone: string): string {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const date = formatDate(`${parts.year}-${parts.month}-${parts.day}`, lang, 'short');
  return `${date}${lang === 'en' ? ',' : ''} ${parts.hour}:${parts.minute}`;
}

/** A reference number as it is read aloud, in fours from its end (HR-36): `HTD3LDEQAYJYDS2` → `HTD 3LDE QAYJ YDS2`. */
export function toGrouped(number: string): string {
  const head = number.length % GROUP;
  const groups = head ? [number.slice(0, head)] : [];
  for (let at = head; at < number.length; at += GROUP) groups.push(number.slice(at, at + GROUP));
  return groups.join(' ');
}
