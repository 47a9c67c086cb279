/** The first lines of a log, held back until it is settled what makes a session of them. */
import { FIRST_SEEN, TEMPLATE, type LineColumns } from '../../core/contracts/logs.ts';
import type { EventBatch } from '../../core/events.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { EvidenceLine } from './evidence.ts';
import type { Text } from './finder.ts';

/** Bytes that are kept of a line's text. */
const MAX_TEXT = 2048;
/** Numbers of a line: time, offset, partition, template, first seen, end of its text. */
const NUMBERS = 6;

/** Numbers of held lines one after another, and their text: only ever appended to, so that a snapshot grows at its end. */
export class Held {
  length = 0;
  #numbers = new Float64Array(0);
  #bytes = new Uint8Array(0);

  add(batch: EventBatch, lines: LineColumns, i: number): void {
    const from = lines.start[i];
    const to = Math.min(lines.end[i], from + MAX_TEXT);
    const begin = this.#textEnd(this.length);
    const at = this.length * NUMBERS;
    if (at + NUMBERS > this.#numbers.length) {
      const bigger = new Float64Array(Math.max(64 * NUMBERS, this.#numbers.length * 2));
      bigger.set(this.#numbers);
      this.#numbers = bigger;
    }
    if (begin + to - from > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(8192, (begin + to - from) * 2));
      bigger.set(this.#bytes);
      this.#bytes = bigger;
    }
    this.#bytes.set(lines.bytes.subarray(from, to), begin);
    const values = i * batch.width;
    this.#numbers.set(
      [batch.time[i], batch.offset[i], batch.partition[i], batch.values[values + TEMPLATE], batch.values[values + FIRST_SEEN], begin + to - from],
      at,
    );
    this.length++;
  }

  /** Calls `visit` with every line; `i` is its row in `text`. */
  each(visit: (i: number, time: number, partition: number, offset: number, template: number, isNew: boolean) => void): void {
    const numbers = this.#numbers;
    for (let i = 0, at = 0; i < this.length; i++, at += NUMBERS)
      visit(i, numbers[at], numbers[at + 2], numbers[at + 1], numbers[at + 3], numbers[at + 4] === 1);
  }

  /** Where the lines stand. */
  text(): Text {
    const rows = Array.from({ length: this.length }, (_, i) => i);
    return { bytes: this.#bytes, start: Uint32Array.from(rows, (i) => this.#textEnd(i)), end: Uint32Array.from(rows, (i) => this.#textEnd(i + 1)) };
  }

  /** Time of the first line, ms; Infinity while there is none. */
  get since(): number {
    return this.length === 0 ? Infinity : this.#numbers[0];
  }

  /** The lines as text. */
  evidence(): EvidenceLine[] {
    const text = Buffer.from(this.#bytes.buffer);
    const lines: EvidenceLine[] = [];
    this.each((i, _time, _partition, _offset, template) => lines.push({ text: text.toString('utf8', this.#textEnd(i), this.#textEnd(i + 1)), template }));
    return lines;
  }

  clear(): void {
    this.length = 0;
    this.#numbers = new Float64Array(0);
    this.#bytes = new Uint8Array(0);
  }

  #textEnd(lines: number): number {
    return lines === 0 ? 0 : this.#numbers[lines * NUMBERS - 1];
  }

  /** Text and numbers of a line stand together. */
  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.length);
    this.each((i, time, partition, offset, template, isNew) => {
      for (const number of [time, offset, partition, template, isNew ? 1 : 0]) writer.f64(number);
      writer.bytes(this.#bytes.subarray(this.#textEnd(i), this.#textEnd(i + 1)));
    });
  }

  static restore(reader: SnapshotReader): Held {
    const held = new Held();
    const length = reader.u32();
    const numbers: number[] = [];
    const texts: Uint8Array[] = [];
    let end = 0;
    for (; held.length < length; held.length++) {
      for (let k = 0; k < NUMBERS - 1; k++) numbers.push(reader.f64());
      const text = reader.bytes();
      texts.push(text);
      numbers.push((end += text.length));
    }
    held.#numbers = Float64Array.from(numbers);
    held.#bytes = new Uint8Array(end);
    texts.reduce((at, text) => (held.#bytes.set(text, at), at + text.length), 0);
    return held;
  }
}
