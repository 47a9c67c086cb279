/**
 * The keyed stages in several threads: series by hash, every batch split, worked on side by side and put together again
 * in the order of its rows, so that what comes out does not depend on how many threads there are or which was faster.
 */
import type { Worker } from 'node:worker_threads';
import type { Rollup, StageControl, StateWrite } from '../core/contracts.ts';
import type { EventBatch, SeriesDictionary, SeriesInfo } from '../core/events.ts';
import { emptyVerdicts, F64_COLUMNS, NO_ROW, ROW_COLUMNS, sharedBy, U8_COLUMNS, U32_COLUMNS, type VerdictBatch } from '../core/verdicts.ts';
import { StageError, type Cut, type Stages } from './chain.ts';

export type ToStage =
  | { type: 'process'; batch: EventBatch; watermark: number; added: readonly SeriesInfo[] }
  | { type: 'control'; control: StageControl }
  | { type: 'writes' }
  | { type: 'committed' };

export type FromStage =
  | { type: 'ready' }
  | { type: 'processed'; verdicts: VerdictBatch[] }
  | { type: 'failed'; stage: string; culprit: StageError['culprit']; message: string }
  | { type: 'writes'; writes: StateWrite[]; rollups: Rollup[]; hot: number; spilled: number };

interface Waiting {
  resolve(message: FromStage): void;
  reject(reason: unknown): void;
}

/** One thread and the answer that is awaited from it; there is never more than one. */
class Lane {
  readonly worker: Worker;
  #answer: Waiting | undefined;
  #failure: unknown;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.on('message', (message: FromStage) => this.#settle((answer) => answer.resolve(message)));
    worker.on('error', (thrown: unknown) => this.#fail(thrown));
    worker.on('exit', (code: number) => this.#fail(new Error(`a stage thread ended with code ${code}`)));
  }

  ask(message: ToStage | undefined, transfer: ArrayBuffer[] = []): Promise<FromStage> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#answer = { resolve, reject };
      if (message !== undefined) this.worker.postMessage(message, transfer);
    });
  }

  #settle(how: (answer: Waiting) => void): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer !== undefined) how(answer);
  }

  #fail(thrown: unknown): void {
    this.#failure ??= thrown;
    this.#settle((answer) => answer.reject(this.#failure));
  }
}

export class Pool implements Stages {
  rollups: Rollup[] = [];
  hot = 0;
  spilled = 0;
  readonly #lanes: Lane[];
  readonly #dictionary: SeriesDictionary;
  readonly #laneOf: (series: SeriesInfo) => number;
  readonly #name: () => void;
  readonly #lane: number[] = [];
  readonly #ready: Promise<unknown>;
  #sent = 0;

  /**
   * `laneOf` must give all series of one key of any stage the same number. `name` adds to the dictionary what the stages
   * would name by themselves, so that all threads know it under the same index.
   */
  constructor(workers: readonly Worker[], dictionary: SeriesDictionary, laneOf: (series: SeriesInfo) => number, name: () => void) {
    this.#lanes = workers.map((worker) => new Lane(worker));
    this.#dictionary = dictionary;
    this.#laneOf = laneOf;
    this.#name = name;
    this.#ready = Promise.all(this.#lanes.map((lane) => lane.ask(undefined)));
    this.#ready.catch(() => {});
  }

