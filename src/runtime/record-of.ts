/** Rows that were decoded and then refused, as the dead letters keep them. */
import type { EventBatch, SeriesDictionary } from '../core/events.ts';

/** What is kept of a row that was decoded and then refused: the line itself, or the event as JSON. */
export function recordOf(rows: EventBatch, i: number, dictionary: SeriesDictionary): Uint8Array {
  const { width, values, lines } = rows;
  if (lines !== undefined) return lines.bytes.slice(lines.start[i], lines.end[i]);
  const record = { series: dictionary.get(rows.series[i]).key, time: rows.time[i], values: [...values.subarray(i * width, (i + 1) * width)] };
  return Buffer.from(JSON.stringify(record));
}
