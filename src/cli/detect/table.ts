/** Anomalies as a table that fits the terminal. */
import type { Verdict } from '../../core/verdicts.ts';
import { cutTo, visibleLength, type Colours } from '../terminal.ts';
import { printable, shortNumber, shortTime } from '../text.ts';

interface Column {
  head: string;
  right: boolean;
  text(verdict: Verdict): string;
}

const number = (x: number | null): string => (x === null ? '–' : shortNumber(x));

/** Series only where there are several; band only where the detector gives one. */
function columnsFor(verdicts: readonly Verdict[]): Column[] {
  const several = new Set(verdicts.map(({ series }) => series)).size > 1;
  const banded = verdicts.some(({ lower }) => lower !== null);
  return [
    { head: 'time', right: false, text: ({ time }) => shortTime(Date.parse(time)) },
    ...(several ? [{ head: 'series', right: false, text: ({ series }: Verdict) => printable(series).replaceAll('\n', ' ') }] : []),
    { head: 'value', right: true, text: ({ values, unit }) => values.map(number).join(' ') + (unit === '' ? '' : ` ${unit}`) },
    ...(banded
      ? [
          { head: 'expected', right: true, text: ({ expected }: Verdict) => number(expected) },
          { head: 'from', right: true, text: ({ lower }: Verdict) => number(lower) },
          { head: 'to', right: true, text: ({ upper }: Verdict) => number(upper) },
        ]
      : []),
    { head: 'score', right: true, text: ({ score }) => (score === null ? '–' : score.toFixed(2)) },
  ];
}

/** A head and one line per anomaly, at most `width` characters; scores far above the threshold in red, the others in yellow. */
export function table(verdicts: readonly Verdict[], width: number, colours: Colours): string {
  const columns = columnsFor(verdicts);
  const cells = verdicts.map((verdict) => columns.map((column) => column.text(verdict)));
  const widths = columns.map((column, i) => cells.reduce((most, row) => Math.max(most, visibleLength(row[i])), column.head.length));
  shrink(widths, columns, width);
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
  const body = verdicts.map((verdict, r) => {
    const strong = verdict.score !== null && verdict.threshold !== null && verdict.score > 2 * verdict.threshold;
    const colour = strong ? colours.red : colours.yellow;
    return line(cells[r], (text, i) => (columns[i].head === 'score' ? colour(text) : columns[i].head === 'value' ? colours.bold(text) : text));
  });
  return [head, ...body].join('\n') + '\n';
}

/** Takes what is too much from the names of series, then from long values. */
function shrink(widths: number[], columns: readonly Column[], width: number): void {
  for (const name of ['series', 'value']) {
    const over = widths.reduce((sum, w) => sum + w, 2 * (widths.length - 1)) - width;
    const i = columns.findIndex(({ head }) => head === name);
    if (over > 0 && i >= 0) widths[i] = Math.max(12, widths[i] - over);
  }
}
