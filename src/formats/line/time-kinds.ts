/** Kinds of times that loggers write, and what decides about those that leave something out. */

/** Kinds of dates, tried in this order. */
export const TIME_KINDS = [
  'ymd', // 2024-10-03, 2024/10/03, 2024.10.03
  'ctime', // Thu Oct 03 22:29:03 2024
  'd-mon-y', // 03/Oct/2024, 3-Oct-2024, 03 Oct 2024
  'mon-d', // Oct  3, Oct 3 2024, Oct 3, 2024
  'yyyymmdd', // 20241003
  'epoch', // 1727994543, 1727994543.123, in s, ms, us or ns
  'yymmdd', // 241003
  'yy/mm/dd', // 24/10/03
  'mm-dd', // 10-03
  'mdy', // 10/03/2024
  'dmy', // 03.10.2024, 03/10/2024
  'clock', // no date at all
  'mmdd', // 1003; only where a layout names it
] as const;
export type TimeKind = (typeof TIME_KINDS)[number];

/** What decides about times that leave something out. */
export interface TimeRules {
  /** Minutes east of UTC of times that name no offset. */
  offset: number;
  /** Year of dates without one; 0: the latest that puts the first of them not after `reference`. */
  year: number;
  /** About when the stream was written, ms. */
  reference: number;
}
