/** What is counted of each template, by the slot that the miner keeps it in. */
import { LEVELS, type LineColumns } from '../../core/contracts/logs.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { PAGE_SLOTS } from '../miner/patterns.ts';

/** Buckets of a trend; they double in width when these are full. */
export const BUCKETS = 60;
/** Width that buckets begin with, ms. */
const FIRST_WIDTH = 1000;
/** Lines kept as examples: the first, and of later ones those at which the count reached a power of two, the newest. */
const EXAMPLES = 5;
/** Bytes kept of an example. */
const EXAMPLE_BYTES = 200;

/** Statistics of PAGE_SLOTS slots. */
class Page {
  readonly count = new Float64Array(PAGE_SLOTS);
  readonly first = new Float64Array(PAGE_SLOTS);
  readonly last = new Float64Array(PAGE_SLOTS);
  /** Lines by level: levels[at * LEVELS.length + level]. */
  readonly levels = new Float64Array(PAGE_SLOTS * LEVELS.length);
  /** Lines by bucket: trend[bucket * PAGE_SLOTS + at]. A bucket's numbers lie together, for only the newest change. */
  readonly trend = new Float64Array(PAGE_SLOTS * BUCKETS);
  readonly examples: string[][] = Array.from({ length: PAGE_SLOTS }, () => []);

  blocks(): Float64Array[] {
    return [this.count, this.last, this.first, this.levels, this.trend];
  }
}

export class Statistics {
  /** Start of the first bucket of all trends, and the width of a bucket, ms; NaN before the first line. */
  from = NaN;
  width = FIRST_WIDTH;
  /** Event times of the first and the last line, ms; NaN before any. */
  first = NaN;
  last = NaN;
  /** Pages that changed since this was last emptied. */
  readonly changed = new Set<number>();
  readonly #pages: Page[] = [];
  #lastChanged = -1;
  #bucket = 0;
  #bucketEnd = -Infinity;

