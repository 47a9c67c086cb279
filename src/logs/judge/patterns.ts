/** When patterns of sessions were met: first, how often, and by day with how many alerts. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Days whose counts are kept. */
export const PATTERN_DAYS = 7;
const DAY_MS = 86_400_000;
/** Judged and alerted, by day. */
const PER_DAY = 2;

interface Pattern {
  /** Event time of the first meeting, ms, and the day of the last one. */
  first: number;
  day: number;
  seen: number;
  /** Sessions judged and alerted, by day modulo PATTERN_DAYS. */
  days: Uint32Array;
}

export interface PatternHistory {
  first: number;
  seen: number;
  judged: number;
  alerts: number;
}

export class Patterns {
  readonly #most: number;
  /** By hash of the key. */
  readonly #all = new Map<number, Pattern>();
  #latest = -Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Notes a meeting, and answers when the pattern was first met and how often before this. */
  meet(hash: number, time: number): { first: number; seen: number } {
    const pattern = this.#at(hash, time);
    const before = { first: pattern.first, seen: pattern.seen };
    pattern.seen++;
    return before;
  }

  /** Notes that a session of the pattern was judged. */
  judged(hash: number, time: number, alerted: boolean): void {
    const pattern = this.#at(hash, time);
    const at = (pattern.day % PATTERN_DAYS) * PER_DAY;
    pattern.days[at]++;
    if (alerted) pattern.days[at + 1]++;
  }

  get(hash: number): { first: number; seen: number } | undefined {
    return this.#all.get(hash);
  }

  /** What came of this pattern over the last days of event time. */
  history(hash: number): PatternHistory {
    const pattern = this.#all.get(hash);
    const sums = { first: pattern?.first ?? NaN, seen: pattern?.seen ?? 0, judged: 0, alerts: 0 };
    if (pattern === undefined) return sums;
    for (let day = Math.max(0, this.#latest - PATTERN_DAYS + 1); day <= pattern.day; day++) {
      sums.judged += pattern.days[(day % PATTERN_DAYS) * PER_DAY];
      sums.alerts += pattern.days[(day % PATTERN_DAYS) * PER_DAY + 1];
    }
    return sums;
  }

  #at(hash: number, time: number): Pattern {
    const day = Math.max(0, Math.floor(time / DAY_MS));
    if (day > this.#latest) this.#latest = day;
    let pattern = this.#all.get(hash);
    if (pattern === undefined) {
      if (this.#all.size >= this.#most) this.#forget();
      pattern = { first: time, day, seen: 0, days: new Uint32Array(PATTERN_DAYS * PER_DAY) };
      this.#all.set(hash, pattern);
    }
    // Days without a meeting are empty.
    for (let empty = Math.max(pattern.day + 1, day - PATTERN_DAYS + 1); empty <= day; empty++) {
      const at = (empty % PATTERN_DAYS) * PER_DAY;
      pattern.days.fill(0, at, at + PER_DAY);
    }
    if (day > pattern.day) pattern.day = day;
    return pattern;
  }

  /** Drops the eighth that was not met for most days, the one met less often first, then the older one. */
  #forget(): void {
    const order = [...this.#all].sort(([, a], [, b]) => a.day - b.day || a.seen - b.seen || a.first - b.first);
    for (const [hash] of order.slice(0, Math.max(1, this.#most >> 3))) this.#all.delete(hash);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#latest);
    writer.u32(this.#all.size);
    for (const [hash, { first, day, seen, days }] of this.#all) {
      writer.f64(hash);
      writer.f64(first);
      writer.f64(day);
      writer.f64(seen);
      writer.block(days);
    }
  }

  static restore(reader: SnapshotReader, most: number): Patterns {
    const patterns = new Patterns(most);
    patterns.#latest = reader.f64();
    for (let left = reader.u32(); left > 0; left--) {
      const hash = reader.f64();
      const pattern = { first: reader.f64(), day: reader.f64(), seen: reader.f64(), days: new Uint32Array(PATTERN_DAYS * PER_DAY) };
      reader.block(pattern.days);
      patterns.#all.set(hash, pattern);
    }
    return patterns;
  }
}
