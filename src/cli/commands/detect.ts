/** `homeostat detect`: anomalies of files without any configuration. */
import type { SeriesInfo } from '../../core/events.ts';
import { ANOMALOUS, LATE, verdictAt, type VerdictBatch } from '../../core/verdicts.ts';
import { STRONG_ONSET } from '../../pipeline/compare.ts';
import type { Component } from '../../pipeline/config/index.ts';
import { detectStream, type BadRow, type DetectChoice, type Detected } from '../../pipeline/detect.ts';
import { htmlPage } from '../detect/html.ts';
import { openInput } from '../detect/input.ts';
import { plot } from '../detect/plot.ts';
import { Progress } from '../detect/progress.ts';
import { csvRows, ndjsonRows, type Rows } from '../detect/rows.ts';
import { Episodes } from '../detect/episodes.ts';
import { table } from '../detect/table.ts';
import { Traces, type Trace } from '../detect/trace.ts';
import { errorText, EXIT, exitCodeOf } from '../exit.ts';
import { choiceOf, described, rowFormatOf } from '../spec.ts';
import { coloursFor, Output, widthOf, type Colours } from '../terminal.ts';
import { count, grouped, percent, printable } from '../text.ts';
import { nothingIn } from '../trouble.ts';
import { writeWhole } from '../write-whole.ts';

export interface DetectOptions {
  all?: boolean;
  json?: boolean;
  csv?: boolean;
  columns?: string[];
  time?: string;
  format?: string;
  detector?: string;
  threshold?: string;
  learn?: string;
  limit: number;
  plot?: boolean;
  html?: string;
  failOnAnomaly?: boolean;
  quiet?: boolean;
}

/** Series that are drawn in the terminal, and in a page. */
const PLOTTED = 8;
const DRAWN = 32;
const PLOT_ROWS = 12;
/** Series whose detector is asked what it found out. */
const EXPLAINED = 3;
/** Broken rows that are shown. */
const BAD_SHOWN = 5;

/** What became of one file. */
interface Tally {
  rows: number;
  anomalies: number;
  late: number;
  bad: number;
  firstBad: BadRow[];
  /** What was chosen of the layout has been said. */
  reported: boolean;
  series: number;
  /** What the detectors of the first series found out, in words. */
  words(): string[];
}

/** Answers the exit code. */
export async function detect(files: readonly string[], options: DetectOptions): Promise<number> {
  const choice = choiceOf(options);
  const run = new DetectRun(files, options, choice);
  let code: number = EXIT.ok;
  for (const file of files) {
    try {
      await run.file(file);
    } catch (thrown) {
      code = Math.max(code, exitCodeOf(thrown));
      process.stderr.write(errorText(thrown, run.messageColours));
    }
  }
  await run.end();
  if (code === EXIT.ok && options.failOnAnomaly && run.anomalies > 0) return EXIT.anomalies;
  return code;
}

class DetectRun {
  anomalies = 0;
  readonly messageColours: Colours;
  readonly #files: readonly string[];
  readonly #options: DetectOptions;
  readonly #choice: DetectChoice;
  readonly #format: Component | undefined;
  readonly #colours: Colours;
  readonly #output = new Output(process.stdout);
  /** Rows for programs; undefined where a person reads a table. */
  readonly #rows: Rows | undefined;
  readonly #drawn: Trace[] = [];
  #undrawn = 0;
  #headed = false;
  #lastReport = '';
  readonly #summaries: string[] = [];

  constructor(files: readonly string[], options: DetectOptions, choice: DetectChoice) {
    this.#files = files;
    this.#options = options;
    this.#choice = choice;
    this.#format = rowFormatOf(options.format);
    this.#colours = coloursFor(process.stdout, process.env);
    this.messageColours = coloursFor(process.stderr, process.env);
    const forPeople = !options.json && !options.csv && !options.all && (process.stdout.isTTY || options.plot === true);
    this.#rows = forPeople ? undefined : options.csv ? csvRows(options.columns ?? [], files.length > 1) : ndjsonRows;
  }

