/** Dates that name their month in English: `03-Oct-2024`, `Oct 3, 2024`, `Thu, 03 Oct 2024`, `03/Oct/2024`, and what `date` prints. */

/** A date, and where the time of day stands in the text; `from` is its end where there is none. */
export interface NamedDate {
  year: number;
  month: number;
  day: number;
  from: number;
  to: number;
  /** What `date` puts between clock and year; the time of day has it nowhere else. */
  zone: string;
}

const MONTH = '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';
const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\\.?,? +)?';
const REST = '(?:(?:T|:|,? +(?:at +)?)(?=\\d)|$)';
const DAY_FIRST = new RegExp(`^${WEEKDAY}${DAY}[-/. ] ?${MONTH}[-/,. ] ?(\\d{4})${REST}`, 'iy');
const MONTH_FIRST = new RegExp(`^${WEEKDAY}${MONTH} +${DAY},? +(\\d{4})${REST}`, 'iy');
const YEAR_FIRST = new RegExp(`^(\\d{4})[-/. ]${MONTH}[-/. ]${DAY}${REST}`, 'iy');
const YEAR_LAST = new RegExp(`^${WEEKDAY}${MONTH} +${DAY} +(\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?)(?: +([a-z]{1,5}|[+-]\\d{2}:?\\d{2}))? +(\\d{4})$`, 'iy');

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Whether bytes that begin so may be such a date: a letter, or digits, something, and a letter. */
export function mayBeNamed(bytes: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to && i < from + 4 && bytes[i] >= 48 && bytes[i] <= 57) i++;
  if (i > from) {
    i++;
    if (bytes[i] === 32) i++;
  }
  const c = bytes[i] | 32;
  return i + 6 < to && c >= 97 && c <= 122;
}

/** The date in a text; undefined where it is none. */
export function namedDate(text: string): NamedDate | undefined {
  let match: RegExpExecArray | null;
  if ((match = matched(DAY_FIRST, text))) return made(match[3], match[2], match[1], match[0].length, text.length);
  if ((match = matched(MONTH_FIRST, text))) return made(match[3], match[1], match[2], match[0].length, text.length);
  if ((match = matched(YEAR_FIRST, text))) return made(match[1], match[2], match[3], match[0].length, text.length);
  if ((match = matched(YEAR_LAST, text))) {
    const from = text.indexOf(match[3]);
    return made(match[5], match[1], match[2], from, from + match[3].length, match[4]);
  }
  return undefined;
}

function matched(pattern: RegExp, text: string): RegExpExecArray | null {
  pattern.lastIndex = 0;
  return pattern.exec(text);
}

function made(year: string, month: string, day: string, from: number, to: number, zone = ''): NamedDate {
  return { year: Number(year), month: MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1, day: Number(day), from, to, zone };
}
