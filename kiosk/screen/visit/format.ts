import type { Lang } from '../../contract/lang.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** A day (YYYY-MM-DD) as it is read: the month in words, never ambiguous (RC-05). */
export function formatDate(isoDate: string, lang: Lang): string {
  const [year, month, day] = isoDate.split('-').map(Number);
  return lang === 'en' ? `${day} ${MONTHS[month! - 1]} ${year}` : `${year}年${month}月${day}日`;
}
