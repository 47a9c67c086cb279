/** Stuck values: one value that is repeated longer than values of the series are. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { LENGTH_STATE, Lengths } from '../math/lengths.ts';
import { perColumn } from './columns.ts';
import { isMissing } from './zscore.ts';

const options = Type.Object(
  {
    tolerance: Type.Number({
      description: 'Values that differ by no more than this from the first one of a run are the same, in units of the values.',
      minimum: 0,
      default: 0,
    }),
    min_points: Type.Integer({ description: 'Values seen before there is a score.', minimum: 2, default: 30 }),
    min_runs: Type.Integer({
      description: 'Runs that must have ended before one is called too long; until then a series counts as one that is normally constant.',
      minimum: 3,
      maximum: 500,
      default: 10,
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

const COUNT = 0;
/** The value that the run began with, and how long it is. */
const VALUE = 1;
const RUN = 2;
/** The share of values that differ from the one before. */
const CHANGES = 3;
const NUMBERS = 4;
const BYTES = NUMBERS * 8 + LENGTH_STATE * 4;

/** The share of changes is that among about so many values, and never taken for smaller than one of them. */
const MEMORY = 1000;

class Flatline implements Detector {
  readonly #options: Options;
  readonly #state: Float64Array;
  readonly #runs: Lengths;

  constructor(chosen: Options, bytes = new ArrayBuffer(BYTES)) {
    this.#options = chosen;
    this.#state = new Float64Array(bytes, 0, NUMBERS);
    this.#runs = new Lengths(new Float32Array(bytes, NUMBERS * 8, LENGTH_STATE));
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const state = this.#state;
    const x = values[at];
    if (state[COUNT] < this.#options.min_points || isMissing(x)) return NaN;
    if (this.#isSame(x)) return this.#runs.surprise(state[RUN] + 1, this.#options.min_runs);
    out.expected = state[CHANGES] < 0.5 ? state[VALUE] : NaN;
    return -Math.log10(Math.max(state[CHANGES], 1 / MEMORY));
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const state = this.#state;
    const same = this.#isSame(x);
    if (state[COUNT] > 0) state[CHANGES] += ((same ? 0 : 1) - state[CHANGES]) / Math.min(state[COUNT] + 1, MEMORY);
    if (same) state[RUN]++;
    else {
      if (state[COUNT] > 0) this.#runs.add(state[RUN]);
      state[VALUE] = x;
      state[RUN] = 1;
    }
    if (state[COUNT] === 0) state[CHANGES] = 0.5;
    state[COUNT]++;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(new Uint8Array(this.#state.buffer));
  }

  static restore(reader: SnapshotReader, chosen: Options): Flatline {
    const bytes = new ArrayBuffer(BYTES);
    reader.block(new Uint8Array(bytes));
    return new Flatline(chosen, bytes);
  }

  #isSame(x: number): boolean {
    const state = this.#state;
    return state[COUNT] > 0 && Math.abs(x - state[VALUE]) <= this.#options.tolerance;
  }
}

/** Score of a repeated value: -log10 of the part of the runs that were as long. Of a changed one: -log10 of the share of changes, at most 3. */
export const flatline = defineDetector({
  name: 'flatline',
  summary: 'Length of the run of equal values against the lengths that runs of the series have: finds values that are stuck.',
  options,
  sample: { tolerance: 0.01, min_points: 20 },
  about: {
    finds: 'A sensor or counter that is stuck: the same value for longer than the series ever repeats one.',
    use: 'Beside another detector, for a stuck value often lies in the middle of its band. A series that is normally constant, or constant at night, is not reported. It works on counters as they are; after aggregate: rate a stuck counter is a run of zeros.',
    warmUp: '30 values, of which 10 differ from the one before.',
    memory: 'About 0.9 KB a column.',
    gives: 'score only',
    paper:
      'The empirical survival function of run lengths with an exponential tail; runs as in Wald and Wolfowitz (1940), On a test whether two samples are from the same population.',
    example: 'stuck',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 4.5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Flatline(chosen)),
  restore: (reader, chosen, width) => perColumn(width, () => Flatline.restore(reader, chosen)),
});
