/** One series, thinned out as it passes, for a chart: memory does not grow with the number of rows. */

/** Neighbouring rows that became one point. Times in ms. */
export interface Point {
  from: number;
  to: number;
  min: number;
  max: number;
  /** Envelope of the expected band; NaN without. */
  lower: number;
  upper: number;
  /** Anomalous rows, and the one with the highest score. */
  anomalies: number;
  score: number;
  time: number;
  value: number;
}

const CAPACITY = 2048;

export class Trace {
  readonly key: string;
  readonly unit: string;
  rows = 0;
  anomalies = 0;
  #points: Point[] = [];
  /** Rows per point. */
  #stride = 1;
  #open = 0;

  constructor(key: string, unit: string) {
    this.key = key;
    this.unit = unit;
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  push(time: number, value: number, lower: number, upper: number, score: number, anomalous: boolean): void {
    this.rows++;
    if (anomalous) this.anomalies++;
    if (Number.isNaN(value)) return;
    const point: Point = {
      from: time,
      to: time,
      min: value,
      max: value,
      lower,
      upper,
      anomalies: anomalous ? 1 : 0,
      score: anomalous ? score : -Infinity,
      time,
      value,
    };
    if (this.#open > 0) absorb(this.#points.at(-1)!, point);
    else {
      if (this.#points.length === CAPACITY) this.#halve();
      this.#points.push(point);
    }
    this.#open = (this.#open + 1) % this.#stride;
  }

  /** Every two neighbours become one. */
  #halve(): void {
    const half: Point[] = [];
    for (let i = 0; i < this.#points.length; i += 2) {
      const point = this.#points[i];
      if (this.#points[i + 1]) absorb(point, this.#points[i + 1]);
      half.push(point);
    }
    this.#points = half;
    this.#stride *= 2;
  }
}

function absorb(into: Point, point: Point): void {
  into.from = Math.min(into.from, point.from);
  into.to = Math.max(into.to, point.to);
  into.min = Math.min(into.min, point.min);
  into.max = Math.max(into.max, point.max);
  into.lower = lesser(into.lower, point.lower);
  into.upper = -lesser(-into.upper, -point.upper);
  into.anomalies += point.anomalies;
  if (point.score > into.score) {
    into.score = point.score;
    into.time = point.time;
    into.value = point.value;
  }
}

/** The lesser of two of which any may be NaN. */
function lesser(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return b < a ? b : a;
}

/** Traces of the first series; further ones are counted. */
export class Traces {
  readonly #most: number;
  readonly #bySeries: (Trace | undefined)[] = [];
  untraced = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get all(): Trace[] {
    return this.#bySeries.filter((trace) => trace !== undefined);
  }

  /** The trace of a series; undefined for one too many. */
  of(series: number, name: () => { key: string; unit: string }): Trace | undefined {
    if (series in this.#bySeries) return this.#bySeries[series];
    const { key, unit } = name();
    const trace = this.all.length < this.#most ? new Trace(key, unit) : undefined;
    if (trace === undefined) this.untraced++;
    this.#bySeries[series] = trace;
    return trace;
  }
}
