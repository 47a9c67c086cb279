/** `homeostat logs detect` and `homeostat logs thresholds`: sessions of log files, and which of them are odd. */
import { HomeostatError } from '../../core/errors.ts';
import { LogRun, type LogChoice } from '../../pipeline/logs/run.ts';
import { EXIT } from '../exit.ts';
import { Anomalies } from '../logs/anomalies.ts';
import { choiceOf, type LogOptions } from '../logs/choice.ts';
import { followed } from '../logs/follow.ts';
import { nothingIn, openLog, type LogInput } from '../logs/input.ts';
import { logsPage } from '../logs/page.ts';
import { LogProgress } from '../logs/progress.ts';
import { reportOf, type LogReport } from '../logs/report.ts';
import { ratesText, scoresText, sessionsText, summaryText, templatesText } from '../logs/text.ts';
import { coloursFor, Output, widthOf } from '../terminal.ts';
import { count, grouped, printable } from '../text.ts';
import { writeWhole } from '../write-whole.ts';

export interface DetectLogsOptions extends LogOptions {
  train?: string;
  json?: boolean;
  html?: string;
  limit?: number;
  follow?: boolean;
  failOnAnomaly?: boolean;
  quiet?: boolean;
}

/** Sessions shown where no number is asked for, and templates of the summary. */
const SHOWN = 20;
const TEMPLATES = 10;

/** Answers the exit code. */
export async function detectLogs(files: readonly string[], options: DetectLogsOptions): Promise<number> {
  const forPeople = !options.json && process.stdout.isTTY;
  const output = new Output(process.stdout);
  const anomalies = new Anomalies(options.limit ?? SHOWN, forPeople ? undefined : (verdict) => output.add(`${JSON.stringify(verdict)}\n`));
  const report = await judged(files, options, anomalies, output);
  const colours = coloursFor(process.stdout, process.env);
  if (forPeople) {
    const width = widthOf(process.stdout);
    const most = { ...report.templates, templates: report.templates.templates.slice(0, TEMPLATES) };
    output.add(`${templatesText(most, width, colours, '; homeostat logs parse shows the others')}\n${sessionsText(report.sessions, width, colours)}`);
    const { anomalous } = report.overview;
    if (anomalous > report.sessions.length)
      output.add(colours.dim(`the ${grouped(report.sessions.length)} strongest of ${grouped(anomalous)}; --limit 0 shows all\n`));
    if (report.rates.alerts > 0) output.add(`\n${ratesText(report.rates, width, colours)}`);
  }
  await output.flush();
  await conclude(report, options);
  return options.failOnAnomaly && report.overview.anomalous > 0 ? EXIT.anomalies : EXIT.ok;
}

/** Both thresholds side by side. */
export async function thresholds(files: readonly string[], options: DetectLogsOptions): Promise<number> {
  if (options.judge === 'none') throw new HomeostatError('OPTION_INVALID', { detail: 'without a judge there are no scores' });
  const report = await judged(files, options, new Anomalies(SHOWN), new Output(process.stdout));
  if (options.json) process.stdout.write(`${JSON.stringify(report.scores)}\n`);
  else process.stdout.write(scoresText(report.scores, widthOf(process.stdout), coloursFor(process.stdout, process.env)));
  await conclude(report, options);
  return EXIT.ok;
}

/** Reads everything, learning first from the log of a normal time where one is named. */
async function judged(files: readonly string[], options: DetectLogsOptions, anomalies: Anomalies, output: Output): Promise<LogReport> {
  const choice = choiceOf(options);
  const learnt = options.train === undefined ? undefined : await trained(options.train, choice, options);
  const run: LogRun = new LogRun(choice, (verdicts, identify) => anomalies.take(verdicts, run, identify), learnt);
  const reading = options.follow === true ? followedReading(run, files) : await fileReading(run, files);
  const figures = await readAll(run, reading, options, async (last) => {
    anomalies.tell(run, last || options.follow === true);
    await output.flush();
  });
  if (run.lines === 0) throw nothingIn(files.map(nameOf).join(', '), run.refusal);
  const title = files.map(nameOf).join(', ');
  return reportOf(run, anomalies, { ...figures, title, inputs: reading.inputs });
}

const nameOf = (file: string): string => (file === '-' ? 'standard input' : file);

async function trained(file: string, choice: LogChoice, options: DetectLogsOptions): Promise<LogRun> {
  if (choice.judge === null) throw new HomeostatError('OPTION_INVALID', { detail: '--train teaches a judge, and --judge none asks for none' });
  const run = LogRun.training(choice);
  const { seconds } = await readAll(run, await fileReading(run, [file]), options, async () => {});
  if (run.trained === 0) throw nothingIn(nameOf(file), run.refusal);
  if (options.quiet !== true) process.stderr.write(`learnt from ${count(run.lines, 'line')} of ${printable(nameOf(file))} in ${seconds.toFixed(1)} s\n`);
  return run;
}

/** How a run gets its lines. */
interface Reading {
  inputs: readonly Pick<LogInput, 'path' | 'seekable'>[];
  size: number | undefined;
  read(): number;
  /** Answers what the formats chose, in words. */
  start(between: () => Promise<void>): Promise<string[]>;
}

async function fileReading(run: LogRun, files: readonly string[]): Promise<Reading> {
  const inputs = await Promise.all(files.map(openLog));
  return {
    inputs,
    size: inputs.reduce<number | undefined>((sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size), 0),
    read: () => inputs.reduce((sum, input) => sum + input.read(), 0),
    start: (between) =>
      run.read(
        inputs.map((input) => ({ name: input.name, chunks: input.chunks(), spare: input.spare ?? 0 })),
        between,
      ),
  };
}

function followedReading(run: LogRun, files: readonly string[]): Reading {
  const { records, read } = followed(files, (message) => process.stderr.write(`${printable(message)}\n`));
  return { inputs: files.map((path) => ({ path, seekable: true })), size: undefined, read, start: (between) => run.follow(records, between) };
}

interface Figures {
  bytes: number;
  seconds: number;
  memory: number;
  layout: string[];
}

/** Reads to the end and closes what is open; `between` is called after each batch, and at the end. */
async function readAll(run: LogRun, reading: Reading, { quiet }: DetectLogsOptions, between: (last: boolean) => Promise<void>): Promise<Figures> {
  const progress = new LogProgress(process.stderr, coloursFor(process.stderr, process.env), reading.size);
  let memory = 0;
  try {
    const layout = await reading.start(async () => {
      await between(false);
      if (quiet === true || !progress.isDue) return;
      memory = Math.max(memory, process.memoryUsage.rss());
      progress.update({ read: reading.read(), lines: run.lines, more: run.anomalous === 0 ? '' : `${grouped(run.anomalous)} anomalous` });
    });
    run.finish();
    await between(true);
    return { layout, bytes: reading.read(), seconds: progress.milliseconds / 1000, memory: Math.max(memory, process.memoryUsage.rss()) };
  } finally {
    progress.end();
  }
}

/** The page where one is asked for, and the summary. */
async function conclude(report: LogReport, { html, quiet }: DetectLogsOptions): Promise<void> {
  if (html !== undefined) await writeWhole(html, logsPage(report));
  if (quiet === true) return;
  process.stderr.write(summaryText(report, coloursFor(process.stderr, process.env)));
  if (html !== undefined) process.stderr.write(`report written to ${html}\n`);
}
