/** `homeostat bench`: how good and how fast the detectors are, measured here and now, with peers. */
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { measureAccuracy, type AccuracyFigures } from '../../evaluation/accuracy/accuracy.ts';
import { madeTables } from '../../evaluation/accuracy/made-tables.ts';
import { planOf } from '../../evaluation/accuracy/plan.ts';
import { accuracyBars, accuracyTables } from '../../evaluation/accuracy/tables.ts';
import { targetTable } from '../../evaluation/accuracy/targets.ts';
import { checkoutFolder } from '../../evaluation/checkout.ts';
import { LOG_PARTS, measureLogs, type LogPart } from '../../evaluation/logs/bench.ts';
import { driftSvg } from '../../evaluation/logs/drift-svg.ts';
import { logTables } from '../../evaluation/logs/tables.ts';
import { barsSvg } from '../../evaluation/report/bars.ts';
import { machine } from '../../evaluation/report/machine.ts';
import { writeSection } from '../../evaluation/report/results.ts';
import { markdownOf, type Table } from '../../evaluation/report/table.ts';
import { measureSpeed } from '../../evaluation/speed/speed.ts';
import { speedTables } from '../../evaluation/speed/tables.ts';
import { registry } from '../../pipeline/registry.ts';
import { cellsTable, wrapped } from '../cells.ts';
import { EXIT } from '../exit.ts';
import { coloursFor, widthOf } from '../terminal.ts';
import { writeWhole } from '../write-whole.ts';

export interface AccuracyOptions {
  data?: string;
  only?: string[];
  detectors?: string[];
  peers: boolean;
  quick?: boolean;
  threads: number;
  json?: boolean;
  quiet?: boolean;
}

export async function accuracy(options: AccuracyOptions): Promise<number> {
  const { threads, peers } = options;
  const began = performance.now();
  const quick = options.quick === true;
  const plan = planOf(options.only, options.detectors, quick);
  const data = dataFolder(options, plan.sets.length > 0);
  const folder = isKept(options) ? checkoutFolder() : undefined;
  const finished = (part: string, figures: AccuracyFigures): void => {
    const tables = tablesOf(figures);
    const minutes = ((performance.now() - began) / 60_000).toFixed(0);
    const notes = [
      `Measured ${minutes} minutes behind the begin of a run with ${threads} threads.`,
      ...figures.versions,
      ...figures.failed.map((what) => `Not measured: ${what}.`),
    ];
    if (options.json !== true) show(tables, notes);
    if (folder !== undefined) keep(folder, `accuracy-${part}`, `Accuracy: ${part}`, 'homeostat bench accuracy --data DIR', tables, notes);
  };
  const figures = await measureAccuracy({ data, plan, peers, quick, threads, say: sayer(options), finished });
  if (options.json === true) process.stdout.write(`${JSON.stringify({ machine: machine(), figures, tables: tablesOf(figures) }, null, 2)}\n`);
  else if (options.only === undefined) show(targetTable(figures), []);
  if (folder !== undefined && options.only === undefined) {
    const title = 'Average precision, mean over series (thin line: 95% bootstrap interval)';
    await writeWhole(join(folder, 'docs/images/accuracy.svg'), barsSvg(title, accuracyBars(figures)));
  }
  return EXIT.ok;
}

function tablesOf(figures: AccuracyFigures): Table[] {
  return [...targetTable(figures), ...accuracyTables(figures), ...madeTables(figures)];
}

export interface SpeedOptions {
  detectors?: string[];
  peers: boolean;
  quick?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export async function speed(options: SpeedOptions): Promise<number> {
  const detectors = options.detectors ?? registry.detectors.map(({ name }) => name);
  const figures = await measureSpeed({ detectors, peers: options.peers, quick: options.quick === true, apart: true, say: sayer(options) });
  const tables = speedTables(figures);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ machine: machine(), figures, tables }, null, 2)}\n`);
  else show(tables, []);
  const folder = isKept(options) ? checkoutFolder() : undefined;
  if (folder !== undefined) keep(folder, 'speed', 'Speed and memory', 'homeostat bench speed', tables, []);
  return EXIT.ok;
}

export interface LogsOptions {
  data?: string;
  only?: string[];
  peers: boolean;
  lines: number;
  json?: boolean;
  quiet?: boolean;
}

export async function logs(options: LogsOptions): Promise<number> {
  const parts = partsOf(options.only);
  const figures = await measureLogs({ data: dataFolder(options, true), parts, peers: options.peers, lines: options.lines, say: sayer(options) });
  const tables = logTables(figures);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ machine: machine(), figures, tables }, null, 2)}\n`);
  else show(tables, []);
  const folder = options.peers && options.lines === LONG_LOG ? checkoutFolder() : undefined;
  if (folder === undefined) return EXIT.ok;
  for (const part of parts) keep(folder, `logs-${part}`, `Logs: ${part}`, 'homeostat bench logs --data DIR', logTables({ [part]: figures[part] }), []);
  if (figures.drift !== undefined) await writeWhole(join(folder, 'docs/images/drift.svg'), driftSvg(figures.drift[0]));
  return EXIT.ok;
}

/** Lines of the log that speed is measured on. */
export const LONG_LOG = 10_000_000;

function partsOf(only: readonly string[] | undefined): readonly LogPart[] {
  const unknown = only?.find((name) => !LOG_PARTS.includes(name as LogPart));
  if (unknown === undefined) return (only as LogPart[] | undefined) ?? LOG_PARTS;
  const near = nearest(unknown, LOG_PARTS);
  throw new HomeostatError('OPTION_INVALID', {
    detail: `there is no part "${unknown}"${near === undefined ? '' : `; did you mean "${near}"?`}; there are ${LOG_PARTS.join(', ')}`,
  });
}

/** A section is kept whole: figures of some detectors would take the place of all. */
function isKept({ detectors, quick, peers }: SpeedOptions): boolean {
  return detectors === undefined && quick !== true && peers;
}

function dataFolder({ data = process.env['HOMEOSTAT_DATA'] }: { data?: string }, isNeeded: boolean): string {
  if (data === undefined && isNeeded) {
    throw new HomeostatError('OPTION_INVALID', {
      detail: 'no folder of labelled sets is named: give --data DIR or set HOMEOSTAT_DATA, or choose parts without with --only',
    });
  }
  return data ?? '';
}

const sayer =
  ({ quiet }: { quiet?: boolean }) =>
  (line: string): void =>
    void (quiet === true || process.stderr.write(`${line}\n`));

function show(tables: readonly Table[], notes: readonly string[]): void {
  const colours = coloursFor(process.stdout, process.env);
  const width = Math.max(100, widthOf(process.stdout));
  for (const { title, note, head, rows } of tables) {
    const right = head.map((_, i) => i).slice(1);
    process.stdout.write(
      `${colours.bold(title)}\n${note === '' ? '' : `${colours.dim(wrapped(note, width, '', 0))}\n`}${cellsTable(head, rows, width, colours, right)}\n`,
    );
  }
  process.stdout.write(`${[machine(), ...notes].join('\n')}\n\n`);
}

/** Writes a section of the checkout's results. */
function keep(folder: string, id: string, title: string, command: string, tables: readonly Table[], notes: readonly string[]): void {
  const head = [`## ${title}`, '', `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine()}.`, '', ...notes.map((note) => `- ${note}`), ''];
  writeSection(join(folder, 'bench/RESULTS.md'), id, [...head, ...tables.map(markdownOf)].join('\n'));
}
