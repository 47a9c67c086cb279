/** State per key of one stage. What is cold is dropped after a commit, since the ledger then holds it, and brought back when asked for. */
import type { KeyedStates, Operator, StateWrite } from '../core/contracts.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { SnapshotReader } from '../core/snapshot.ts';
import { changedPieces, fingerprintOf, PIECE, type Fingerprint } from './pieces.ts';

/** Reads one committed state. */
export type StateLookup = (stage: string, key: number) => { shape: number; data: Uint8Array } | undefined;

export interface StatesOptions {
  /** States kept as objects after a commit. */
  cache: number;
  /** Hash of the options that shape the state: one written under another shape is left behind, and the key warms up again. */
  shape: number;
  lookup: StateLookup;
}

const TIMER_BYTES = 8;
const ARENA_BYTES = 65_536;

/** The operator's snapshot in what the ledger holds of a state. */
export function snapshotOf(data: Uint8Array): Uint8Array {
  return data.subarray(TIMER_BYTES);
}

/** Copies of what `writes` gives, which last: slices of few buffers, because a buffer each would weigh more than what it holds. */
export function lasting(writes: Iterable<StateWrite>): StateWrite[] {
  const arena = new Arena();
  return Array.from(writes, ({ data, rest, ...write }) => ({
    ...write,
    data: arena.keep(data),
    ...(rest === undefined ? {} : { rest: { ...rest, pieces: rest.pieces.map((piece) => ({ ...piece, data: arena.keep(piece.data) })) } }),
  }));
}

/** Copies into buffers shared by many. */
class Arena {
  #bytes = new Uint8Array(ARENA_BYTES);
  #at = 0;

  keep(bytes: Uint8Array): Uint8Array {
    if (this.#at + bytes.length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(ARENA_BYTES, bytes.length));
      this.#at = 0;
    }
    const copy = this.#bytes.subarray(this.#at, this.#at + bytes.length);
    copy.set(bytes);
    this.#at += bytes.length;
    return copy;
  }
}

export class States<S> implements KeyedStates<S> {
  readonly #operator: Operator<S>;
  readonly #options: StatesOptions;
  readonly #objects: (S | undefined)[] = [];
  /** Commit in which a key was last used. */
  readonly #used: number[] = [];
  readonly #changed: number[] = [];
  readonly #isChanged: boolean[] = [];
  /** Of large hot states: what the ledger holds of them, and what it will hold once the running commit is durable. */
  readonly #prints: (Fingerprint | undefined)[] = [];
  readonly #written = new Map<number, Fingerprint>();
  #scratch = new Uint8Array(1024);
  readonly #timers = new Map<number, number>();
  /** Keys that were looked at and have no state: the ledger is not asked again. */
  readonly #absent = new Set<number>();
  #earliest = Infinity;
  #commits = 1;
  #hot = 0;
  /** Keys that were ever dropped, for the metrics. */
  spilled = 0;

  constructor(operator: Operator<S>, options: StatesOptions) {
    this.#operator = operator;
    this.#options = options;
  }

  get hot(): number {
    return this.#hot;
  }

  get changed(): number {
    return this.#changed.length;
  }

  get(key: number): S {
    const state = this.#objects[key] ?? this.#bring(key);
    if (!this.#isChanged[key]) {
      this.#isChanged[key] = true;
      this.#changed.push(key);
    }
    this.#used[key] = this.#commits;
    return state;
  }

