/** Finds the layout of a CSV text: which column is the time, which name series, which hold values, and why. */
import { HomeostatError } from '../../core/errors.ts';
import { bomLength } from '../bytes.ts';
import { unitIn } from '../keys.ts';
import { unitOf } from '../epoch.ts';
import { dialectOf } from './dialect.ts';
import {
  isCalendar,
  isClock,
  isEmpty,
  isFreeText,
  isNumeric,
  isRowNumber,
  isSeriesName,
  isTimeName,
  isTruth,
  plainName,
  sampleColumn,
  type ColumnSample,
} from './kinds.ts';
import { CSV_DEFAULTS, type ColumnKind, type ColumnRole, type CsvLayout, type CsvOptions } from './layout.ts';
import { timeRuleOf } from './time-rule.ts';

/**
 * The layout of the CSV text in `bytes`, judged by its first 1,000 rows. `rows` is 0 where there is none yet.
 * A last line without its newline counts unless `ends` is false.
 * Throws INPUT_NO_COLUMN for an option that names a column which is not there, FORMAT_OPTIONS for options that cannot work.
 */
export function sniffCsv(bytes: Uint8Array, given: Partial<CsvOptions> = {}, ends = true): CsvLayout {
  const options: CsvOptions = { ...CSV_DEFAULTS, ...given };
  const { delimiter, decimal, header, first, report } = dialectOf(bytes, bomLength(bytes), options, ends);
  const body = header ? first.rows.slice(1) : first.rows;
  const width = header ? first.rows[0].length : usualWidth(body);
  const fitting = body.filter((row) => row.length === width);
  const names = uniqueNames(width, header ? first.rows[0] : []);
  const samples = names.map((name, i) =>
    sampleColumn(
      name,
      header && first.rows[0][i].trim() === '',
      fitting.map((row) => row[i]),
      decimal,
    ),
  );
  const choice = new Choice(samples, options, report);
  choice.choose();
  const time = timeRuleOf(samples[choice.roles.indexOf('time')], options);
  report.push(...time.report);
  return {
    delimiter,
    header: header ? first.lines[0] : null,
    comment: options.comment,
    decimal,
    form: choice.form,
    together: options.together,
    name: options.columns.join('+'),
    columns: samples.map((sample, i) => ({ name: sample.name, kind: choice.kinds[i], role: choice.roles[i], unit: unitIn(sample.name) })),
    values: options.columns.length > 0 ? options.columns.map((name) => names.indexOf(name)) : choice.roles.flatMap((role, i) => (role === 'value' ? [i] : [])),
    time: time.rule,
    step: options.step,
    unfit: '',
    rows: body.length,
    report,
  };
}

/** The layout of bytes that lack a column which an option names: it decodes nothing, and says why. */
export function unfitLayout(bytes: Uint8Array, options: CsvOptions, why: string): CsvLayout {
  const layout = sniffCsv(bytes, { ...options, time: '', series: '', labels: [], columns: [], together: false });
  const columns = layout.columns.map((column) => ({ ...column, role: 'none' as const }));
  return { ...layout, columns, values: [], unfit: why, report: [why] };
}

