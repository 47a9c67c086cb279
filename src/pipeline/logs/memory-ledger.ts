/** What stages keep, as bytes: the ledger of a run that need not survive. Sessions, which may be very many, lie in a file without a name. */
import type { StateWrite } from '../../core/contracts.ts';
import { PIECE } from '../../runtime/pieces.ts';
import type { StateReader } from '../../stores/sqlite/state-reader.ts';
import { StateFile } from './state-file.ts';

interface Kept {
  shape: number;
  data: Uint8Array;
}

/** The stage whose states lie in the file. */
const MANY = 'session';

export class MemoryLedger implements StateReader {
  readonly #stages = new Map<string, Map<number, Kept>>();
  readonly #many = new StateFile();
  #manyShape = 0;

  /** Takes what changed; keeps none of its bytes. */
  apply(writes: Iterable<StateWrite>): void {
    for (const write of writes) {
      const data = this.#whole(write);
      if (write.stage !== MANY) this.#stage(write.stage).set(write.key, { shape: write.shape, data });
      else {
        this.#manyShape = write.shape;
        this.#many.put(write.key, data);
      }
    }
  }

  /** Takes over all of one stage, as if it had been kept under options of this shape. */
  copy(stage: string, shape: number, other: MemoryLedger): void {
    this.#stages.set(stage, new Map([...other.#stage(stage)].map(([key, { data }]) => [key, { shape, data }])));
  }

  lookup(stage: string, key: number): Kept | undefined {
    if (stage !== MANY) return this.#stages.get(stage)?.get(key);
    const data = this.#many.get(key);
    return data && { shape: this.#manyShape, data };
  }

  /** All of one stage, by ascending key. */
  committed(stage: string): { key: number; shape: number; data: Uint8Array }[] {
    const keys = stage === MANY ? this.#many.keys() : [...this.#stage(stage).keys()].sort((a, b) => a - b);
    return keys.map((key) => ({ key, ...this.lookup(stage, key)! }));
  }

  /** There is one pipeline. */
  state(_pipeline: string, stage: string, key: number): Kept | undefined {
    return this.lookup(stage, key);
  }

  states(_pipeline: string, stage: string): { key: number; shape: number; data: Uint8Array }[] {
    return this.committed(stage);
  }

  progress(): undefined {
    return undefined;
  }

  close(): void {
    this.#stages.clear();
    this.#many.close();
  }

  #stage(name: string): Map<number, Kept> {
    let stage = this.#stages.get(name);
    if (stage === undefined) this.#stages.set(name, (stage = new Map()));
    return stage;
  }

  /** Pieces that did not change stay as they are. */
  #whole({ stage, key, data, rest }: StateWrite): Uint8Array {
    if (rest === undefined) return stage === MANY ? data : data.slice();
    const before = this.lookup(stage, key)?.data;
    const whole = before?.length === rest.size ? before : new Uint8Array(rest.size);
    if (before !== undefined && whole !== before) whole.set(before.subarray(0, Math.min(before.length, rest.size)));
    whole.set(data);
    for (const piece of rest.pieces) whole.set(piece.data, piece.number * PIECE);
    return whole;
  }
}
