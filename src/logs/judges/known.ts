/** What is known of sessions by their counts: which there were, how often, and which events say nothing of them. */
import type { SessionLook } from '../../core/contracts/logs.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Apart, TOGETHER, type Isolation } from './apart.ts';
import { MassBins } from './mass-bins.ts';
import { distance, freeEvents, hashOfPairs, pairsOf, stepsOf, type Pairs, type Weighed } from './vectors.ts';

export interface KnownOptions {
  /** Sessions after which a session counts half. */
  halfLife: number;
  /** Count vectors kept; when there are more, the eighth that weighs least is forgotten. */
  most: number;
}

/** Weights grow instead of falling; they are brought down by this once the newest weighs more. */
const RESCALE = 2 ** 64;
/** Vectors that weigh less than this part of all are not asked which events are free. */
const LIGHT = 1e-5;
/** Free events are looked for after this many sessions, and then after a twentieth more, at most after a half-life. */
const FIRST_SEARCH = 100;
/** How many times as far as the nearest one lie those around a session. */
const AROUND = 4;
/** Distances of unknown keys that are kept in mind. */
const MEMO = 20_000;

/** A session's full count vector. */
interface Slot {
  hash: number;
  pairs: Pairs;
  weight: number;
  /** How often it was learnt. */
  seen: number;
  key: Key;
}

/** Vectors that are alike but for free events. */
export interface Key {
  /** Pairs without free events, and their hash. */
  pairs: Pairs;
  hash: number;
  weight: number;
  seen: number;
  /** While it was seen once: distance to the nearest other key. */
  near: number;
  /** Sum of the steps of the counts. */
  total: number;
}

export interface Nearest {
  distance: number;
  key: Key | undefined;
}

/**
 * Count vectors with masses that fall by half every `halfLife` sessions. A vector without its free events (see `freeEvents`) is a
 * session's key. Probabilities are ranks among the sessions learnt and the one that is asked for (conformal p-values), so that they are
 * never 0: what was never seen is as probable as the share of what was seen once (Good 1953).
 */
export class KnownSessions {
  readonly #options: KnownOptions;
  readonly #growth: number;
  /** In the order in which they came. */
  #slots: Slot[] = [];
  #byHash = new Map<number, Slot>();
  #keys = new Map<number, Key>();
  #free = new Set<number>();
  /** Changes whenever keys are made anew. */
  generation = 0;
  readonly #bins = new MassBins();
  /** Sessions learnt, the weight of the newest, and of all. */
  #learnt = 0;
  #newest = 1;
  #total = 0;
  #nextSearch = FIRST_SEARCH;
  readonly #distances = new Map<number, Nearest>();
  /** By hash of pairs, until something is learnt. */
  readonly #isolations = new Map<number, Isolation>();

  constructor(options: KnownOptions) {
    this.#options = options;
    this.#growth = 2 ** (1 / options.halfLife);
  }

  /** Sessions learnt so far. */
  get learnt(): number {
    return this.#learnt;
  }

  get vectors(): number {
    return this.#slots.length;
  }

  get keys(): number {
    return this.#keys.size;
  }

  /** Events that do not count, ascending. */
  get free(): readonly number[] {
    return [...this.#free].sort((a, b) => a - b);
  }

  /** The session without its free events. */
  pairs(look: SessionLook): Pairs {
    return this.#byHash.get(Number(look.countHash))?.key.pairs ?? pairsOf(look.templates, look.counts, this.#free);
  }

  /** Pairs that were made under other free events, as they are now. */
  reduced(pairs: Pairs): Pairs {
    return pairs.filter((_, i) => !this.#free.has(pairs[i & ~1]));
  }

  /** Probability of a session whose key was never seen. */
  get rarityOfNew(): number {
    return this.#rarityOf(undefined);
  }

  /** Hash of the session's key. */
  keyHash(look: SessionLook): number {
    return this.#byHash.get(Number(look.countHash))?.key.hash ?? hashOfPairs(pairsOf(look.templates, look.counts, this.#free));
  }

  #find(look: SessionLook): Key | undefined {
    return this.#byHash.get(Number(look.countHash))?.key ?? this.#keys.get(this.keyHash(look));
  }

  /** Probability of a session whose key is as rare as this one's or rarer. */
  rarity(look: SessionLook): number {
    return this.#rarityOf(this.#find(look));
  }

  #rarityOf(key: Key | undefined): number {
    return this.#bins.rank(key?.weight ?? 0, this.#newest * this.#growth, this.#total);
  }

