/** Missing and irregular data: rows that come too late, values that are left out. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { LENGTH_STATE, Lengths } from '../math/lengths.ts';
import { isMissing } from './zscore.ts';

const options = Type.Object(
  {
    span: Type.Integer({
      description: 'About how many rows the usual share of missing values is learnt from; what stays missing becomes usual within about three times as many.',
      minimum: 20,
      maximum: 1_000_000,
      default: 500,
    }),
    usual_missing: Type.Number({
      description:
        'Share of missing values that is usual at least: without it a single missing value in a series that never misses one would count as much as an outage.',
      minimum: 0.0001,
      maximum: 0.5,
      default: 0.01,
    }),
    min_points: Type.Integer({ description: 'Rows seen before there is a score.', minimum: 4, default: 30 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

const COUNT = 0;
const LAST = 1;
/** For each column the usual share of missing values, then the evidence that more of them are missing now. */
const COLUMNS = 2;

/** Evidence ends here, so that it is soon gone when values come again. */
const MOST = 6;

class Gap implements Detector {
  readonly #options: Options;
  readonly #width: number;
  readonly #state: Float64Array;
  readonly #intervals: Lengths;

  constructor(chosen: Options, width: number, bytes = new ArrayBuffer(sizeOf(width))) {
    this.#options = chosen;
    this.#width = width;
    const numbers = COLUMNS + 2 * width;
    this.#state = new Float64Array(bytes, 0, numbers);
    this.#intervals = new Lengths(new Float32Array(bytes, numbers * 8, LENGTH_STATE));
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const { min_points } = this.#options;
    if (this.#state[COUNT] < min_points) return NaN;
    let squares = 0;
    let score = 0;
    for (let column = 0; column < this.#width; column++) {
      const evidence = this.#evidence(column, values[at + column]);
      out.contributions[column] = evidence * evidence;
      squares += evidence * evidence;
      if (evidence > score) score = evidence;
    }
    for (let column = 0; column < this.#width; column++) out.contributions[column] /= squares;
    const late = this.#intervals.surprise(this.#passed(time), min_points - 1);
    if (late <= score) return score;
    out.contributions[0] = NaN;
    return late;
  }

  learn(time: number, values: Float64Array, at: number): void {
    const state = this.#state;
    const passed = this.#passed(time);
    if (passed > 0) this.#intervals.add(passed);
    for (let column = 0; column < this.#width; column++) {
      const x = values[at + column];
      const place = COLUMNS + 2 * column;
      if (state[COUNT] >= this.#options.min_points) state[place + 1] = this.#evidence(column, x);
      state[place] += ((isMissing(x) ? 1 : 0) - state[place]) / Math.min(state[COUNT] + 1, this.#options.span);
    }
    state[LAST] = time;
    state[COUNT]++;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(new Uint8Array(this.#state.buffer));
  }

  static restore(reader: SnapshotReader, chosen: Options, width: number): Gap {
    const bytes = new ArrayBuffer(sizeOf(width));
    reader.block(new Uint8Array(bytes));
    return new Gap(chosen, width, bytes);
  }

  /** Time since the row before, ms; 0 for the first row and for times that do not advance. */
  #passed(time: number): number {
    return this.#state[COUNT] > 0 ? Math.max(0, time - this.#state[LAST]) : 0;
  }

  /** log10 of how much likelier the last rows are if half of the values that usually come were missing, from the best beginning on; forgotten within the span. */
  #evidence(column: number, x: number): number {
    const state = this.#state;
    const place = COLUMNS + 2 * column;
    const usual = Math.min(Math.max(state[place], this.#options.usual_missing), 0.99);
    const suspected = (1 + usual) / 2;
    const said = isMissing(x) ? suspected / usual : (1 - suspected) / (1 - usual);
    return Math.max(0, Math.min(MOST, state[place + 1] * (1 - 1 / this.#options.span) + Math.log10(said)));
  }
}

function sizeOf(width: number): number {
  return (COLUMNS + 2 * width) * 8 + LENGTH_STATE * 4;
}

/** Score: the larger of -log10 of the part of the intervals that were as long, and the cumulated evidence (log10 of a likelihood ratio) that values are missing. */
export const gap = defineDetector({
  name: 'gap',
  summary: 'Time since the row before, and missing values, against what the series normally does: finds gaps and data that has become thin.',
  options,
  sample: { span: 100, min_points: 20 },
  about: {
    finds: 'Rows that come much later than usual, and values that are missing more often than usual.',
    use: 'Where it matters that data arrives. A gap is reported by the row that ends it; for an alert while it lasts use the state NoData of incidents. Let it learn always: a late row that is not learnt makes the next one later still. Values themselves are not looked at.',
    warmUp: '30 rows.',
    memory: 'About 0.9 KB, and 16 bytes a further column.',
    gives: 'contributions',
    paper:
      'Reynolds and Stoumbos (1999), A CUSUM chart for monitoring a proportion when inspecting continuously; intervals by their empirical survival function.',
    example: 'gaps',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 4.5 } },
  judges: 'times',
  version: 1,
  columns: 'many',
  create: (chosen, width) => new Gap(chosen, width),
  restore: (reader, chosen, width) => Gap.restore(reader, chosen, width),
});
