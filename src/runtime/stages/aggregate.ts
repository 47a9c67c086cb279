/** One event per series and interval: mean, count, p95 … of its values, or the rate of a counter. */
import type { KeyedStates, Operator, StageOutput } from '../../core/contracts.ts';
import type { EventBatch, SeriesDictionary } from '../../core/events.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Column, type AggregateFunction } from './column.ts';
import { isEntity } from './entity.ts';
import { TIMER_PARTITION } from './timer.ts';

export interface AggregateOptions {
  /** Length of an interval, ms; intervals begin at its multiples since 1970. */
  every: number;
  function: AggregateFunction;
  /** Only series that have all of these labels. */
  filter: Readonly<Record<string, string>>;
  /** Unit of the result; that of the series when absent. */
  unit?: string;
  /** Values of one interval that a quantile is exact for, and the most that are held. */
  maxValues?: number;
}

const MAX_VALUES = 1000;

/** The interval of a series that is open, if any, and one column per value of a row. */
interface Open {
  /** End of the interval, ms; NaN when none is open. */
  end: number;
  columns: Column[];
}

/**
 * The value of the interval [end - every, end) comes at time `end`, on the same series; an interval without a value gives
 * nothing. Values leave in order of (time, series), however the input was cut into batches: whatever has ended before the
 * next row leaves before that row is looked at.
 */
export class Aggregate implements Operator<Open> {
  readonly name = 'aggregate';
  readonly key = 'series';
  readonly timed = true;
  readonly version = 1;
  readonly #options: AggregateOptions;
  readonly #maxValues: number;
  readonly #dictionary: SeriesDictionary;
  /** Of each series: whether its labels fit. */
  readonly #taken: boolean[] = [];

  constructor(options: AggregateOptions, dictionary: SeriesDictionary) {
    this.#options = options;
    this.#maxValues = options.maxValues ?? MAX_VALUES;
    this.#dictionary = dictionary;
  }

  create(): Open {
    return { end: NaN, columns: [] };
  }

  snapshot(state: Open, writer: SnapshotWriter): void {
    writer.f64(state.end);
    writer.u32(state.columns.length);
    for (const column of state.columns) column.snapshot(writer);
  }

  restore(reader: SnapshotReader, key: number): Open {
    const end = reader.f64();
    const columns = Array.from({ length: reader.u32() }, (_, c) => Column.restore(reader, this.#options.function, this.#maxValues, streamOf(key, c)));
    return { end, columns };
  }

  process(batch: EventBatch, states: KeyedStates<Open>, out: StageOutput): void {
    this.#choose();
    const { every } = this.#options;
    const { width } = batch;
    let current = NaN;
    for (let i = 0; i < batch.length; i++) {
      const time = batch.time[i];
      const end = Math.floor(time / every) * every + every;
      if (end !== current) {
        this.#close(time, states, out);
        current = end;
      }
      const series = batch.series[i];
      if (!this.#taken[series]) continue;
      for (let c = 0; c < width; c++) {
        const x = batch.values[i * width + c];
        if (Number.isFinite(x)) this.#columnOf(states, series, end, c).add(x, time);
      }
    }
  }

  advance(watermark: number, states: KeyedStates<Open>, out: StageOutput): void {
    this.#close(watermark, states, out);
  }

  /** Gives out every interval that has ended at this time. */
  #close(time: number, states: KeyedStates<Open>, out: StageOutput): void {
    states.due(time, (series, state, end) => {
      const results = state.columns.map((column) => column.result());
      for (const column of state.columns) column.clear();
      state.end = NaN;
      if (results.every(Number.isNaN)) return;
      const { events } = out;
      const row = events.row(series, end, TIMER_PARTITION, end, 0);
      for (let c = 0; c < events.width; c++) events.values[row * events.width + c] = results[c] ?? NaN;
    });
  }

  #columnOf(states: KeyedStates<Open>, series: number, end: number, c: number): Column {
    const state = states.get(series);
    if (state.end !== end) {
      state.end = end;
      states.setTimer(series, end);
    }
    const { columns } = state;
    while (columns.length <= c) columns.push(new Column(this.#options.function, this.#maxValues, streamOf(series, columns.length)));
    return columns[c];
  }

  /** Looks at the series that are new: whether their labels fit, and then names the unit. */
  #choose(): void {
    const { filter, unit } = this.#options;
    for (let series = this.#taken.length; series < this.#dictionary.size; series++) {
      const info = this.#dictionary.get(series);
      const fits = Object.entries(filter).every(([label, value]) => info.labels[label] === value);
      if (fits && unit !== undefined && !isEntity(info)) info.unit = unit;
      this.#taken.push(fits);
    }
  }
}

/** Keeps the samples of different series and columns apart. */
function streamOf(series: number, column: number): number {
  return series * 256 + column;
}
