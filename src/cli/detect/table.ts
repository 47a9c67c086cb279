/** Anomalies as a table that fits the terminal. */
import type { Verdict } from '../../core/verdicts.ts';
import { cutTo, visibleLength, type Colours } from '../terminal.ts';
import { printable, shortDuration, shortNumber, shortTime } from '../text.ts';
import type { Episode } from './episodes.ts';

interface Column {
  head: string;
  right: boolean;
  text(episode: Episode): string;
}

const number = (x: number | null): string => (x === null ? '–' : shortNumber(x));

/** A number of a band to the hundredth of its width: further digits only take room. */
function rough(x: number | null, { lower, upper }: Verdict): string {
  if (x === null || lower === null || upper === null || !(upper > lower) || !Number.isFinite(upper - lower)) return number(x);
  const digits = Math.floor(Math.log10((upper - lower) / 100));
  return shortNumber(digits < 0 ? Number(x.toFixed(Math.min(100, -digits))) : Math.round(x / 10 ** digits) * 10 ** digits);
}

/** Only what differs or is known: series where there are several, the band where the detector gives one, alerts where not all are. */
function columnsFor(episodes: readonly Episode[]): Column[] {
  const some = (of: (episode: Episode) => boolean): boolean => episodes.some(of);
  const several = new Set(episodes.map(({ verdict }) => verdict.series)).size > 1;
  const banded = some(({ verdict }) => verdict.lower !== null);
  return [
    { head: 'from', right: false, text: ({ from }) => shortTime(from) },
    ...(some(({ rows }) => rows > 1) ? [{ head: 'lasts', right: true, text: ({ from, to }: Episode) => (from === to ? '·' : shortDuration(to - from)) }] : []),
    ...(some(({ alert }) => !alert) ? [{ head: 'alert', right: false, text: ({ alert }: Episode) => (alert ? '●' : '') }] : []),
    ...(several ? [{ head: 'series', right: false, text: ({ verdict }: Episode) => printable(verdict.series).replaceAll('\n', ' ') }] : []),
    { head: 'value', right: true, text: ({ verdict: { values, unit } }) => values.map(number).join(' ') + (unit === '' ? '' : ` ${unit}`) },
    ...(banded
      ? [
          { head: 'expected', right: true, text: ({ verdict }: Episode) => rough(verdict.expected, verdict) },
          { head: 'low', right: true, text: ({ verdict }: Episode) => rough(verdict.lower, verdict) },
          { head: 'high', right: true, text: ({ verdict }: Episode) => rough(verdict.upper, verdict) },
        ]
      : []),
    { head: 'score', right: true, text: ({ score }) => (Number.isNaN(score) ? '–' : score.toFixed(2)) },
    ...(some(({ verdict }) => verdict.member !== null)
      ? [{ head: 'by', right: false, text: ({ verdict }: Episode) => (verdict.anomalous ? (verdict.member ?? '') : 'onset') }]
      : []),
  ];
}

/** A head and one line per episode, with the values of its worst row, at most `width` characters; scores far above the threshold in red, the others in yellow. */
export function table(episodes: readonly Episode[], width: number, colours: Colours): string {
  const columns = columnsFor(episodes);
  let { cells, widths } = laidOut(episodes, columns, width);
  for (const name of DISPENSABLE) {
    if (lineWidth(widths) <= width) break;
    const i = columns.findIndex(({ head }) => head === name);
    if (i < 0) continue;
    columns.splice(i, 1);
    ({ cells, widths } = laidOut(episodes, columns, width));
  }
  const line = (row: readonly string[], paint: (text: string, i: number) => string): string =>
    row
      .map((text, i) => {
        const cut = cutTo(text, widths[i]);
        const pad = ' '.repeat(widths[i] - visibleLength(cut));
        return paint(columns[i].right ? pad + cut : cut + pad, i);
      })
      .join('  ')
      .trimEnd();
  const head = line(
    columns.map(({ head }) => head),
    (text) => colours.dim(text),
  );
  const body = episodes.map(({ verdict }, r) => {
    const strong = verdict.score !== null && verdict.threshold !== null && verdict.score > 2 * verdict.threshold;
    const colour = strong ? colours.red : colours.yellow;
    return line(cells[r], (text, i) => (columns[i].head === 'score' ? colour(text) : columns[i].head === 'value' ? colours.bold(text) : text));
  });
  return [head, ...body].join('\n') + '\n';
}

/** What the others tell as well, or nearly, in the order in which it is left out of a narrow terminal. */
const DISPENSABLE = ['expected', 'by', 'lasts'];
const LEAST = 12;

function laidOut(episodes: readonly Episode[], columns: readonly Column[], width: number): { cells: string[][]; widths: number[] } {
  const cells = episodes.map((episode) => columns.map((column) => column.text(episode)));
  const widths = columns.map((column, i) => cells.reduce((most, row) => Math.max(most, visibleLength(row[i])), column.head.length));
  shrink(widths, columns, width);
  return { cells, widths };
}

const lineWidth = (widths: readonly number[]): number => widths.reduce((sum, w) => sum + w, 2 * (widths.length - 1));

/** Takes what is too much from the names of series, then from long values. */
function shrink(widths: number[], columns: readonly Column[], width: number): void {
  for (const name of ['series', 'value']) {
    const over = lineWidth(widths) - width;
    const i = columns.findIndex(({ head }) => head === name);
    if (over > 0 && i >= 0) widths[i] = Math.max(Math.min(LEAST, widths[i]), widths[i] - over);
  }
}
