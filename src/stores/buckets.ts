/** Buckets of equal width over event time, filled by rows and by rollups. */
import type { Range } from '../core/contracts.ts';
import { ANOMALOUS, LATE, numberOrNull } from '../core/verdicts.ts';
import type { VerdictBatch } from '../core/verdicts.ts';

interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
  expectedCount: number;
  expectedSum: number;
  lower: number;
  upper: number;
  score: number;
  /** Limit that the highest score was held against; NaN where only rollups tell the score. */
  limit: number;
  anomalies: number;
  /** Anomalous rows met one by one; a rollup may count fewer because it is not closed, or more because some are not stored. */
  markedAnomalies: number;
  late: number;
}

export class Buckets {
  /** Width of a bucket and start of the first one, ms; buckets start at multiples of their width, so that panning does not shift them. */
  readonly resolution: number;
  readonly origin: number;
  readonly #buckets = new Map<number, Bucket>();

  /** At most `points` buckets (at least one) over the given times. */
  constructor(from: number, to: number, points: number) {
    this.resolution = Math.max(1, Math.ceil((to - from + 1) / Math.max(1, points - 1)));
    this.origin = points > 1 ? Math.floor(from / this.resolution) * this.resolution : from;
  }

  addRow(batch: VerdictBatch, row: number, whole: boolean): void {
    const bucket = this.#at(Math.floor((batch.time[row] - this.origin) / this.resolution));
    const flags = batch.flags[row];
    if ((flags & ANOMALOUS) !== 0) bucket.markedAnomalies++;
    if ((flags & LATE) !== 0) bucket.late++;
    if (!whole) return;
    const value = batch.values[row * batch.width];
    if (!Number.isNaN(value)) addValues(bucket, 1, value, value, value);
    const expected = batch.expected[row];
    if (!Number.isNaN(expected)) {
      bucket.expectedCount++;
      bucket.expectedSum += expected;
    }
    if (batch.lower[row] < bucket.lower) bucket.lower = batch.lower[row]!;
    if (batch.upper[row] > bucket.upper) bucket.upper = batch.upper[row]!;
    if (batch.score[row] > bucket.score) {
      bucket.score = batch.score[row]!;
      bucket.limit = batch.limit[row]!;
    }
  }

  addRollup(r: { bucket: number; count: number; sum: number | null; min: number | null; max: number | null; anomalies: number; score: number | null }): void {
    const bucket = this.#at(r.bucket);
    if (r.sum !== null && r.count > 0) addValues(bucket, r.count, r.sum, r.min ?? Infinity, r.max ?? -Infinity);
    bucket.anomalies += r.anomalies;
    if (r.score !== null && r.score > bucket.score) {
      bucket.score = r.score;
      bucket.limit = NaN;
    }
  }

  range(): Range {
    const sorted = [...this.#buckets].toSorted(([a], [b]) => a - b);
    const column = (pick: (bucket: Bucket) => number) => sorted.map(([, bucket]) => numberOrNull(pick(bucket)));
    return {
      resolution: this.resolution,
      time: sorted.map(([index]) => this.origin + index * this.resolution),
      mean: column((b) => b.sum / b.count),
      min: column((b) => b.min),
      max: column((b) => b.max),
      expected: column((b) => b.expectedSum / b.expectedCount),
      lower: column((b) => b.lower),
      upper: column((b) => b.upper),
      score: column((b) => b.score),
      threshold: column((b) => b.limit),
      anomalous: sorted.map(([, b]) => Math.max(b.anomalies, b.markedAnomalies)),
      late: sorted.map(([, b]) => b.late),
    };
  }

  #at(index: number): Bucket {
    let bucket = this.#buckets.get(index);
    if (bucket === undefined) {
      bucket = {
        count: 0,
        sum: 0,
        min: Infinity,
        max: -Infinity,
        expectedCount: 0,
        expectedSum: 0,
        lower: Infinity,
        upper: -Infinity,
        score: -Infinity,
        limit: NaN,
        anomalies: 0,
        markedAnomalies: 0,
        late: 0,
      };
      this.#buckets.set(index, bucket);
    }
    return bucket;
  }
}

function addValues(bucket: Bucket, count: number, sum: number, min: number, max: number): void {
  bucket.count += count;
  bucket.sum += sum;
  if (min < bucket.min) bucket.min = min;
  if (max > bucket.max) bucket.max = max;
}
