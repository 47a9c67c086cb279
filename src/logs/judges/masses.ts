/** How often each of many names came of late. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { MassBins } from './mass-bins.ts';

/** Names after which a past one counts half. */
const HALF_LIFE = 3000;
const GROWTH = 2 ** (1 / HALF_LIFE);
/** Masses grow instead of falling; they are brought down by this once the newest is larger. */
const RESCALE = 2 ** 64;

/** Masses of names (numbers), of which there are so many at most: when there are more, the eighth that is lightest is forgotten. */
export class Masses {
  readonly #most: number;
  readonly #all = new Map<number, number>();
  readonly #bins = new MassBins();
  #newest = 1;
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(name: number): void {
    if ((this.#newest *= GROWTH) > RESCALE) this.#rescale();
    let before = this.#all.get(name);
    if (before === undefined && this.#all.size >= this.#most) this.#forget();
    before ??= 0;
    this.#all.set(name, before + this.#newest);
    this.#bins.move(before, before + this.#newest);
    this.#total += this.#newest;
  }

  /** Probability of a name as rare as this one, or rarer. */
  rarity(name: number): number {
    return this.#bins.rank(this.#all.get(name) ?? 0, this.#newest * GROWTH, this.#total);
  }

  clear(): void {
    this.#all.clear();
    this.#bins.fill([]);
    this.#total = 0;
  }

  #forget(): void {
    const limit = [...this.#all.values()].sort((a, b) => a - b)[this.#all.size >> 3];
    for (const [name, mass] of this.#all) {
      if (mass > limit) continue;
      this.#all.delete(name);
      this.#total -= mass;
    }
    this.#bins.fill(this.#all.values());
  }

  #rescale(): void {
    for (const [name, mass] of this.#all) this.#all.set(name, mass / RESCALE);
    this.#total /= RESCALE;
    this.#newest /= RESCALE;
    this.#bins.fill(this.#all.values());
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#newest);
    writer.f64(this.#total);
    this.#bins.snapshot(writer);
    writer.f64s(Float64Array.from(this.#all.keys()));
    writer.f64s(Float64Array.from(this.#all.values()));
  }

  restore(reader: SnapshotReader): void {
    this.#newest = reader.f64();
    this.#total = reader.f64();
    this.#bins.restore(reader);
    const names = reader.f64s();
    const masses = reader.f64s();
    names.forEach((name, i) => this.#all.set(name, masses[i]));
  }
}
