/** One row per entity and interval, made of the series of that entity. */
import type { KeyedStates, Operator, StageOutput } from '../../core/contracts.ts';
import type { EventBatch, SeriesDictionary, SeriesInfo } from '../../core/events.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { entityKey } from './entity.ts';
import { TIMER_PARTITION } from './timer.ts';

export interface AlignOptions {
  /** Label that names the entity. */
  by: string;
  /** Columns of a row: values of `columnLabel`, or where a series has no such label, the name in its key: `cpu` of `web-1/cpu` and of `cpu{host=web-1}`. */
  columns: readonly string[];
  columnLabel: string;
  /** Time between two rows, ms; rows stand at its multiples since 1970. */
  every: number;
  /** What stands where a column had no value in the interval: nothing (NaN), 0, or its last value. */
  fill: 'none' | 'last' | 'zero';
  /** Longest time, ms, from a value to the row that still repeats it. */
  maxAge: number;
}

/** Of one entity: the end of the open interval (NaN: none), and the newest value of each column with its time. */
interface Row {
  end: number;
  values: Float64Array;
  times: Float64Array;
}

const NOT_TAKEN = -1;

/**
 * The row of the interval [end - every, end) comes at time `end` and holds the newest value of each column; an interval
 * in which nothing of the entity came gives no row, whatever the fill. The entity is a series of the output dictionary,
 * `host=web-1`, with the label alone; it is that series' index that states are kept under. Entities are named in the order
 * of the input dictionary, so their indices do not depend on how the input was cut into batches. Series without the label,
 * without a column, or of an entity beyond the bound of the output dictionary are left out.
 */
class Align implements Operator<Row> {
  readonly name = 'align';
  readonly key = 'series';
  readonly timed = true;
  readonly version = 1;
  readonly #options: AlignOptions;
  readonly #input: SeriesDictionary;
  readonly #output: SeriesDictionary;
  /** Of each input series: index of its entity and of its column, or NOT_TAKEN. */
  readonly #entity: number[] = [];
  readonly #column: number[] = [];

  constructor(options: AlignOptions, input: SeriesDictionary, output: SeriesDictionary) {
    this.#options = options;
    this.#input = input;
    this.#output = output;
  }

  create(): Row {
    const { length } = this.#options.columns;
    return { end: NaN, values: new Float64Array(length).fill(NaN), times: new Float64Array(length).fill(NaN) };
  }

  snapshot(state: Row, writer: SnapshotWriter): void {
    writer.f64(state.end);
    writer.f64s(state.values);
    writer.f64s(state.times);
  }

  restore(reader: SnapshotReader): Row {
    return { end: reader.f64(), values: reader.f64s(), times: reader.f64s() };
  }

  process(batch: EventBatch, states: KeyedStates<Row>, out: StageOutput): void {
    this.#nameEntities();
    const { every } = this.#options;
    let current = NaN;
    for (let i = 0; i < batch.length; i++) {
      const time = batch.time[i];
      const end = Math.floor(time / every) * every + every;
      if (end !== current) {
        this.#close(time, states, out);
        current = end;
      }
      const entity = this.#entity[batch.series[i]];
      const x = batch.values[i * batch.width];
      if (entity === NOT_TAKEN || !Number.isFinite(x)) continue;
      const row = states.get(entity);
      if (row.end !== end) {
        row.end = end;
        states.setTimer(entity, end);
      }
      const column = this.#column[batch.series[i]];
      row.values[column] = x;
      row.times[column] = time;
    }
  }

  advance(watermark: number, states: KeyedStates<Row>, out: StageOutput): void {
    this.#close(watermark, states, out);
  }

  /** Gives out the row of every interval that has ended at this time. */
  #close(time: number, states: KeyedStates<Row>, out: StageOutput): void {
    const { every, fill, maxAge } = this.#options;
    const filler = fill === 'zero' ? 0 : NaN;
    states.due(time, (entity, state, end) => {
      const { events } = out;
      const at = events.row(entity, end, TIMER_PARTITION, end, 0) * events.width;
      for (let c = 0; c < state.values.length; c++) {
        const age = end - state.times[c];
        const kept = age <= every || (fill === 'last' && age <= maxAge);
        events.values[at + c] = kept ? state.values[c] : filler;
      }
      state.end = NaN;
    });
  }

  #nameEntities(): void {
    for (let series = this.#entity.length; series < this.#input.size; series++) {
      const info = this.#input.get(series);
      const column = this.#columnOf(info);
      const entity = column === NOT_TAKEN ? NOT_TAKEN : this.#entityOf(info);
      this.#entity.push(entity);
      this.#column.push(column);
    }
  }

  #columnOf({ key, labels }: SeriesInfo): number {
    const { columns, columnLabel } = this.#options;
    return columns.indexOf(columnIn(key, labels, columnLabel));
  }

  #entityOf({ labels }: SeriesInfo): number {
    const { by } = this.#options;
    const name = labels[by];
    return name === undefined ? NOT_TAKEN : this.#output.intern(entityKey(by, name), { [by]: name });
  }
}

/** The column that a series is. */
export function columnIn(key: string, labels: Readonly<Record<string, string>>, columnLabel: string): string {
  return labels[columnLabel] ?? nameIn(key);
}

/** What follows the last `/`, without the labels in braces. */
function nameIn(key: string): string {
  const name = key.split('{', 1)[0];
  return name.slice(name.lastIndexOf('/') + 1);
}

/** `input` names the series that come in, `output` the entities that go out; both may be the same dictionary. */
export function createAlign(options: AlignOptions, input: SeriesDictionary, output: SeriesDictionary): Operator<Row> {
  return new Align(options, input, output);
}