  peek(key: number): S | undefined {
    let state = this.#objects[key];
    if (state === undefined) {
      if (this.#absent.has(key)) return undefined;
      const found = this.#lookup(key);
      if (found === undefined) {
        this.#absent.add(key);
        return undefined;
      }
      state = this.#keep(key, this.#restore(key, found), found);
    }
    this.#used[key] = this.#commits;
    return state;
  }

  setTimer(key: number, at: number): void {
    if (at === Infinity) this.#timers.delete(key);
    else this.#timers.set(key, at);
    if (at < this.#earliest) this.#earliest = at;
  }

  due(time: number, visit: (key: number, state: S, at: number) => void): void {
    while (this.#timers.size > 0 && this.#earliest <= time) {
      const due = [...this.#timers].filter(([, at]) => at <= time).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
      this.#earliest = Infinity;
      for (const [key, at] of due) {
        if (this.#timers.get(key) !== at) continue;
        this.#timers.delete(key);
        visit(key, this.get(key), at);
      }
      for (const at of this.#timers.values()) if (at < this.#earliest) this.#earliest = at;
    }
  }

  /** Takes up the timers of committed states; called once, before the first event. */
  recover(committed: Iterable<{ key: number; shape: number; data: Uint8Array }>): void {
    for (const { key, shape, data } of committed) {
      if (shape !== this.#options.shape) continue;
      const at = new DataView(data.buffer, data.byteOffset, TIMER_BYTES).getFloat64(0, true);
      if (at < Infinity) this.setTimer(key, at);
    }
  }

  /** The committed states one after another, each as an object that is not kept. */
  *restored(committed: Iterable<{ key: number; shape: number; data: Uint8Array }>): Iterable<{ key: number; state: S }> {
    for (const { key, shape, data } of committed) {
      if (shape === this.#options.shape) yield { key, state: this.#operator.restore(new SnapshotReader(snapshotOf(data), this.#operator.version), key) };
    }
  }

  /** What changed since the last commit, as bytes: each valid until the next is asked for, so that what all of them weigh is never held at once. */
  *writes(writer: SnapshotWriter): Generator<StateWrite, void> {
    const { name: stage, version } = this.#operator;
    const { shape } = this.#options;
    for (const key of this.#changed) {
      writer.begin(version);
      this.#operator.snapshot(this.#objects[key]!, writer);
      const whole = this.#withTimer(key, writer.view());
      const now = this.#printOf(whole);
      if (now === undefined) {
        this.#written.delete(key);
        yield { stage, key, shape, data: whole };
        continue;
      }
      const rest = changedPieces(whole, now, this.#prints[key]);
      this.#written.set(key, now);
      yield { stage, key, shape, data: whole.subarray(0, PIECE), rest };
    }
  }

  /** The ledger holds all that `writes` gave: the coldest objects beyond the cache may go. */
  committed(): void {
    for (const key of this.#changed) {
      this.#isChanged[key] = false;
      this.#prints[key] = this.#written.get(key);
    }
    this.#written.clear();
    this.#changed.length = 0;
    this.#commits++;
    const excess = this.#hot - this.#options.cache;
    if (excess <= 0) return;
    // One pass by age instead of a sorted list: the oldest eighth beyond the bound goes, so that the pass is rare.
    const ages: number[] = [];
    for (const key of this.#objects.keys()) if (this.#objects[key] !== undefined) ages.push(this.#used[key]);
    ages.sort((a, b) => a - b);
    let drop = Math.min(this.#hot, excess + (this.#options.cache >> 3));
    const oldest = ages[drop - 1];
    for (let key = 0; key < this.#objects.length && drop > 0; key++) {
      if (this.#objects[key] === undefined || this.#used[key] > oldest) continue;
      this.#objects[key] = undefined;
      this.#prints[key] = undefined;
      this.#hot--;
      this.spilled++;
      drop--;
    }
  }

  #printOf(bytes: Uint8Array): Fingerprint | undefined {
    return this.#operator.whole === true ? undefined : fingerprintOf(bytes);
  }

  /** Timer and snapshot in one stretch; valid until the next call. */
  #withTimer(key: number, snapshot: Uint8Array): Uint8Array {
    const size = TIMER_BYTES + snapshot.length;
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size * 2);
    new DataView(this.#scratch.buffer).setFloat64(0, this.#timers.get(key) ?? Infinity, true);
    this.#scratch.set(snapshot, TIMER_BYTES);
    return this.#scratch.subarray(0, size);
  }

  #bring(key: number): S {
    // Once it is here, what is dropped is in the ledger.
    const found = this.#absent.delete(key) ? undefined : this.#lookup(key);
    return this.#keep(key, found === undefined ? this.#operator.create(key) : this.#restore(key, found), found);
  }

  /** From here on it lives as an object, until it is cold. */
  #keep(key: number, state: S, found: Uint8Array | undefined): S {
    this.#prints[key] = found && this.#printOf(found);
    while (this.#objects.length <= key) this.#objects.push(undefined);
    this.#objects[key] = state;
    this.#hot++;
    return state;
  }

  /** What the ledger holds of a key under the options in force. */
  #lookup(key: number): Uint8Array | undefined {
    const found = this.#options.lookup(this.#operator.name, key);
    return found?.shape === this.#options.shape ? found.data : undefined;
  }

  #restore(key: number, data: Uint8Array): S {
    return this.#operator.restore(new SnapshotReader(snapshotOf(data), this.#operator.version), key);
  }
}