  /** The nearest known key (see `distance`); 0 where the key itself is known. */
  nearest(look: SessionLook): Nearest {
    const own = this.#find(look);
    if (own !== undefined) return { distance: 0, key: own };
    const pairs = pairsOf(look.templates, look.counts, this.#free);
    const hash = hashOfPairs(pairs);
    const known = this.#distances.get(hash);
    if (known !== undefined) return known;
    const found = this.#nearestTo(pairs, undefined);
    if (this.#distances.size >= MEMO) this.#distances.clear();
    this.#distances.set(hash, found);
    return found;
  }

  /** The nearest key that weighs at least this part of all: what it should have looked like. */
  nearestCommon(look: SessionLook, share: number): Key | undefined {
    return this.#nearestTo(this.pairs(look), this.#find(look), share * this.#total).key;
  }

  /**
   * Probability that a session lies as far from all others as this one: how many do, each left out in turn. Among those around it (within four times that
   * distance) and among all: what is strict in one place is so however different sessions are elsewhere, and of a kind seen ten times nobody knows what it
   * may look like. Beyond what is known it falls as counts grow: as 1 / (1 + count) for an event that did not come.
   */
  isolation(look: SessionLook): Isolation {
    const { distance: apart } = this.nearest(look);
    if (apart === 0) return TOGETHER;
    const pairs = this.pairs(look);
    const hash = hashOfPairs(pairs);
    const before = this.#isolations.get(hash);
    if (before !== undefined) return before;
    const next = this.#newest * this.#growth;
    const [around, all] = [new Apart(next), new Apart(next)];
    for (const key of this.#keys.values()) {
      all.add(key, apart);
      if (distance(pairs, key.pairs, AROUND * apart) < Infinity) around.add(key, apart);
    }
    const found = { around: around.share(apart), all: all.share(apart) };
    if (this.#isolations.size >= MEMO) this.#isolations.clear();
    this.#isolations.set(hash, found);
    return found;
  }

  /** How far a session lies from all that are usual, which is 0 for those whose `rarity` is at least this share. */
  strangeness(look: SessionLook, share: number): number {
    const own = this.#find(look);
    const next = this.#newest * this.#growth;
    // What alone weighs that much need not be ranked.
    if (own !== undefined && own.weight >= share * (this.#total + next)) return 0;
    const least = this.#bins.least(share, next, this.#total) - next;
    if (own !== undefined && own.weight >= least) return 0;
    return this.#nearestTo(this.pairs(look), own, least).distance;
  }

  learn(look: SessionLook): void {
    if (this.#isolations.size > 0) this.#isolations.clear();
    this.#newest *= this.#growth;
    if (this.#newest > RESCALE) this.#rescale();
    const slot = this.#byHash.get(Number(look.countHash)) ?? this.#add(look);
    const { key } = slot;
    slot.weight += this.#newest;
    slot.seen++;
    this.#bins.move(key.weight, key.weight + this.#newest);
    key.weight += this.#newest;
    key.seen++;
    this.#total += this.#newest;
    this.#learnt++;
    if (this.#learnt >= this.#nextSearch) this.search();
  }

  /** Looks for free events anew; keys are made again where they changed. */
  search(): void {
    this.#nextSearch = this.#learnt + Math.max(FIRST_SEARCH, Math.min(Math.floor(this.#learnt / 20), this.#options.halfLife));
    const heavy: Weighed[] = this.#slots.filter(({ weight }) => weight >= LIGHT * this.#total);
    const free = freeEvents(heavy, this.#free);
    if (free.size === this.#free.size && [...free].every((event) => this.#free.has(event))) return;
    this.#free = free;
    this.#makeKeys();
    this.#fillBins();
  }

  #add(look: SessionLook): Slot {
    if (this.#slots.length >= this.#options.most) this.#forget();
    const pairs = pairsOf(look.templates, look.counts, NONE);
    const slot: Slot = { hash: Number(look.countHash), pairs, weight: 0, seen: 0, key: this.#keyOf(pairs) };
    this.#slots.push(slot);
    this.#byHash.set(slot.hash, slot);
    return slot;
  }

  /** The key of a vector, made if new. */
  #keyOf(full: Pairs): Key {
    const pairs = this.reduced(full);
    const hash = hashOfPairs(pairs);
    const known = this.#keys.get(hash);
    if (known !== undefined) return known;
    const total = stepsOf(pairs);
    const made: Key = { pairs, hash, weight: 0, seen: 0, near: Infinity, total };
    made.near = (this.#distances.get(hash) ?? this.#nearestTo(pairs, undefined)).distance;
    for (const key of this.#keys.values()) if (key.seen === 1) key.near = Math.min(key.near, distance(pairs, key.pairs, key.near));
    this.#keys.set(hash, made);
    this.#distances.clear();
    return made;
  }

  #nearestTo(pairs: Pairs, except: Key | undefined, least = 0): Nearest {
    const total = stepsOf(pairs);
    const best: Nearest = { distance: Infinity, key: undefined };
    for (const key of this.#keys.values()) {
      if (key === except || key.weight < least || Math.abs(key.total - total) >= best.distance) continue;
      const at = distance(pairs, key.pairs, best.distance);
      if (at >= best.distance) continue;
      best.distance = at;
      best.key = key;
    }
    return best;
  }

  /** Drops the eighth of the vectors that weighs least, the older of two alike. */
  #forget(): void {
    const limit = this.#slots.map(({ weight }) => weight).sort((a, b) => a - b)[this.#slots.length >> 3];
    let drop = Math.max(1, this.#slots.length >> 3);
    this.#slots = this.#slots.filter((slot) => {
      if (slot.weight > limit || drop-- <= 0) return true;
      this.#byHash.delete(slot.hash);
      this.#total -= slot.weight;
      return false;
    });
    // Distances to what was forgotten stay: to find them anew would take too long.
    for (const key of this.#keys.values()) key.weight = key.seen = 0;
    this.#keys = new Map();
    for (const slot of this.#slots) {
      this.#keys.set(slot.key.hash, slot.key);
      slot.key.weight += slot.weight;
      slot.key.seen += slot.seen;
    }
    this.#distances.clear();
    this.#fillBins();
  }

  /** Keys from the vectors, in their order. */
  #makeKeys(): void {
    this.generation++;
    this.#keys = new Map();
    this.#distances.clear();
    this.#isolations.clear();
    for (const slot of this.#slots) {
      const pairs = this.reduced(slot.pairs);
      const hash = hashOfPairs(pairs);
      let key = this.#keys.get(hash);
      if (key === undefined) {
        key = { pairs, hash, weight: 0, seen: 0, near: Infinity, total: stepsOf(pairs) };
        this.#keys.set(hash, key);
      }
      slot.key = key;
      key.weight += slot.weight;
      key.seen += slot.seen;
    }
    for (const key of this.#keys.values()) if (key.seen === 1) key.near = this.#nearestTo(key.pairs, key).distance;
  }

  #fillBins(): void {
    this.#bins.fill(Array.from(this.#keys.values(), ({ weight }) => weight));
  }

  #rescale(): void {
    for (const slot of this.#slots) slot.weight /= RESCALE;
    for (const key of this.#keys.values()) key.weight /= RESCALE;
    this.#total /= RESCALE;
    this.#newest /= RESCALE;
    this.#fillBins();
  }

  /** Vectors first, which only grow at the end; then what changes. */
  snapshot(writer: SnapshotWriter): void {
    const n = this.#slots.length;
    writer.f64(this.#learnt);
    writer.f64(this.#newest);
    writer.f64(this.#total);
    writer.f64(this.#nextSearch);
    writer.f64(this.generation);
    writer.u32s(Uint32Array.from(this.free));
    this.#bins.snapshot(writer);
    const ends = new Uint32Array(roomFor(n));
    let end = 0;
    for (let i = 0; i < n; i++) ends[i] = end += this.#slots[i].pairs.length;
    const pairs = new Uint32Array(roomFor(end));
    this.#slots.forEach((slot, i) => pairs.set(slot.pairs, ends[i] - slot.pairs.length));
    writer.u32(n);
    writer.u32s(ends);
    writer.u32s(pairs);
    writer.f64s(column(this.#slots, (slot) => slot.weight));
    writer.f64s(column(this.#slots, (slot) => slot.seen));
    const keys = [...this.#keys.values()];
    writer.f64s(column(keys, (key) => key.weight));
    writer.f64s(column(keys, (key) => key.near));
  }

  /** `version` of the stage that wrote it: distances of version 1 were others. */
  static restore(reader: SnapshotReader, options: KnownOptions, version = 2): KnownSessions {
    const known = new KnownSessions(options);
    known.#learnt = reader.f64();
    known.#newest = reader.f64();
    known.#total = reader.f64();
    known.#nextSearch = reader.f64();
    const generation = reader.f64();
    known.#free = new Set(reader.u32s());
    known.#bins.restore(reader);
    const n = reader.u32();
    const ends = reader.u32s().subarray(0, n);
    const pairs = reader.u32s();
    const weights = reader.f64s();
    const seen = reader.f64s();
    let from = 0;
    ends.forEach((end, i) => {
      const own = pairs.slice(from, end);
      const slot = { hash: hashOfPairs(own), pairs: own, weight: weights[i], seen: seen[i] } as Slot;
      known.#slots.push(slot);
      known.#byHash.set(slot.hash, slot);
      from = end;
    });
    known.#makeKeys();
    known.generation = generation;
    const keyWeights = reader.f64s();
    const near = reader.f64s();
    [...known.#keys.values()].forEach((key, i) => {
      key.weight = keyWeights[i];
      if (version > 1) key.near = near[i];
    });
    return known;
  }
}

const NONE: ReadonlySet<number> = new Set();

/** Columns are written with room to grow, so that what stands behind them seldom moves. */
function roomFor(n: number): number {
  return n <= 64 ? 64 : 2 ** Math.ceil(Math.log2(n));
}

function column<T>(rows: readonly T[], of: (row: T) => number): Float64Array {
  const values = new Float64Array(roomFor(rows.length));
  rows.forEach((row, i) => (values[i] = of(row)));
  return values;
}
