/** `homeostat tune`: proposes how to detect on one's own data, for as many alerts as a person wants to read. */
import { stringify } from 'yaml';
import { best, MOST_ROWS, newest, tune as tried, type Tuned } from '../../evaluation/tune/tune.ts';
import { FAULTS, type Fault } from '../../evaluation/tune/faults.ts';
import { alertsOf, type Rows } from '../../pipeline/compare.ts';
import { printComponent } from '../../pipeline/config/index.ts';
import { readRows } from '../../pipeline/read-rows.ts';
import { registry } from '../../pipeline/registry.ts';
import { parseQuantity } from '../../core/units.ts';
import { cellsTable, wrapped } from '../cells.ts';
import { comparePage } from '../compare/page.ts';
import { stripsText } from '../compare/strips.ts';
import { openInput } from '../detect/input.ts';
import { EXIT } from '../exit.ts';
import { choiceOf, rowFormatOf } from '../spec.ts';
import { coloursFor, cutTo, widthOf, type Colours } from '../terminal.ts';
import { count, grouped, percent, printable, shortDuration, shortNumber, shortTime } from '../text.ts';
import { nothingIn } from '../trouble.ts';
import { writeWhole } from '../write-whole.ts';

export interface TuneOptions {
  budget: Budget;
  columns?: string[];
  time?: string;
  format?: string;
  html?: string;
  json?: boolean;
  quiet?: boolean;
}

export interface Budget {
  alerts: number;
  /** As a configuration writes a duration. */
  per: string;
}

/** In the order in which they are preferred when they find as much. */
const CANDIDATES = ['auto', 'envelope', 'robust', 'seasonal', 'forecast', 'ema', 'ema:span=200', 'random-cut-forest'];
const MOST_VALUES = 4_000_000;
const MOST_SERIES = 8;
const LISTED = 20;
const WEEK_MS = 604_800_000;

/** One series with its candidates. */
interface TunedSeries {
  rows: Rows;
  tuned: Tuned[];
  chosen: Tuned;
}

