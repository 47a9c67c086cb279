/** One column of one series within one interval. */
import { CounterRandom } from '../../core/random.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { quantileOf } from '../../math/quantile.ts';

export type AggregateFunction = 'mean' | 'sum' | 'min' | 'max' | 'count' | 'p50' | 'p95' | 'p99' | 'rate';

const QUANTILES: Partial<Record<AggregateFunction, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

const sample = new CounterRandom(0);

/**
 * Takes the values of an interval and says what its function makes of them. Quantiles are exact up to `maxValues` values;
 * beyond, they are those of a random sample of that size (Vitter's algorithm R 1985), drawn from the numbers that `stream`
 * names, so that the same values give the same answer in every run.
 */
export class Column {
  readonly #function: AggregateFunction;
  readonly #isRate: boolean;
  /** NaN unless the function is a quantile. */
  readonly #quantile: number;
  readonly #maxValues: number;
  readonly #stream: number;
  count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  /** Values for a quantile; the first min(count, maxValues) places are in use. */
  #values: Float64Array = new Float64Array(0);
  /** For a rate: the last value and its time (of this interval or one before), what it grew by since, and over how long. */
  #last = NaN;
  #lastTime = NaN;
  #growth = 0;
  #elapsed = 0;

  constructor(chosen: AggregateFunction, maxValues: number, stream: number) {
    this.#function = chosen;
    this.#isRate = chosen === 'rate';
    this.#quantile = QUANTILES[chosen] ?? NaN;
    this.#maxValues = maxValues;
    this.#stream = stream;
  }

  add(x: number, time: number): void {
    this.count++;
    if (this.#isRate) this.#grow(x, time);
    else if (this.#quantile >= 0) this.#keep(x, time);
    else {
      this.#sum += x;
      if (x < this.#min) this.#min = x;
      if (x > this.#max) this.#max = x;
    }
  }

  /** NaN where there is nothing to say. */
  result(): number {
    if (this.count === 0) return NaN;
    switch (this.#function) {
      case 'mean':
        return this.#sum / this.count;
      case 'sum':
        return this.#sum;
      case 'min':
        return this.#min;
      case 'max':
        return this.#max;
      case 'count':
        return this.count;
      case 'rate':
        return this.#elapsed > 0 ? (this.#growth * 1000) / this.#elapsed : NaN;
      default: {
        const held = this.#values.slice(0, Math.min(this.count, this.#maxValues)).sort();
        return quantileOf(held, held.length, this.#quantile);
      }
    }
  }

  /** Ready for the next interval; a counter's last value stays. */
  clear(): void {
    this.count = this.#sum = this.#growth = this.#elapsed = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
    this.#values = new Float64Array(0);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.count, this.#sum, this.#min, this.#max, this.#last, this.#lastTime, this.#growth, this.#elapsed]) writer.f64(x);
    writer.f64s(this.#values.subarray(0, Math.min(this.count, this.#values.length)));
  }

  static restore(reader: SnapshotReader, chosen: AggregateFunction, maxValues: number, stream: number): Column {
    const column = new Column(chosen, maxValues, stream);
    column.count = reader.f64();
    column.#sum = reader.f64();
    column.#min = reader.f64();
    column.#max = reader.f64();
    column.#last = reader.f64();
    column.#lastTime = reader.f64();
    column.#growth = reader.f64();
    column.#elapsed = reader.f64();
    column.#values = reader.f64s();
    return column;
  }

  /** A counter that fell began again at 0. */
  #grow(x: number, time: number): void {
    if (!Number.isNaN(this.#last)) {
      this.#growth += x >= this.#last ? x - this.#last : x;
      this.#elapsed += time - this.#lastTime;
    }
    this.#last = x;
    this.#lastTime = time;
  }

  #keep(x: number, time: number): void {
    let place = this.count - 1;
    if (place >= this.#maxValues) {
      place = sample.at(this.#stream, Math.floor(Math.abs(time)) + this.count).below(this.count);
      if (place >= this.#maxValues) return;
    }
    if (place >= this.#values.length) {
      const more = new Float64Array(Math.min(this.#maxValues, Math.max(16, this.#values.length * 2)));
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[place] = x;
  }
}
