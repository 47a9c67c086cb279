/** What stages keep, as bytes in memory: the ledger of a run that need not survive. */
import type { StateWrite } from '../../core/contracts.ts';
import type { StateReader } from '../../stores/sqlite/state-reader.ts';
import { PIECE } from '../../runtime/pieces.ts';

interface Kept {
  shape: number;
  data: Uint8Array;
}

export class MemoryLedger implements StateReader {
  readonly #stages = new Map<string, Map<number, Kept>>();

  /** Takes what changed. */
  apply(writes: readonly StateWrite[]): void {
    for (const write of writes) this.#stage(write.stage).set(write.key, this.#whole(write));
  }

  /** Takes over all of one stage, as if it had been kept under options of this shape. */
  copy(stage: string, shape: number, other: MemoryLedger): void {
    this.#stages.set(stage, new Map([...other.#stage(stage)].map(([key, { data }]) => [key, { shape, data }])));
  }

  lookup(stage: string, key: number): Kept | undefined {
    return this.#stages.get(stage)?.get(key);
  }

  /** All of one stage, by ascending key. */
  committed(stage: string): { key: number; shape: number; data: Uint8Array }[] {
    return [...this.#stage(stage)].map(([key, kept]) => ({ key, ...kept })).sort((a, b) => a.key - b.key);
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
  }

  #stage(name: string): Map<number, Kept> {
    let stage = this.#stages.get(name);
    if (stage === undefined) this.#stages.set(name, (stage = new Map()));
    return stage;
  }

  /** Pieces that did not change stay as they are. */
  #whole({ stage, key, shape, data, rest }: StateWrite): Kept {
    if (rest === undefined) return { shape, data: data.slice() };
    const before = this.#stage(stage).get(key)?.data;
    const whole = before?.length === rest.size ? before : new Uint8Array(rest.size);
    if (before !== undefined && whole !== before) whole.set(before.subarray(0, Math.min(before.length, rest.size)));
    whole.set(data);
    for (const piece of rest.pieces) whole.set(piece.data, piece.number * PIECE);
    return { shape, data: whole };
  }
}