  async file(path: string): Promise<void> {
    const input = await openInput(path);
    const progress = new Progress(process.stderr, this.messageColours, input.name, input.size);
    const tally: Tally = { rows: 0, anomalies: 0, late: 0, bad: 0, firstBad: [], reported: false, series: 0, words: () => [] };
    const episodes = new Episodes(this.#options.limit);
    const traces = new Traces(this.#options.html ? DRAWN : this.#options.plot ? PLOTTED : 0);
    const { time = '', columns = [] } = this.#options;
    const labels = this.#files.length > 1 ? { labels: { file: input.name } } : {};
    try {
      for await (const detected of detectStream({ name: input.name, chunks: input.chunks, time, columns, format: this.#format, ...labels }, this.#choice)) {
        this.#take(detected, tally, episodes, traces);
        await this.#output.flush();
        progress.update(input.read());
      }
    } finally {
      progress.end();
    }
    if (tally.rows === 0) throw nothingIn(input.name, tally.bad, tally.firstBad);
    this.anomalies += tally.anomalies;
    await this.#show(input.name, tally, episodes, traces);
  }

  /** After the last file. */
  async end(): Promise<void> {
    await this.#output.flush();
    const { html } = this.#options;
    if (!html || this.#summaries.length === 0) return;
    const title = this.#files.map((file) => (file === '-' ? 'standard input' : file)).join(', ');
    await writeWhole(html, htmlPage({ title, summary: this.#summaries.join(' · '), traces: this.#drawn, untraced: this.#undrawn }));
    this.#say(`chart written to ${html}\n`);
  }

  #take(detected: Detected, tally: Tally, episodes: Episodes, traces: Traces): void {
    const { verdicts, dictionary, bad, report } = detected;
    if (!tally.reported && report.length > 0) this.#report(report.map((line) => `${line}\n`).join(''));
    tally.reported ||= report.length > 0;
    tally.rows += verdicts.length;
    tally.bad += bad.length;
    if (tally.firstBad.length < BAD_SHOWN) tally.firstBad.push(...bad.slice(0, BAD_SHOWN - tally.firstBad.length));
    tally.series = dictionary.size;
    tally.words = () =>
      dictionary.all.slice(0, EXPLAINED).flatMap(({ key }, i) => detected.describe(i).map((line) => (dictionary.size === 1 ? line : `${key}: ${line}`)));
    const drawn = this.#options.plot || this.#options.html;
    for (let i = 0; i < verdicts.length; i++) {
      const flags = verdicts.flags[i];
      const anomalous = (flags & ANOMALOUS) !== 0;
      if ((flags & LATE) !== 0) tally.late++;
      if (anomalous) tally.anomalies++;
      if (this.#rows !== undefined) {
        if (anomalous || this.#options.all) this.#row(detected, i);
      }
      const series = verdicts.series[i];
      const onset = verdicts.onset[i];
      if (anomalous || onset > STRONG_ONSET)
        episodes.take(series, verdicts.time[i], verdicts.score[i], distanceOf(verdicts, i), onset, () => verdictAt(verdicts, i, 'detect', dictionary));
      else episodes.calm(series);
      if (drawn) {
        const value = verdicts.width === 1 ? verdicts.values[i] : verdicts.score[i];
        traces
          .of(verdicts.series[i], () => traceName(dictionary.get(verdicts.series[i]), verdicts.width))
          ?.push(verdicts.time[i], value, verdicts.lower[i], verdicts.upper[i], verdicts.score[i], anomalous);
      }
    }
  }

  #row(detected: Detected, i: number): void {
    const { verdicts, dictionary } = detected;
    const rows = this.#rows!;
    if (!this.#headed) this.#output.add(rows.head(verdicts.width));
    this.#headed = true;
    detected.identify(i);
    this.#output.add(rows.row(verdicts, i, dictionary));
  }

  async #show(name: string, tally: Tally, episodes: Episodes, traces: Traces): Promise<void> {
    const { detector, threshold } = this.#choice;
    const summary = `${name}: ${count(tally.rows, 'event')} in ${count(tally.series, 'series', 'series')}, ${count(tally.anomalies, 'anomaly', 'anomalies')} (${percent(tally.anomalies, tally.rows)}), ${count(episodes.alerts, 'alert')}; ${described(detector)}, ${described(threshold)}`;
    this.#summaries.push(summary);
    if (this.#options.html) this.#keep(traces);
    if (this.#options.plot) await this.#plots(traces);
    if (this.#rows === undefined) await this.#table(episodes);
    else if (this.#options.csv && !this.#headed) {
      await this.#output.write(this.#rows.head(this.#options.columns?.length ?? 1));
      this.#headed = true;
    }
    await this.#output.flush();
    this.#say(`${this.messageColours.bold(summary)}\n`);
    for (const line of tally.words()) this.#say(`${this.messageColours.dim(printable(line))}\n`);
    if (tally.late > 0)
      this.#say(`${count(tally.late, 'event')} older than one before; scored in the order they stand: sort the rows by time where that is wrong\n`);
    if (tally.bad > 0) this.#say(brokenText(name, tally, this.messageColours));
  }

  async #table(episodes: Episodes): Promise<void> {
    const { kept: shown, seen } = episodes.end();
    if (shown.length === 0) return;
    await this.#output.write(table(shown, widthOf(process.stdout), this.#colours));
    if (seen > shown.length) {
      await this.#output.write(this.#colours.dim(`the ${grouped(shown.length)} strongest of ${grouped(seen)}; --limit 0 shows all\n`));
    }
  }

  async #plots(traces: Traces): Promise<void> {
    const target = this.#rows === undefined ? this.#output : new Output(process.stderr);
    const colours = this.#rows === undefined ? this.#colours : this.messageColours;
    const all = traces.all.toSorted((a, b) => b.anomalies - a.anomalies);
    for (const trace of all.slice(0, PLOTTED)) await target.write(`${plot(trace, Math.min(160, widthOf(process.stdout)), PLOT_ROWS, colours)}\n`);
    const left = traces.untraced + Math.max(0, all.length - PLOTTED);
    if (left > 0) await target.write(colours.dim(`${count(left, 'further series', 'further series')} not drawn; choose with --columns\n`));
    await target.flush();
  }

  #keep(traces: Traces): void {
    const room = DRAWN - this.#drawn.length;
    this.#drawn.push(...traces.all.slice(0, room));
    this.#undrawn += traces.untraced + Math.max(0, traces.all.length - room);
  }

  /** Says it once for files that are alike. */
  #report(text: string): void {
    if (text !== this.#lastReport) this.#say(this.messageColours.dim(printable(text)));
    this.#lastReport = text;
  }

  #say(text: string): void {
    if (!this.#options.quiet) process.stderr.write(text);
  }
}

/** How far the value of a row lies from expected, as a share of the way to the end of its band; 0 where there is none. */
function distanceOf({ width, values, expected, lower, upper }: VerdictBatch, i: number): number {
  const off = values[i] - expected[i];
  const share = off / ((off < 0 ? lower[i] : upper[i]) - expected[i]);
  return width === 1 && share > 0 ? share : 0;
}

/** Rows of several values are drawn as their scores; of several files each series says whose it is. */
function traceName({ key, unit, labels }: SeriesInfo, width: number): { key: string; unit: string } {
  const name = labels['file'] === undefined ? key : `${labels['file']}: ${key}`;
  return width === 1 ? { key: name, unit } : { key: `${name} (score)`, unit: '' };
}

function brokenText(name: string, tally: Tally, colours: Colours): string {
  const head = colours.yellow(`${count(tally.bad, 'broken row')} left out of ${name}:`);
  const lines = tally.firstBad.map(
    ({ line, detail, text }) => `  line ${grouped(line)}: ${printable(detail)}${text === '' ? '' : colours.dim(`  ${JSON.stringify(text.slice(0, 80))}`)}`,
  );
  const more = tally.bad > tally.firstBad.length ? [`  and ${grouped(tally.bad - tally.firstBad.length)} more`] : [];
  return `${[head, ...lines, ...more].join('\n')}\n`;
}