  async process(batch: EventBatch, watermark: number, cut: Cut): Promise<void> {
    await this.#ready;
    this.#name();
    const added = this.#dictionary.all.slice(this.#sent);
    for (const series of added) this.#lane.push(this.#laneOf(series) % this.#lanes.length);
    this.#sent += added.length;
    const rows = this.#split(batch);
    const answers = await Promise.all(
      this.#lanes.map((lane, w) => {
        const part = select(batch, rows[w]);
        return lane.ask({ type: 'process', batch: part, watermark, added }, buffersOf(part));
      }),
    );
    const parts = answers.map((answer) => {
      if (answer.type === 'failed') throw new StageError(answer.stage, answer.culprit, answer.message);
      return answer.type === 'processed' ? answer.verdicts : [];
    });
    const merged = merge(parts, rows);
    if (merged !== undefined) cut(merged);
  }

  /** Every thread hears it, because which one has the series is only known once it was sent there. */
  control(control: StageControl): void {
    for (const { worker } of this.#lanes) worker.postMessage({ type: 'control', control } satisfies ToStage);
  }

  async writes(): Promise<StateWrite[]> {
    await this.#ready;
    const answers = await Promise.all(this.#lanes.map((lane) => lane.ask({ type: 'writes' })));
    const all = answers.flatMap((answer) => (answer.type === 'writes' ? [answer] : []));
    this.rollups = all.flatMap((answer) => answer.rollups);
    this.hot = all.reduce((sum, { hot }) => sum + hot, 0);
    this.spilled = all.reduce((sum, { spilled }) => sum + spilled, 0);
    return all.flatMap((answer) => answer.writes);
  }

  committed(): void {
    this.rollups = [];
    for (const lane of this.#lanes) lane.worker.postMessage({ type: 'committed' } satisfies ToStage);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.worker.terminate()));
  }

  #split(batch: EventBatch): number[][] {
    const rows: number[][] = this.#lanes.map(() => []);
    for (let i = 0; i < batch.length; i++) rows[this.#lane[batch.series[i]]].push(i);
    return rows;
  }
}

function select(batch: EventBatch, rows: readonly number[]): EventBatch {
  const { width } = batch;
  const part: EventBatch = {
    length: rows.length,
    width,
    series: Uint32Array.from(rows, (i) => batch.series[i]),
    time: Float64Array.from(rows, (i) => batch.time[i]),
    values: new Float64Array(rows.length * width),
    partition: Uint32Array.from(rows, (i) => batch.partition[i]),
    offset: Float64Array.from(rows, (i) => batch.offset[i]),
    place: Uint32Array.from(rows, (i) => batch.place[i]),
    late: new Uint8Array(rows.length),
  };
  rows.forEach((i, to) => {
    for (let c = 0; c < width; c++) part.values[to * width + c] = batch.values[i * width + c]!;
  });
  return part;
}

function buffersOf(part: EventBatch): ArrayBuffer[] {
  return [part.series, part.time, part.values, part.partition, part.offset, part.place, part.late].map((column) => column.buffer as ArrayBuffer);
}

/** Verdicts of rows in the order of the batch, then those of timers by (time, series); undefined when there are none. */
function merge(parts: readonly VerdictBatch[][], rows: readonly number[][]): VerdictBatch | undefined {
  const found: { from: VerdictBatch; i: number; row: number }[] = [];
  parts.forEach((batches, w) => {
    for (const from of batches) {
      for (let i = 0; i < from.length; i++) found.push({ from, i, row: from.row[i] === NO_ROW ? Infinity : rows[w][from.row[i]] });
    }
  });
  if (found.length === 0) return undefined;
  found.sort((a, b) => (a.row === b.row ? timeOf(a) - timeOf(b) || seriesOf(a) - seriesOf(b) : a.row - b.row));
  const first = found[0].from;
  const { width } = first;
  const out = emptyVerdicts(width, found.length);
  Object.assign(out, sharedBy(first), { length: found.length });
  found.forEach(({ from, i, row }, to) => {
    for (const name of COLUMNS) out[name][to] = from[name][i]!;
    out.row[to] = row === Infinity ? NO_ROW : row;
    for (const name of ROW_COLUMNS) for (let c = 0; c < width; c++) out[name][to * width + c] = from[name][i * width + c]!;
  });
  return out;
}

const COLUMNS = [...F64_COLUMNS, ...U32_COLUMNS, ...U8_COLUMNS];
const timeOf = ({ from, i }: { from: VerdictBatch; i: number }): number => from.time[i];
const seriesOf = ({ from, i }: { from: VerdictBatch; i: number }): number => from.series[i];
