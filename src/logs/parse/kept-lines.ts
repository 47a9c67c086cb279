/** Some rows of a batch's text, without a copy of the text itself. */
import type { LineColumns } from '../../core/contracts/logs.ts';

const NUMBERS = ['start', 'end', 'message', 'messageEnd', 'component', 'componentEnd', 'level', 'stated'] as const;

/** The rows of `lines` with these indexes, in this order. */
export function keptLines(lines: LineColumns, rows: readonly number[]): LineColumns {
  const kept: LineColumns = {
    bytes: lines.bytes,
    start: new Uint32Array(rows.length),
    end: new Uint32Array(rows.length),
    message: new Uint32Array(rows.length),
    messageEnd: new Uint32Array(rows.length),
    component: new Uint32Array(rows.length),
    componentEnd: new Uint32Array(rows.length),
    level: new Uint8Array(rows.length),
    stated: new Float64Array(rows.length),
  };
  for (const name of NUMBERS) {
    const from = lines[name];
    const to = kept[name];
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]];
  }
  return kept;
}