export async function tune(file: string, options: TuneOptions): Promise<number> {
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(text));
  const input = await openInput(file);
  const { time = '', columns = [], budget } = options;
  const read = await readRows({ name: input.name, chunks: input.chunks, time, columns, format: rowFormatOf(options.format) }, false, MOST_VALUES);
  for (const line of read.report) say(`${printable(line)}\n`);
  if (read.series.length === 0) throw nothingIn(input.name, read.bad.length, read.bad);
  if (read.isCut) say(`only the first ${grouped(MOST_VALUES)} values of ${input.name} are looked at\n`);
  if (read.bad.length > 0) say(`${count(read.bad.length, 'broken row')} left out\n`);
  const candidates = CANDIDATES.filter((name) => registry.detectors.some((one) => one.name === name.split(':')[0])).map((name) => ({
    name,
    choice: choiceOf({ detector: name, threshold: `budget:alerts=${budget.alerts},per=${budget.per}` }),
  }));
  const wanted = { alerts: budget.alerts, per: parseQuantity('duration', budget.per)! };
  const results = read.series.slice(0, MOST_SERIES).map((whole): TunedSeries => {
    const rows = newest(whole);
    if (rows.time.length < whole.time.length) say(`${printable(rows.key)}: the newest ${grouped(MOST_ROWS)} of ${grouped(whole.time.length)} rows are used\n`);
    const tuned = tried(rows, candidates, wanted, meter(say, rows.key));
    if (process.stderr.isTTY) say('\r\u001B[2K');
    return { rows, tuned, chosen: best(tuned) };
  });
  const left = read.series.length - results.length;
  if (left > 0) say(`${count(left, 'further series', 'further series')} not looked at; choose with --columns\n`);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify(
        results.map((result) => asJson(result, budget)),
        null,
        2,
      )}\n`,
    );
  else {
    const colours = coloursFor(process.stdout, process.env);
    const width = Math.min(160, widthOf(process.stdout));
    for (const result of results) process.stdout.write(asText(result, budget, width, colours));
  }
  if (options.html !== undefined) {
    await writeWhole(options.html, asPage(input.name, results, budget));
    say(`what each would have alerted on is written to ${options.html}\n`);
  }
  return EXIT.ok;
}

/** Says on a terminal how far it is, in one line that is rewritten; whoever asked for it takes it away. */
function meter(say: (text: string) => void, key: string): (share: number) => void {
  let shown = -1;
  return (share) => {
    const now = Math.floor(share * 20) * 5;
    if (!process.stderr.isTTY || now === shown) return;
    shown = now;
    say(`\r\u001B[2K${cutTo(`${printable(key)}: ${now}% of the trials done`, widthOf(process.stderr) - 1)}`);
  };
}

/** The section `detect` of a configuration. */
function configurationOf({ choice }: Tuned, budget: Budget): string {
  return stringify({
    detect: { detector: printComponent('detector', choice.detector, registry), threshold: { budget: { alerts: budget.alerts, per: budget.per } } },
  });
}

const share = (x: number): string => (Number.isNaN(x) ? '–' : percent(x, 1));

function weeksOf({ time }: Rows): number {
  return Math.max(1, time[time.length - 1] - time[0]) / WEEK_MS;
}

function candidatesTable({ rows, tuned }: TunedSeries): { head: string[]; rows: string[][] } {
  const kinds = Object.keys(FAULTS) as Fault[];
  return {
    head: ['candidate', 'alerts', 'a week', ...kinds, 'all', 'worth'],
    rows: tuned.map(({ name, alerts, found, score, worth }) => [
      name,
      grouped(alerts),
      Number((alerts / weeksOf(rows)).toPrecision(2)).toString(),
      ...kinds.map((kind) => share(found[kind])),
      share(score),
      share(worth),
    ]),
  };
}

const faultWords = Object.entries(FAULTS)
  .map(([name, { words }]) => `${name}: ${words}`)
  .join('; ');
const METHOD = `Share of known faults found that were put into copies of the data, with the limit that keeps the number of alerts. In units of the data's own noise: ${faultWords}. An alert that is held counts once, however long. Worth: what is found of all, less where more alerts come than are wanted; it decides.`;

const wantedWords = ({ alerts, per }: Budget): string => `${alerts} ${alerts === 1 ? 'alert' : 'alerts'} per ${per}`;

function asText(result: TunedSeries, budget: Budget, width: number, colours: Colours): string {
  const { rows, chosen } = result;
  const { head, rows: cells } = candidatesTable(result);
  const alerts = alertsOf(chosen.said);
  const listed = alerts
    .slice(-LISTED)
    .map((row) => [
      shortTime(rows.time[row]),
      shortNumber(rows.values[row * rows.width]),
      shortNumber(chosen.said.expected[row]),
      shortNumber(chosen.said.score[row]),
    ]);
  return [
    colours.bold(
      wrapped(
        `${printable(rows.key)}: ${chosen.name} is proposed for ${wantedWords(budget)}; it finds ${share(chosen.score)} of what was put in, with ${count(chosen.alerts, 'alert')} in ${shortDuration(weeksOf(rows) * WEEK_MS)}`,
        width,
        '',
        0,
      ),
    ),
    '',
    cellsTable(head, cells, width, colours, head.map((_, i) => i).slice(1)),
    colours.dim(wrapped(METHOD, width, '', 0)),
    '',
    configurationOf(chosen, budget),
    alerts.length === 0
      ? 'It would not have alerted on these data.\n'
      : `It would have alerted ${count(alerts.length, 'time')}${alerts.length > LISTED ? `; the last ${LISTED}` : ''}:\n\n${cellsTable(['time', 'value', 'expected', 'score'], listed, width, colours, [1, 2, 3])}`,
    stripsText(rows, [{ name: chosen.name, said: chosen.said }], undefined, width, colours),
    '',
  ].join('\n');
}

function asPage(file: string, results: readonly TunedSeries[], budget: Budget): string {
  return comparePage({
    title: `${file}: ${wantedWords(budget)}`,
    note: METHOD,
    tables: results.map((result) => ({ caption: `${result.rows.key}: proposed is ${result.chosen.name}`, ...candidatesTable(result) })),
    series: results.map(({ rows, tuned }) => ({ rows, labels: undefined, ways: tuned.map(({ name, said }) => ({ name, said, words: said.words })) })),
    unshown: 0,
  });
}

function asJson({ rows, tuned, chosen }: TunedSeries, budget: Budget) {
  return {
    series: rows.key,
    proposed: configurationOf(chosen, budget),
    alerts: alertsOf(chosen.said).map((row) => ({
      time: new Date(rows.time[row]).toISOString(),
      value: rows.values[row * rows.width],
      score: chosen.said.score[row],
    })),
    candidates: tuned.map(({ name, alerts, found, score, worth }) => ({ name, alerts, alertsAWeek: alerts / weeksOf(rows), found, score, worth })),
  };
}
