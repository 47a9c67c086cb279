/** `homeostat compare`: several detectors side by side on one's own data. */
import { existsSync, readFileSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';
import { summaryOf, type Summary } from '../../evaluation/compare/compare.ts';
import { labelsOfColumn, parseLabels, type Stretch } from '../../evaluation/compare/labels.ts';
import { agreement, sayOf, takes, type Rows, type Said } from '../../pipeline/compare.ts';
import type { DetectChoice } from '../../pipeline/detect.ts';
import { readRows } from '../../pipeline/read-rows.ts';
import { registry } from '../../pipeline/registry.ts';
import { cellsTable } from '../cells.ts';
import { comparePage, compareSvg, type PageSeries } from '../compare/page.ts';
import { stripsText } from '../compare/strips.ts';
import { openInput } from '../detect/input.ts';
import { EXIT } from '../exit.ts';
import { choiceOf, rowFormatOf } from '../spec.ts';
import { coloursFor, widthOf, type Colours } from '../terminal.ts';
import { count, grouped, percent, printable, shortDuration } from '../text.ts';
import { nothingIn } from '../trouble.ts';
import { writeWhole } from '../write-whole.ts';

export interface CompareOptions {
  detector?: string[];
  threshold?: string;
  columns?: string[];
  time?: string;
  format?: string;
  labels?: string;
  html?: string;
  svg?: string;
  json?: boolean;
  quiet?: boolean;
}

/** What is compared when nothing is named: the default, and one of each kind that takes the data. */
const USUAL = {
  one: ['auto', 'ema', 'robust', 'seasonal', 'forecast', 'random-cut-forest'],
  many: ['auto', 'ema', 'mahalanobis', 'half-space-trees', 'random-cut-forest'],
};
/** Values kept in memory. */
const MOST_VALUES = 4_000_000;
const PLOTTED = 3;
const DRAWN = 24;

interface Way {
  name: string;
  choice: DetectChoice;
}

/** One series with what every way said of it. */
interface Compared {
  rows: Rows;
  labels: Stretch[] | undefined;
  said: Said[];
  summaries: Summary[];
}

export async function compare(file: string, options: CompareOptions): Promise<number> {
  const together = (options.columns?.length ?? 0) > 1;
  const ways = waysOf(options, together);
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(text));
  const input = await openInput(file);
  const { time = '', columns = [] } = options;
  const read = await readRows({ name: input.name, chunks: input.chunks, time, columns, format: rowFormatOf(options.format) }, together, MOST_VALUES);
  for (const line of read.report) say(`${printable(line)}\n`);
  if (read.series.length === 0) throw nothingIn(input.name, read.bad.length, read.bad);
  if (read.isCut) say(`only the first ${grouped(MOST_VALUES)} values of ${input.name} are compared\n`);
  if (read.bad.length > 0) say(`${count(read.bad.length, 'broken row')} left out\n`);
  const labels = await labelling(file, options, read.series);
  const compared = read.series
    .filter(({ key }) => key !== labels.column)
    .map((rows): Compared => {
      say(`${printable(rows.key)}: ${count(rows.time.length, 'row')}, ${ways.map(({ name }) => name).join(', ')} …\n`);
      const own = labels.stretches;
      const said = ways.map(({ choice }) => sayOf(rows, choice));
      return { rows, labels: own, said, summaries: said.map((one) => summaryOf(rows, one, own)) };
    });
  const result = { file: input.name, ways, compared };
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(result), null, 2)}\n`);
  else process.stdout.write(asText(result, widthOf(process.stdout), coloursFor(process.stdout, process.env)));
  if (options.html !== undefined) {
    await writeWhole(options.html, asPage(result));
    say(`comparison written to ${options.html}\n`);
  }
  if (options.svg !== undefined) {
    await writeWhole(options.svg, compareSvg(drawnOf(result, result.compared[0])));
    say(`picture of ${printable(result.compared[0].rows.key)} written to ${options.svg}\n`);
  }
  return EXIT.ok;
}

function drawnOf({ ways }: Result, { rows, labels, said }: Compared): PageSeries {
  return { rows, labels, ways: ways.map(({ name }, w) => ({ name, said: said[w], words: said[w].words })) };
}

function waysOf({ detector, threshold }: CompareOptions, together: boolean): Way[] {
  const known = (name: string): boolean => registry.detectors.some((one) => one.name === name);
  const names = detector ?? USUAL[together ? 'many' : 'one'].filter(known);
  const ways = names.map((name) => ({ name, choice: choiceOf({ detector: name, ...(threshold === undefined ? {} : { threshold }) }) }));
  const refused = ways.find(({ choice }) => together && !takes(choice, 2));
  if (refused !== undefined) throw new HomeostatError('OPTION_INVALID', { detail: `${refused.name} takes one column; leave it out, or name one column` });
  return ways;
}

/** Labels from a file of their own, or from a column of the data. */
async function labelling(
  file: string,
  { labels, time = '', format }: CompareOptions,
  series: readonly Rows[],
): Promise<{ stretches: Stretch[] | undefined; column: string | undefined }> {
  if (labels === undefined) return { stretches: undefined, column: undefined };
  if (existsSync(labels)) return { stretches: parseLabels(readFileSync(labels, 'utf8'), labels), column: undefined };
  const here = series.find(({ key }) => key === labels);
  if (here !== undefined) return { stretches: labelsOfColumn(here.time, here.values), column: labels };
  const input = await openInput(file);
  try {
    const read = await readRows({ name: input.name, chunks: input.chunks, time, columns: [labels], format: rowFormatOf(format) }, false, MOST_VALUES);
    return { stretches: labelsOfColumn(read.series[0].time, read.series[0].values), column: labels };
  } catch (thrown) {
    if (!(thrown instanceof HomeostatError) || thrown.code !== 'INPUT_NO_COLUMN') throw thrown;
    throw new HomeostatError('OPTION_INVALID', { detail: `--labels: there is no file ${labels}, and ${thrown.message}` }, thrown);
  }
}

interface Result {
  file: string;
  ways: Way[];
  compared: Compared[];
}

/** The same measures over all series together: counts add up, shares are of all alerts and all stretches. */
function totals({ ways, compared }: Result): (Summary & { share: number })[] {
  return ways.map((_, w) => {
    const each = compared.map(({ summaries }) => summaries[w]);
    const sum = (of: (one: Summary) => number): number => each.reduce((total, one) => total + of(one), 0);
    const rows = compared.reduce((total, one) => total + one.rows.time.length, 0);
    const days = sum((one) => (one.alertsADay === 0 ? 0 : one.alerts / one.alertsADay)) || 1;
    const labelled = each.flatMap(({ againstLabels }) => againstLabels ?? []);
    const alerts = sum((one) => one.alerts);
    const right = each.reduce((total, { alerts: n, againstLabels }) => total + (n === 0 ? 0 : n * (againstLabels?.precision ?? 0)), 0);
    const stretches = labelled.reduce((total, one) => total + one.stretches, 0);
    const found = labelled.reduce((total, one) => total + one.found, 0);
    const delays = labelled
      .map(({ delay }) => delay)
      .filter((delay) => !Number.isNaN(delay))
      .sort((a, b) => a - b);
    return {
      alerts,
      anomalous: sum((one) => one.anomalous),
      share: sum((one) => one.anomalous) / rows,
      alertsADay: sum((one) => one.alertsADay) / each.length,
      rowsPerSecond: rows / compared.reduce((total, { said }) => total + said[w].seconds, 0),
      warmUp: Math.max(...each.map(({ warmUp }) => warmUp)),
      ...(labelled.length === 0
        ? {}
        : {
            againstLabels: {
              stretches,
              found,
              precision: alerts === 0 ? NaN : right / alerts,
              recall: found / stretches,
              falseAlarmsADay: (alerts - right) / days,
              delay: delays.length === 0 ? NaN : delays[(delays.length - 1) >> 1],
            },
          }),
    };
  });
}

const share = (x: number): string => (Number.isNaN(x) ? '–' : percent(x, 1));
const rate = (x: number): string => (x === 0 ? '0' : x >= 100 ? grouped(x) : Number(x.toPrecision(2)).toString());

function summaryTable(result: Result): { head: string[]; rows: string[][] } {
  const all = totals(result);
  const labelled = all[0].againstLabels !== undefined;
  const head = ['detector', 'alerts', 'a day', 'anomalous', ...(labelled ? ['found', 'precision', 'false a day', 'delay'] : []), 'warm-up', 'rows/s'];
  const rows = all.map((one, w) => {
    const labels = one.againstLabels;
    return [
      result.ways[w].name,
      grouped(one.alerts),
      rate(one.alertsADay),
      share(one.share),
      ...(labels === undefined
        ? []
        : [
            `${labels.found} of ${labels.stretches}`,
            share(labels.precision),
            rate(labels.falseAlarmsADay),
            Number.isNaN(labels.delay) ? '–' : shortDuration(labels.delay),
          ]),
      grouped(one.warmUp),
      grouped(one.rowsPerSecond),
    ];
  });
  return { head, rows };
}

/** How far each pair says the same, over all series. */
function agreementTable({ ways, compared }: Result): { head: string[]; rows: string[][] } {
  const rows = ways.map((way, a) => [
    way.name,
    ...ways.map((_, b) => {
      const values = compared.map(({ said }) => agreement(said[a], said[b])).filter((x) => !Number.isNaN(x));
      return a === b || values.length === 0 ? '·' : percent(values.reduce((total, x) => total + x, 0) / values.length, 1);
    }),
  ]);
  return { head: ['agrees with', ...ways.map(({ name }) => name)], rows };
}

const AGREEMENT = 'Share of the alerts of two detectors that have one of the other within 10 rows.';
const NOTE = 'Each begins with the first row and knows nothing ahead. An alert is where a new anomaly begins.';

function asText(result: Result, width: number, colours: Colours): string {
  const { head, rows } = summaryTable(result);
  const numbers = head.map((_, i) => i).slice(1);
  const parts = [cellsTable(head, rows, width, colours, numbers)];
  if (result.ways.length > 1) {
    const same = agreementTable(result);
    parts.push(cellsTable(same.head, same.rows, width, colours, same.head.map((_, i) => i).slice(1)), colours.dim(`${AGREEMENT}\n`));
  }
  for (const { rows: series, labels, said } of result.compared.slice(0, PLOTTED)) {
    parts.push(
      stripsText(
        series,
        result.ways.map(({ name }, w) => ({ name, said: said[w] })),
        labels,
        Math.min(160, width),
        colours,
      ),
    );
  }
  const left = result.compared.length - PLOTTED;
  if (left > 0) parts.push(colours.dim(`${count(left, 'further series', 'further series')} not drawn; choose with --columns, or write a page with --html\n`));
  return parts.join('\n');
}

function asPage(result: Result): string {
  const tables = [{ caption: NOTE, ...summaryTable(result) }];
  if (result.ways.length > 1) tables.push({ caption: AGREEMENT, ...agreementTable(result) });
  return comparePage({
    title: `${result.file}: detectors side by side`,
    note: 'Strips: score as a share of its limit (dashed); dots: alerts; ticks below: anomalous rows; shaded: labels.',
    tables,
    series: result.compared.slice(0, DRAWN).map((one) => drawnOf(result, one)),
    unshown: Math.max(0, result.compared.length - DRAWN),
  });
}

function asJson(result: Result) {
  return {
    file: result.file,
    total: totals(result).map((one, w) => ({ detector: result.ways[w].name, ...one })),
    series: result.compared.map(({ rows, summaries, said }) => ({
      series: rows.key,
      rows: rows.time.length,
      detectors: summaries.map((one, w) => ({ detector: result.ways[w].name, threshold: result.ways[w].choice.threshold.name, ...one, words: said[w].words })),
    })),
    agreement: result.ways.map((a, i) => ({
      detector: a.name,
      with: Object.fromEntries(result.ways.map((b, j) => [b.name, mean(result.compared.map(({ said }) => agreement(said[i], said[j])))])),
    })),
  };
}

function mean(values: readonly number[]): number | null {
  const known = values.filter((x) => !Number.isNaN(x));
  return known.length === 0 ? null : known.reduce((total, x) => total + x, 0) / known.length;
}