function usualWidth(rows: string[][]): number {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Header names without spaces around them; nameless ones are column1 …, repeated ones get a number. */
function uniqueNames(width: number, header: string[]): string[] {
  const seen = new Set<string>();
  return Array.from({ length: width }, (_, i) => {
    const name = header[i]?.trim() || `column${i + 1}`;
    let unique = name;
    for (let n = 2; seen.has(unique); n++) unique = `${name}_${n}`;
    seen.add(unique);
    return unique;
  });
}

/** Gives each column its role, one question after another. */
class Choice {
  readonly kinds: ColumnKind[];
  readonly roles: ColumnRole[];
  form: 'long' | 'wide' = 'wide';
  readonly #samples: readonly ColumnSample[];
  readonly #options: CsvOptions;
  readonly #report: string[];
  /** Columns that are named like a time and cannot be read as one. */
  readonly #unread = new Set<number>();

  constructor(samples: readonly ColumnSample[], options: CsvOptions, report: string[]) {
    this.#samples = samples;
    this.#options = options;
    this.#report = report;
    this.kinds = samples.map(kindOf);
    this.roles = samples.map(() => 'none');
  }

  choose(): void {
    const time = this.#chooseTime();
    if (time >= 0) [this.roles[time], this.kinds[time]] = ['time', 'time'];
    this.#chooseClock(time);
    const series = this.#chooseSeries();
    if (series >= 0) this.roles[series] = 'series';
    this.#chooseValues(series);
    this.#chooseLabels();
    const values = this.roles.filter((role) => role === 'value').length;
    this.form = series >= 0 && values === 1 ? 'long' : 'wide';
    if (series >= 0 && values > 1 && !this.#options.together) {
      this.roles[series] = 'label';
      this.#report.push(`"${this.#samples[series].name}" becomes a label, since there are ${values} columns of values`);
    }
    this.#describe(values);
  }

  /** Index of the column that an option names; throws INPUT_NO_COLUMN. */
  #named(name: string): number {
    const i = this.#samples.findIndex((sample) => sample.name === name);
    if (i >= 0 || this.#samples.length === 0) return i;
    const known = this.#samples.map((sample) => sample.name);
    const near = known.find((other) => plainName(other) === plainName(name));
    throw new HomeostatError('INPUT_NO_COLUMN', {
      file: 'The CSV text',
      column: name,
      hint: near === undefined ? '' : `; did you mean "${near}"?`,
      known: known.join(', '),
    });
  }

  #chooseTime(): number {
    if (this.#options.time !== '') return this.#named(this.#options.time);
    const find = (fits: (sample: ColumnSample) => boolean) => this.#samples.findIndex(fits);
    let why = 'its fields are times';
    let i = find((sample) => isCalendar(sample) && isTimeName(sample.name));
    if (i < 0) i = find(isCalendar);
    if (i < 0) {
      why = 'of its name, and its fields are numbers';
      i = find((sample) => isTimeName(sample.name) && isNumeric(sample));
    }
    if (i < 0) {
      why = 'of its name';
      i = find((sample) => isTimeName(sample.name) && isEmpty(sample));
    }
    if (i < 0) {
      why = 'its numbers never fall and are dates of our age as epoch numbers';
      i = find((sample) => isNumeric(sample) && sample.seen.every((x, k) => unitOf(x) !== undefined && (k === 0 || x >= sample.seen[k - 1])));
    }
    if (i < 0) this.#sayUnreadTime();
    if (i >= 0) this.#report.push(`"${this.#samples[i].name}" holds the time, because ${why}`);
    else if (this.#options.step > 0) this.#report.push(`no column holds a time: the rows are taken as ${this.#options.step / 1000} s apart, from 1970 on`);
    else this.#report.push('no column holds a time: name it (option time), or give the time from row to row (option step)');
    return i;
  }

  /** A column that is named like a time and holds what looks like some is neither a series nor a label. */
  #sayUnreadTime(): void {
    for (const [i, { name, values }] of this.#samples.entries()) {
      const text = this.kinds[i] === 'text' && isTimeName(name) ? values.find((value) => /^\W{0,2}\d/.test(value)) : undefined;
      if (text === undefined) continue;
      this.#unread.add(i);
      this.#report.push(`"${name}" is left out: ${JSON.stringify(text.slice(0, 40))} is no time that is known`);
    }
  }

  /** A time of day in a column of its own belongs to the dates. */
  #chooseClock(time: number): void {
    const i = this.kinds.indexOf('clock');
    if (i < 0 || time < 0 || this.roles[i] !== 'none' || this.#samples[time].values.some((value) => value.includes(':'))) return;
    this.roles[i] = 'clock';
    this.#report.push(`"${this.#samples[i].name}" holds the time of day of "${this.#samples[time].name}"`);
  }

  #chooseSeries(): number {
    if (this.#options.series !== '') return this.#named(this.#options.series);
    const free = (i: number) =>
      this.roles[i] === 'none' &&
      !this.#unread.has(i) &&
      !this.#options.columns.includes(this.#samples[i].name) &&
      !this.#options.labels?.includes(this.#samples[i].name);
    const find = (fits: (sample: ColumnSample, i: number) => boolean) => this.#samples.findIndex((sample, i) => free(i) && fits(sample, i));
    let i = find((sample, k) => this.kinds[k] === 'text' && isSeriesName(sample.name) && !isFreeText(sample));
    if (i < 0) i = find((sample, k) => this.kinds[k] === 'text' && !isFreeText(sample) && !isTruth(sample));
    if (i < 0) {
      i = find((sample) => isSeriesName(sample.name) && isNumeric(sample) && sample.seen.every(Number.isInteger) && !isRowNumber(sample));
      if (i >= 0) this.kinds[i] = 'text';
    }
    return i;
  }

  #chooseValues(series: number): void {
    const { columns } = this.#options;
    if (columns.length > 0) {
      for (const name of columns) this.roles[this.#named(name)] = 'value';
      return;
    }
    const taken = this.#samples.map((_, i) => i).filter((i) => this.roles[i] === 'none' && (this.kinds[i] === 'numeric' || this.kinds[i] === 'empty'));
    const value = series < 0 ? -1 : taken.find((i) => /^values?$/.test(plainName(this.#samples[i].name)));
    for (const i of taken) {
      const sample = this.#samples[i];
      if (value !== undefined && value >= 0 && i !== value)
        this.#report.push(`"${sample.name}" is left out, because "${this.#samples[value].name}" holds the value`);
      else if (isRowNumber(sample) && taken.length > 1) this.#report.push(`"${sample.name}" is left out: it counts the rows`);
      else if (this.kinds[i] === 'empty' && (series >= 0 || isFreeText(sample)))
        this.#report.push(`"${sample.name}" is left out: no value in the rows looked at`);
      else this.roles[i] = 'value';
    }
  }

  #chooseLabels(): void {
    const { labels } = this.#options;
    if (labels !== undefined) {
      for (const name of labels) this.roles[this.#named(name)] = 'label';
      return;
    }
    for (const [i, sample] of this.#samples.entries()) {
      if (this.roles[i] !== 'none') continue;
      if (this.kinds[i] === 'anomaly') this.#report.push(`"${sample.name}" is left out: it says which rows are anomalous`);
      if (this.kinds[i] !== 'text' || this.#unread.has(i)) continue;
      if (isFreeText(sample)) this.#report.push(`"${sample.name}" is left out: free text, not a label (option labels)`);
      else this.roles[i] = 'label';
    }
  }

  /** Names a column whose texts begin like numbers. */
  #almost(): string {
    for (const [i, { name, values }] of this.#samples.entries()) {
      const text = this.kinds[i] === 'text' ? values.find((value) => BEGINS_LIKE_A_NUMBER.test(value)) : undefined;
      if (text !== undefined)
        return `; "${name}" holds ${JSON.stringify(text.slice(0, 40))}, which is no number: take units, % and the marks of thousands away`;
    }
    return '';
  }

  #describe(values: number): void {
    const names = (role: ColumnRole) => this.#samples.flatMap((sample, i) => (this.roles[i] === role ? [`"${sample.name}"`] : [])).join(', ');
    if (values === 0) this.#report.push(`no column of numbers: nothing can be scored${this.#almost()}`);
    else if (this.form === 'long') this.#report.push(`${names('series')} names the series, ${names('value')} holds the value`);
    else if (this.#options.together) this.#report.push(`${names('value')} are one series of ${values} values`);
    else this.#report.push(`each column of numbers is a series of its own: ${names('value')}`);
    if (this.roles.includes('label')) this.#report.push(`labels: ${names('label')}`);
  }
}

const BEGINS_LIKE_A_NUMBER = /^[^\w\s]{0,2}\d[\d.,]*/;

function kindOf(sample: ColumnSample): ColumnKind {
  if (isEmpty(sample)) return 'empty';
  if (isTruth(sample)) return 'anomaly';
  if (isClock(sample)) return 'clock';
  if (isCalendar(sample)) return 'time';
  return isNumeric(sample) ? 'numeric' : 'text';
}
