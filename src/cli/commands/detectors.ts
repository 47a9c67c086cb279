/** `homeostat detectors`: which detectors and thresholds there are, and what one of them is for. */
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { DetectorDefinition, ThresholdDefinition } from '../../core/schema.ts';
import { exampleStream, type ExampleName } from '../../evaluation/examples.ts';
import { alertsOf, sayOf, type Rows } from '../../pipeline/compare.ts';
import { registry } from '../../pipeline/registry.ts';
import { plot } from '../detect/plot.ts';
import { Trace } from '../detect/trace.ts';
import { cellsTable, wrapped } from '../cells.ts';
import { EXIT } from '../exit.ts';
import { optionsOf, type OptionRow } from '../options.ts';
import { choiceOf, described } from '../spec.ts';
import { coloursFor, widthOf, type Colours } from '../terminal.ts';
import { count } from '../text.ts';

const PLOT_ROWS = 10;

export function detectors(name: string | undefined, options: { json?: boolean; example?: ExampleName }): number {
  if (options.example !== undefined) {
    process.stdout.write(exampleCsv(options.example));
    return EXIT.ok;
  }
  const colours = coloursFor(process.stdout, process.env);
  const width = Math.min(widthOf(process.stdout), 120);
  if (name === undefined) process.stdout.write(options.json ? `${JSON.stringify(catalogue(), null, 2)}\n` : list(width, colours));
  else {
    const detector = registry.detectors.find((one) => one.name === name);
    const threshold = registry.thresholds.find((one) => one.name === name);
    if (detector !== undefined) process.stdout.write(options.json ? `${JSON.stringify(entryOf(detector), null, 2)}\n` : explain(detector, width, colours));
    else if (threshold !== undefined) {
      process.stdout.write(options.json ? `${JSON.stringify(entryOfThreshold(threshold), null, 2)}\n` : explainThreshold(threshold, width, colours));
    } else throw unknown(name);
  }
  return EXIT.ok;
}

function exampleCsv(name: ExampleName): string {
  const { columns, time, values } = exampleStream(name);
  let text = `time,${columns.join(',')}\n`;
  for (let i = 0; i < time.length; i++) {
    const row = values.subarray(i * columns.length, (i + 1) * columns.length);
    text += `${new Date(time[i]).toISOString()},${Array.from(row, (x) => Number(x.toPrecision(7))).join(',')}\n`;
  }
  return text;
}

function unknown(name: string): HomeostatError {
  const known = [...registry.detectors, ...registry.thresholds].map((one) => one.name);
  const near = nearest(name, known);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return new HomeostatError('OPTION_INVALID', { detail: `there is no detector or threshold "${name}"${hint}; known: ${known.join(', ')}` });
}

function entryOf({ name, summary, about, scale, columns, threshold, onsets, members, options }: DetectorDefinition) {
  return { name, summary, ...about, scale, columns, threshold, onsets: onsets ?? false, members: members ?? [], options: optionsOf(options) };
}

function entryOfThreshold({ name, summary, about, needsSigma, bounds, options }: ThresholdDefinition) {
  return { name, summary, ...about, needsSigma, bounds, options: optionsOf(options) };
}

function catalogue() {
  return { detectors: registry.detectors.map(entryOf), thresholds: registry.thresholds.map(entryOfThreshold) };
}

function list(width: number, colours: Colours): string {
  const rows = registry.detectors.map(({ name, columns, threshold, about }) => [name, columns === 'many' ? '1 or more' : '1', threshold.name, about.finds]);
  const limits = registry.thresholds.map(({ name, summary }) => [name, summary]);
  return [
    cellsTable(['detector', 'columns', 'threshold', 'finds'], rows, width, colours),
    cellsTable(['threshold', ''], limits, width, colours),
    colours.dim('homeostat detectors NAME explains one; without a choice `auto` is used.'),
    '',
  ].join('\n');
}

function explain(definition: DetectorDefinition, width: number, colours: Colours): string {
  const { name, summary, about, columns, threshold, options, members } = definition;
  const facts: [string, string][] = [
    ['finds', about.finds],
    ['use it', about.use],
    ['columns', columns === 'many' ? 'one or several together' : 'one; of several each becomes a series of its own'],
    ['warm-up', about.warmUp],
    ['memory', about.memory],
    ['gives', about.gives],
    ['threshold', described(threshold)],
    ...(members === undefined ? [] : [['parts', members.join(', ')] as [string, string]]),
    ['source', about.paper],
  ];
  return [
    wrapped(`${colours.bold(name)}: ${summary}`, width, '', 0),
    '',
    ...facts.map(([head, text]) => wrapped(text, width, colours.dim(head.padEnd(11)), 11)),
    '',
    optionsTable(optionsOf(options), width, colours),
    drawn(definition, width, colours),
  ].join('\n');
}

function explainThreshold({ name, summary, about, options, needsSigma, bounds }: ThresholdDefinition, width: number, colours: Colours): string {
  const facts: [string, string][] = [
    ['use it', about.use],
    ['judges', needsSigma ? 'scores in standard deviations' : 'any score'],
    ['bounds', bounds === 'alerts' ? 'how often something begins' : 'single scores'],
    ['source', about.paper],
  ];
  return [
    wrapped(`${colours.bold(name)}: ${summary}`, width, '', 0),
    '',
    ...facts.map(([head, text]) => wrapped(text, width, colours.dim(head.padEnd(11)), 11)),
    '',
    optionsTable(optionsOf(options), width, colours),
    '',
  ].join('\n');
}

/** A longer default would leave its neighbour no room. */
const LONGEST_DEFAULT = 16;

function optionsTable(rows: readonly OptionRow[], width: number, colours: Colours): string {
  if (rows.length === 0) return colours.dim('no options\n');
  return cellsTable(
    ['option', 'default', 'meaning'],
    rows.map(({ name, fallback, description }) =>
      fallback.length <= LONGEST_DEFAULT ? [name, fallback, description] : [name, '', `${description} Default: ${fallback.replaceAll(',', ', ')}.`],
    ),
    width,
    colours,
  );
}

/** The detector at work on the made stream that shows what it is for. */
function drawn({ name, about }: DetectorDefinition, width: number, colours: Colours): string {
  const { story, columns, time, values } = exampleStream(about.example);
  const rows: Rows = { key: about.example, unit: '', width: columns.length, time, values };
  const said = sayOf(rows, choiceOf({ detector: name }));
  const first = new Trace(`${about.example}${columns.length === 1 ? '' : ` (${columns[0]} of ${columns.join(', ')})`}`, '');
  const scores = new Trace('score', '');
  for (let i = 0; i < time.length; i++) {
    first.push(time[i], values[i * columns.length], said.lower[i], said.upper[i], said.score[i], said.anomalous[i] === 1);
    scores.push(time[i], said.score[i], NaN, NaN, said.score[i], said.anomalous[i] === 1);
  }
  const alerts = count(alertsOf(said).length, 'alert');
  return [
    colours.dim(wrapped(`${story} With the default options: ${alerts}.`, width, '', 0)),
    '',
    plot(first, width, PLOT_ROWS, colours),
    plot(scores, width, PLOT_ROWS, colours),
  ].join('\n');
}
