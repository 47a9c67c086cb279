/** Unit, order of day and month, and offset of a time column, with the evidence in words. */
import { unitOf, type TimeUnit } from '../epoch.ts';
import { offsetOfText, timeOfText, type TimeRule } from '../times.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { ColumnSample } from './kinds.ts';
import type { CsvOptions } from './layout.ts';

const UNIT_WORDS: Record<TimeUnit, string> = { s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' };

export interface ChosenTime {
  rule: TimeRule;
  report: string[];
}

/** How the times of `column` are to be read. Throws FORMAT_OPTIONS for an offset that is none. */
export function timeRuleOf(column: ColumnSample | undefined, options: CsvOptions): ChosenTime {
  const rule: TimeRule = { unit: 'ms', absolute: true, order: options.date_order === 'dmy' ? 'dmy' : 'mdy', offset: offsetOf(options.utc_offset) };
  const report: string[] = [];
  if (column === undefined) return { rule, report };
  chooseUnit(column, options, rule, report);
  if (column.dates > 0) {
    chooseOrder(column, options, rule, report);
    if (column.values.some((value) => /\d:\d/.test(value) && !/([zZ]|UTC|GMT|[+-]\d{2}(:?\d{2})?)\s*$/.test(value))) {
      report.push(`times that name no offset are taken as ${rule.offset === 0 ? 'UTC' : `UTC${options.utc_offset}`} (option utc_offset)`);
    }
  }
  if (column.dates > 0 && column.numbers > 0) {
    report.push(`the column mixes ${column.dates} calendar times and ${column.numbers} epoch numbers; each is read as what it is`);
  }
  return { rule, report };
}

function offsetOf(text: string): number {
  const minutes = offsetOfText(text);
  if (Number.isNaN(minutes)) {
    throw new HomeostatError('FORMAT_OPTIONS', { format: 'csv', detail: `utc_offset "${text}" is no offset such as +02:00` });
  }
  return minutes;
}

function chooseUnit(column: ColumnSample, options: CsvOptions, rule: TimeRule, report: string[]): void {
  if (options.time_unit !== 'auto') {
    rule.unit = options.time_unit;
    rule.absolute = false;
    return;
  }
  if (column.numbers === 0) return;
  const votes = new Map<TimeUnit | undefined, number>();
  for (const x of column.seen) {
    const unit = unitOf(x);
    votes.set(unit, (votes.get(unit) ?? 0) + 1);
  }
  const ranked = [...votes].sort((a, b) => b[1] - a[1]);
  const best = ranked[0][0];
  if (best === undefined) {
    rule.unit = 's';
    rule.absolute = false;
    rule.compact = column.values.every((value) => /^\s*(\d{8}|\d{12}|\d{14})?\s*$/.test(value)) && isOfOurAge(column.values, rule);
    if (rule.compact) {
      report.push('its numbers are dates written without marks: year, month, day, and the time of day where there is one');
      return;
    }
    report.push(`its numbers lie in no unit between 1990 and 2100; taken as seconds since 1970 (option time_unit)`);
    return;
  }
  rule.unit = best;
  report.push(`its numbers are ${UNIT_WORDS[best]} since 1970, since that puts ${ranked[0][1]} of ${column.seen.length} between 1990 and 2100`);
  if (ranked.length > 1) report.push('numbers that only fit another unit are read in that one');
}

/** True when all are dates of the calendar between 1900 and 2100. */
function isOfOurAge(texts: readonly string[], rule: TimeRule): boolean {
  const times = texts.filter((text) => text.trim() !== '').map((text) => timeOfText(text, { ...rule, compact: true }));
  return times.every((time) => time >= Date.UTC(1900, 0) && time < Date.UTC(2100, 0));
}

function chooseOrder(column: ColumnSample, options: CsvOptions, rule: TimeRule, report: string[]): void {
  if (options.date_order !== 'auto') return;
  let dayFirst = 0;
  let monthFirst = 0;
  const either: string[] = [];
  for (const value of column.values) {
    const match = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/.exec(value);
    if (match === null) continue;
    if (Number(match[1]) > 12) dayFirst++;
    else if (Number(match[2]) > 12) monthFirst++;
    either.push(value);
  }
  if (either.length === 0) return;
  rule.order = dayFirst > monthFirst ? 'dmy' : 'mdy';
  const words = (order: 'dmy' | 'mdy') => (order === 'dmy' ? 'day/month/year' : 'month/day/year');
  if (dayFirst > 0 && monthFirst > 0) {
    report.push(
      `dates contradict each other: ${dayFirst} can only be day/month, ${monthFirst} only month/day; read as ${words(rule.order)}, the others are refused`,
    );
  } else if (dayFirst + monthFirst > 0) {
    report.push(`dates are ${words(rule.order)}, since ${dayFirst + monthFirst} of ${either.length} can be nothing else`);
  } else {
    const back = (order: 'dmy' | 'mdy') => stepsBack(either, { ...rule, order });
    const [dmy, mdy] = [back('dmy'), back('mdy')];
    if (dmy !== mdy) {
      rule.order = dmy < mdy ? 'dmy' : 'mdy';
      report.push(`dates are ${words(rule.order)}, since that puts the rows in order of time`);
    } else report.push(`dates could be day/month or month/day; read as ${words(rule.order)} (option date_order)`);
  }
}

/** How often time goes back from row to row, then how far the rows reach: fewer and nearer is likelier. */
function stepsBack(texts: string[], rule: TimeRule): number {
  const times = texts.map((text) => timeOfText(text, rule));
  const span = Math.max(...times) - Math.min(...times);
  return times.filter((time, i) => i > 0 && time < times[i - 1]).length + span / 1e15;
}
