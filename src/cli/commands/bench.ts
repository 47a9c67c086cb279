/** `homeostat bench`: how good and how fast the detectors are, measured here and now, with peers. */
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { measureAccuracy } from '../../evaluation/accuracy/accuracy.ts';
import { madeTables } from '../../evaluation/accuracy/made-tables.ts';
import { planOf } from '../../evaluation/accuracy/plan.ts';
import { accuracyBars, accuracyTables } from '../../evaluation/accuracy/tables.ts';
import { targetTable } from '../../evaluation/accuracy/targets.ts';
import { checkoutFolder } from '../../evaluation/checkout.ts';
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
  const began = performance.now();
  const plan = planOf(options.only, options.detectors, options.quick === true);
  const data = dataFolder(options, plan.sets.length > 0);
  const quick = options.quick === true;
  const figures = await measureAccuracy({ data, plan, peers: options.peers, quick, threads: options.threads, say: sayer(options) });
  const tables = [...targetTable(figures), ...accuracyTables(figures), ...madeTables(figures)];
  const minutes = ((performance.now() - began) / 60_000).toFixed(0);
  const notes = [
    `Measured in ${minutes} minutes with ${options.threads} threads.`,
    ...figures.versions,
    ...figures.failed.map((what) => `Not measured: ${what}.`),
  ];
  show(options, tables, notes, figures);
  const folder = isWhole(options) ? checkoutFolder() : undefined;
  if (folder !== undefined) {
    keep(folder, 'accuracy', 'Accuracy', 'homeostat bench accuracy --data DIR', tables, notes);
    await writeWhole(
      join(folder, 'docs/images/accuracy.svg'),
      barsSvg('Average precision, mean over series (line: 95% bootstrap interval)', accuracyBars(figures)),
    );
  }
  return EXIT.ok;
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
  show(options, tables, [], figures);
  const folder = isWhole(options) ? checkoutFolder() : undefined;
  if (folder !== undefined) keep(folder, 'speed', 'Speed and memory', 'homeostat bench speed', tables, []);
  return EXIT.ok;
}

/** Only a whole run is kept: a part of it would take the place of all. */
function isWhole({ only, detectors, quick, peers }: SpeedOptions & { only?: string[] }): boolean {
  return only === undefined && detectors === undefined && quick !== true && peers;
}

function dataFolder({ data = process.env['HOMEOSTAT_DATA'] }: AccuracyOptions, isNeeded: boolean): string {
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

function show({ json }: { json?: boolean }, tables: readonly Table[], notes: readonly string[], figures: unknown): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ machine: machine(), notes, figures, tables }, null, 2)}\n`);
    return;
  }
  const colours = coloursFor(process.stdout, process.env);
  const width = Math.max(100, widthOf(process.stdout));
  for (const { title, note, head, rows } of tables) {
    const right = head.map((_, i) => i).slice(1);
    process.stdout.write(
      `${colours.bold(title)}\n${note === '' ? '' : `${colours.dim(wrapped(note, width, '', 0))}\n`}${cellsTable(head, rows, width, colours, right)}\n`,
    );
  }
  process.stdout.write(`${[machine(), ...notes].join('\n')}\n`);
}

/** Writes a section of the checkout's results. */
function keep(folder: string, id: string, title: string, command: string, tables: readonly Table[], notes: readonly string[]): void {
  const head = [`## ${title}`, '', `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine()}.`, '', ...notes.map((note) => `- ${note}`), ''];
  writeSection(join(folder, 'bench/RESULTS.md'), id, [...head, ...tables.map(markdownOf)].join('\n'));
}
