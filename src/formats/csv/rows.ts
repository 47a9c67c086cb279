/** The first rows of a CSV text as strings: for looking at the layout, not for decoding. */
import { CR, LF, QUOTE, textOf } from '../bytes.ts';

export interface FirstRows {
  rows: string[][];
  /** Raw line of each row. */
  lines: string[];
  /** Index behind the newline of each row. */
  ends: number[];
  comments: number;
}

/**
 * At most `most` whole rows of bytes[from ..); a last row without its newline counts only when `ends`.
 * Fields are unquoted; blank lines and lines that begin with `comment` are left out.
 */
export function firstRows(bytes: Uint8Array, from: number, delimiter: number, comment: number, most: number, ends: boolean): FirstRows {
  const found: FirstRows = { rows: [], lines: [], ends: [], comments: 0 };
  let at = from;
  while (at < bytes.length && found.rows.length < most) {
    if (bytes[at] === comment || bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) {
      if (bytes[at] === comment) found.comments++;
      const next = bytes.indexOf(LF, at);
      if (next < 0) break;
      at = next + 1;
      continue;
    }
    const end = rowEnd(bytes, at, delimiter);
    if (end === bytes.length && !ends) break;
    const stop = end > at && bytes[end - 1] === CR ? end - 1 : end;
    found.rows.push(fieldsOf(bytes, at, stop, delimiter));
    found.lines.push(textOf(bytes, at, stop));
    at = end + 1;
    found.ends.push(at);
  }
  return found;
}

/** Index of the newline that ends the row, outside quotes; bytes.length when there is none. An unclosed quote ends at its line. */
function rowEnd(bytes: Uint8Array, from: number, delimiter: number): number {
  let start = true;
  for (let i = from; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === LF) return i;
    if (c === QUOTE && start) {
      i = closingQuote(bytes, i + 1, bytes.length);
      if (i < 0) break;
      start = false;
    } else start = c === delimiter;
  }
  const line = bytes.indexOf(LF, from);
  return line < 0 ? bytes.length : line;
}

/** Index of the quote that closes a field whose text begins at `from`; -1 when it is not before `to`. */
export function closingQuote(bytes: Uint8Array, from: number, to: number): number {
  for (let i = bytes.indexOf(QUOTE, from); i >= 0 && i < to; i = bytes.indexOf(QUOTE, i + 2)) {
    if (bytes[i + 1] !== QUOTE || i + 1 >= to) return i;
  }
  return -1;
}

function fieldsOf(bytes: Uint8Array, from: number, to: number, delimiter: number): string[] {
  const fields: string[] = [];
  let at = from;
  for (;;) {
    let end: number;
    const close = bytes[at] === QUOTE && at < to ? closingQuote(bytes, at + 1, to) : -1;
    if (close >= 0) {
      fields.push(textOf(bytes, at + 1, close).replaceAll('""', '"'));
      end = close + 1;
    } else end = at;
    while (end < to && bytes[end] !== delimiter) end++;
    if (close < 0) fields.push(textOf(bytes, at, end));
    if (end >= to) return fields;
    at = end + 1;
  }
}