  /** Counts the line in this row for a slot. */
  add(slot: number, times: Float64Array, lines: LineColumns, row: number): void {
    const time = times[row];
    if (!(time < this.#bucketEnd)) this.#reach(time);
    this.last = time;
    const number = slot >>> 6;
    const at = slot & (PAGE_SLOTS - 1);
    const page = this.#pages[number] ?? this.#page(number);
    const count = page.count[at] + 1;
    page.count[at] = count;
    if (count === 1) page.first[at] = time;
    page.last[at] = time;
    page.levels[at * LEVELS.length + lines.level[row]]++;
    page.trend[this.#bucket * PAGE_SLOTS + at]++;
    if (count < 0x40000000 && (count & (count - 1)) === 0) keepExample(page.examples[at], count, lines, row);
    if (number === this.#lastChanged) return;
    this.#lastChanged = number;
    this.changed.add(number);
  }

  /** Empties `changed`. */
  written(): void {
    this.changed.clear();
    this.#lastChanged = -1;
  }

  /** What was counted for `from` belongs to `into`. */
  move(from: number, into: number): void {
    const a = this.#page(from >>> 6);
    const b = this.#page(into >>> 6);
    const i = from & (PAGE_SLOTS - 1);
    const j = into & (PAGE_SLOTS - 1);
    if (a.count[i] > 0) {
      b.first[j] = b.count[j] === 0 ? a.first[i] : Math.min(a.first[i], b.first[j]);
      b.last[j] = b.count[j] === 0 ? a.last[i] : Math.max(a.last[i], b.last[j]);
      b.count[j] += a.count[i];
      for (let level = 0; level < LEVELS.length; level++) b.levels[j * LEVELS.length + level] += a.levels[i * LEVELS.length + level];
      for (let bucket = 0; bucket < BUCKETS; bucket++) b.trend[bucket * PAGE_SLOTS + j] += a.trend[bucket * PAGE_SLOTS + i];
      b.examples[j] = [...b.examples[j], ...a.examples[i]].slice(0, EXAMPLES);
    }
    this.reset(from);
    this.changed.add(into >>> 6);
  }

  reset(slot: number): void {
    const page = this.#page(slot >>> 6);
    const at = slot & (PAGE_SLOTS - 1);
    page.count[at] = page.first[at] = page.last[at] = 0;
    page.levels.fill(0, at * LEVELS.length, (at + 1) * LEVELS.length);
    for (let bucket = 0; bucket < BUCKETS; bucket++) page.trend[bucket * PAGE_SLOTS + at] = 0;
    page.examples[at] = [];
    this.changed.add(slot >>> 6);
  }

  /** Statistics of these slots taken together; times are NaN where nothing was counted. */
  of(slots: readonly number[]): { count: number; first: number; last: number; level: number; trend: number[]; examples: string[] } {
    const whole = { count: 0, first: NaN, last: NaN, level: 0, trend: Array.from({ length: this.buckets }, () => 0), examples: [] as string[] };
    const levels = LEVELS.map(() => 0);
    for (const slot of slots) {
      const page = this.#pages[slot >>> 6];
      const at = slot & (PAGE_SLOTS - 1);
      if (page === undefined || page.count[at] === 0) continue;
      whole.first = Number.isNaN(whole.first) ? page.first[at] : Math.min(whole.first, page.first[at]);
      whole.last = Number.isNaN(whole.last) ? page.last[at] : Math.max(whole.last, page.last[at]);
      whole.count += page.count[at];
      for (let level = 0; level < levels.length; level++) levels[level] += page.levels[at * LEVELS.length + level];
      for (let bucket = 0; bucket < whole.trend.length; bucket++) whole.trend[bucket] += page.trend[bucket * PAGE_SLOTS + at];
      whole.examples.push(...page.examples[at]);
    }
    whole.level = levels.indexOf(Math.max(...levels));
    return whole;
  }

  /** Buckets up to that of the last line. */
  get buckets(): number {
    return Number.isNaN(this.from) ? 0 : Math.min(BUCKETS, Math.floor((this.last - this.from) / this.width) + 1);
  }

  writeHead(writer: SnapshotWriter): void {
    for (const x of [this.from, this.width, this.first, this.last]) writer.f64(x);
  }

  readHead(reader: SnapshotReader): void {
    this.from = reader.f64();
    this.width = reader.f64();
    this.first = reader.f64();
    this.last = reader.f64();
  }

  writePage(number: number, writer: SnapshotWriter): void {
    const page = this.#page(number);
    for (const block of page.blocks()) writer.block(block);
    for (const examples of page.examples) {
      writer.u8(examples.length);
      for (const example of examples) writer.text(example);
    }
  }

  readPage(number: number, reader: SnapshotReader): void {
    const page = this.#page(number);
    for (const block of page.blocks()) reader.block(block);
    for (let at = 0; at < PAGE_SLOTS; at++) page.examples[at] = Array.from({ length: reader.u8() }, () => reader.text());
  }

  #page(number: number): Page {
    return (this.#pages[number] ??= new Page());
  }

  /** Makes the bucket of this time the current one; time does not go back. */
  #reach(time: number): void {
    if (Number.isNaN(this.from)) {
      this.from = Math.floor(time / FIRST_WIDTH) * FIRST_WIDTH;
      this.first = time;
    }
    while (time >= this.from + BUCKETS * this.width) this.#double();
    this.#bucket = Math.floor((time - this.from) / this.width);
    this.#bucketEnd = this.from + (this.#bucket + 1) * this.width;
  }

  #double(): void {
    this.width *= 2;
    this.#pages.forEach(({ trend }, number) => {
      for (let bucket = 0; bucket < BUCKETS / 2; bucket++) {
        for (let at = 0; at < PAGE_SLOTS; at++) {
          trend[bucket * PAGE_SLOTS + at] = trend[2 * bucket * PAGE_SLOTS + at] + trend[(2 * bucket + 1) * PAGE_SLOTS + at];
        }
      }
      trend.fill(0, (BUCKETS / 2) * PAGE_SLOTS);
      this.changed.add(number);
    });
  }
}

function keepExample(examples: string[], count: number, { bytes, message, messageEnd }: LineColumns, row: number): void {
  const from = message[row];
  const to = messageEnd[row];
  const place = count === 1 ? 0 : 1 + ((31 - Math.clz32(count) - 1) % (EXAMPLES - 1));
  const end = Math.min(to, from + EXAMPLE_BYTES);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8');
  const example = end < to ? `${text.replace(/\ufffd+$/, '')}…` : text;
  if (place < examples.length) examples[place] = example;
  else examples.push(example);
}
