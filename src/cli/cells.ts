/** Text in columns, as wide as the terminal. */
import { visibleLength, type Colours } from './terminal.ts';

/** The words of a text in lines of at most `width`, the first after `head`, the others indented. */
export function wrapped(text: string, width: number, head: string, indent: number): string {
  return wordsOf(text, Math.max(20, width - indent))
    .map((line, i) => (i === 0 ? head : ' '.repeat(indent)) + line)
    .join('\n');
}

function wordsOf(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)!;
    if (last === '') lines[lines.length - 1] = word;
    else if (visibleLength(last) + 1 + visibleLength(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A head and rows; the last column is broken into lines, the others are as wide as their widest cell. `right`: columns of numbers. */
export function cellsTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
  colours: Colours,
  right: readonly number[] = [],
): string {
  const last = head.length - 1;
  const widths = head.map((text, c) => rows.reduce((most, row) => Math.max(most, visibleLength(row[c] ?? '')), visibleLength(text)));
  const before = widths.slice(0, last).reduce((sum, w) => sum + w + 2, 0);
  const room = Math.max(20, width - before);
  const line = (row: readonly string[], paint: (text: string, c: number) => string): string => {
    const cells = row.slice(0, last).map((text, c) => {
      const pad = ' '.repeat(widths[c] - visibleLength(text));
      return paint(right.includes(c) ? pad + text : text + pad, c);
    });
    const tail = right.includes(last)
      ? [' '.repeat(Math.max(0, Math.min(room, widths[last]) - visibleLength(row[last]))) + row[last]]
      : wordsOf(row[last] ?? '', room);
    return tail.map((text, i) => (i === 0 ? [...cells, paint(text, last)].join('  ') : ' '.repeat(before) + text).trimEnd()).join('\n');
  };
  const body = rows.map((row) => line(row, (text, c) => (c === 0 ? colours.bold(text) : text)));
  return `${[line(head, (text) => colours.dim(text)), ...body].join('\n')}\n`;
}
