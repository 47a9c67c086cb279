/** Lines of the open interval by template and by level, and whose rates are watched. */
import { LEVELS } from '../../core/contracts/logs.ts';
import { grown } from '../../core/grown.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** A template's rate is watched once so many lines of it came. */
const FEWEST_LINES = 100;
/** Templates counted at a time. When there are more, those that are not watched are forgotten at the end of an interval. */
const MAX_COUNTED = 20_000;
/** Templates below this are found by index. */
const DENSE = 65_536;

/** What a watched rate is of: a template, or a level as -1 - its index. */
export type Watched = number;

export class Counts {
  /** End of the open interval, ms; NaN before the first line. */
  end = NaN;
  /** The first interval began before its first line: it says nothing of a rate. */
  isFirst = true;
  /** Intervals without a line since the last one with. */
  empty = 0;
  /** Lines of the open interval. */
  lines = 0;
  /** In the order in which they began to be watched. */
  readonly watched: Watched[] = [];
  readonly #levels = new Uint32Array(LEVELS.length);
  /** By slot: template, lines in the open interval, lines before, and 1 where it is watched. */
  #slots = 0;
  #templates = new Uint32Array(64);
  #open = new Uint32Array(64);
  #before = new Uint32Array(64);
  #isWatched = new Uint32Array(64);
  /** Slot of a template, plus 1. */
  readonly #dense = new Uint16Array(DENSE);
  readonly #sparse = new Map<number, number>();

  add(template: number, level: number): void {
    this.lines++;
    this.#levels[level]++;
    const slot = this.#slotOf(template);
    if (slot >= 0) this.#open[slot]++;
    else this.#meet(template);
  }

  /** Lines of the open interval. */
  of(watched: Watched): number {
    return watched < 0 ? this.#levels[-1 - watched] : this.#open[this.#slotOf(watched)];
  }

  /** Opens the next interval; answers what is to be watched from now on, if `room` more templates may be. */
  next(room: number): Watched[] {
    const chosen: Watched[] = [];
    LEVELS.forEach((_, level) => {
      if (this.#levels[level] > 0 && !this.watched.includes(-1 - level)) chosen.push(-1 - level);
    });
    const often: number[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      this.#before[slot] = Math.min(0xffffffff, this.#before[slot] + this.#open[slot]);
      this.#open[slot] = 0;
      if (this.#isWatched[slot] === 0 && this.#before[slot] >= FEWEST_LINES) often.push(slot);
    }
    if (room > 0 && often.length > 0) {
      often.sort((a, b) => this.#before[b] - this.#before[a] || this.#templates[a] - this.#templates[b]);
      chosen.push(...often.slice(0, room).map((slot) => this.#templates[slot]));
    }
    this.#levels.fill(0);
    this.lines = 0;
    return chosen;
  }

  watch(watched: Watched): void {
    this.watched.push(watched);
    if (watched >= 0) this.#isWatched[this.#slotOf(watched)] = 1;
  }

  /** Forgets what is not watched when there is no room for another template. */
  tidy(): void {
    if (this.#slots < MAX_COUNTED) return;
    const { watched } = this;
    const before = watched.map((one) => (one < 0 ? 0 : this.#before[this.#slotOf(one)]));
    this.#dense.fill(0);
    this.#sparse.clear();
    this.#slots = 0;
    watched.forEach((one, i) => {
      if (one >= 0) this.#put(one, 0, before[i], 1);
    });
  }

  #slotOf(template: number): number {
    return (template < DENSE ? this.#dense[template] : (this.#sparse.get(template) ?? 0)) - 1;
  }

  #meet(template: number): void {
    if (this.#slots < MAX_COUNTED) this.#put(template, 1, 0, 0);
  }

  #put(template: number, open: number, before: number, isWatched: number): void {
    const slot = this.#slots++;
    if (slot >= this.#templates.length) {
      this.#templates = grown(this.#templates, slot * 2);
      this.#open = grown(this.#open, slot * 2);
      this.#before = grown(this.#before, slot * 2);
      this.#isWatched = grown(this.#isWatched, slot * 2);
    }
    this.#templates[slot] = template;
    this.#open[slot] = open;
    this.#before[slot] = before;
    this.#isWatched[slot] = isWatched;
    if (template < DENSE) this.#dense[template] = slot + 1;
    else this.#sparse.set(template, slot + 1);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.end);
    writer.u8(this.isFirst ? 1 : 0);
    writer.f64(this.empty);
    writer.f64(this.lines);
    writer.block(this.#levels);
    writer.u32(this.watched.length);
    for (const watched of this.watched) writer.f64(watched);
    // What is appended to stands together, slot by slot.
    writer.u32(this.#slots);
    for (let slot = 0; slot < this.#slots; slot++) {
      for (const column of [this.#templates, this.#open, this.#before, this.#isWatched]) writer.u32(column[slot]);
    }
  }

  static restore(reader: SnapshotReader): Counts {
    const counts = new Counts();
    counts.end = reader.f64();
    counts.isFirst = reader.u8() === 1;
    counts.empty = reader.f64();
    counts.lines = reader.f64();
    reader.block(counts.#levels);
    for (let n = reader.u32(); n > 0; n--) counts.watched.push(reader.f64());
    for (let n = reader.u32(); n > 0; n--) counts.#put(reader.u32(), reader.u32(), reader.u32(), reader.u32());
    return counts;
  }
}
