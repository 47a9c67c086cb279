/** Latest verdict of every series, and which changed since they were last reported. */
import type { SeriesDictionary } from '../core/events.ts';
import type { VerdictBatch } from '../core/verdicts.ts';
import type { LatestColumns } from './protocol.ts';

export class Latest {
  readonly #dictionary: SeriesDictionary;
  #capacity = 256;
  #time = new Float64Array(this.#capacity);
  #value = new Float64Array(this.#capacity);
  #score = new Float64Array(this.#capacity);
  #limit = new Float64Array(this.#capacity);
  #flags = new Uint8Array(this.#capacity);
  #isChanged = new Uint8Array(this.#capacity);
  #changed: number[] = [];
  #reported = 0;

  constructor(dictionary: SeriesDictionary) {
    this.#dictionary = dictionary;
  }

  take(verdicts: VerdictBatch): void {
    if (this.#dictionary.size > this.#capacity) this.#grow();
    for (let i = 0; i < verdicts.length; i++) {
      const series = verdicts.series[i];
      this.#time[series] = verdicts.time[i]!;
      this.#value[series] = verdicts.values[i * verdicts.width]!;
      this.#score[series] = verdicts.score[i]!;
      this.#limit[series] = verdicts.limit[i]!;
      this.#flags[series] = verdicts.flags[i]!;
      if (this.#isChanged[series] === 0) {
        this.#isChanged[series] = 1;
        this.#changed.push(series);
      }
    }
  }

  /** What changed since the last report; undefined when nothing did. */
  report(): LatestColumns | undefined {
    const added = this.#dictionary.all.slice(this.#reported);
    if (this.#changed.length === 0 && added.length === 0) return undefined;
    this.#reported = this.#dictionary.size;
    const series = Uint32Array.from(this.#changed);
    const of = (column: Float64Array): Float64Array => Float64Array.from(series, (s) => column[s]);
    const flags = Uint8Array.from(series, (s) => this.#flags[s]);
    for (const s of series) this.#isChanged[s] = 0;
    this.#changed = [];
    return { added, series, time: of(this.#time), value: of(this.#value), score: of(this.#score), limit: of(this.#limit), flags };
  }

  #grow(): void {
    this.#capacity = Math.max(this.#capacity * 2, this.#dictionary.size);
    const f64 = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const bigger = new Float64Array(this.#capacity);
      bigger.set(old);
      return bigger;
    };
    const u8 = (old: Uint8Array): Uint8Array<ArrayBuffer> => {
      const bigger = new Uint8Array(this.#capacity);
      bigger.set(old);
      return bigger;
    };
    this.#time = f64(this.#time);
    this.#value = f64(this.#value);
    this.#score = f64(this.#score);
    this.#limit = f64(this.#limit);
    this.#flags = u8(this.#flags);
    this.#isChanged = u8(this.#isChanged);
  }
}
