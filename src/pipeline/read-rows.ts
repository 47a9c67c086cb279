/** All rows of a file in memory, by series: for what looks at them more than once. */
import { SeriesDictionary } from '../core/events.ts';
import type { Rows } from './compare.ts';
import { decodeStream, type BadRow, type DetectInput } from './detect.ts';

export interface ReadRows {
  series: Rows[];
  bad: BadRow[];
  /** What the format chose, in words. */
  report: readonly string[];
  /** True when there were more values than `most`: the first ones were kept. */
  isCut: boolean;
}

/** Columns that grow; of one series. */
class Growing {
  length = 0;
  time = new Float64Array(1024);
  values: Float64Array;
  readonly width: number;

  constructor(width: number) {
    this.width = width;
    this.values = new Float64Array(1024 * width);
  }

  push(time: number, values: Float64Array, at: number): void {
    if (this.length === this.time.length) {
      this.time = doubled(this.time);
      this.values = doubled(this.values);
    }
    this.time[this.length] = time;
    for (let c = 0; c < this.width; c++) this.values[this.length * this.width + c] = values[at + c];
    this.length++;
  }
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(old.length * 2);
  bigger.set(old);
  return bigger;
}

/** Reads at most `most` values. `together`: the columns asked for make one series of rows. Throws what `decodeStream` throws. */
export async function readRows(input: DetectInput, together: boolean, most: number): Promise<ReadRows> {
  const dictionary = new SeriesDictionary();
  const series: Growing[] = [];
  const read: ReadRows = { series: [], bad: [], report: [], isCut: false };
  let count = 0;
  for await (const { events, bad, report } of decodeStream(input, together, dictionary)) {
    const { width } = events;
    read.bad.push(...bad);
    read.report = report;
    for (let i = 0; i < events.length && count < most; i++, count += width) {
      (series[events.series[i]] ??= new Growing(width)).push(events.time[i], events.values, i * width);
    }
    if (count < most) continue;
    read.isCut = true;
    break;
  }
  read.series = series.map(({ length, time, values, width }, index) => {
    const { key, unit } = dictionary.get(index);
    return { key, unit, width, time: time.subarray(0, length), values: values.subarray(0, length * width) };
  });
  return read;
}
