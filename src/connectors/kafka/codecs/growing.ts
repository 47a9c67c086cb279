/** Bytes that grow as they are written, up to a bound: what a decompressor writes into. */

export class TooLarge extends Error {}

export class Growing {
  bytes: Uint8Array;
  length = 0;
  readonly #most: number;

  constructor(expected: number, most: number) {
    if (expected > most) throw new TooLarge(`${expected} bytes unpacked, more than ${most}`);
    this.bytes = new Uint8Array(Math.max(64, expected));
    this.#most = most;
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.bytes.length) return;
    if (wanted > this.#most) throw new TooLarge(`more than ${this.#most} bytes unpacked`);
    const larger = new Uint8Array(Math.min(this.#most, Math.max(wanted, this.bytes.length * 2)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  append(from: Uint8Array, start: number, end: number): void {
    if (end > from.length) throw new RangeError('a literal ends behind its block');
    this.reserve(end - start);
    this.bytes.set(from.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** Repeats `count` bytes that begin `distance` before the end; the two may overlap. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.length) throw new RangeError('a copy begins before the first byte');
    this.reserve(count);
    const { bytes } = this;
    const to = this.length;
    if (distance >= count) bytes.copyWithin(to, to - distance, to - distance + count);
    else for (let i = 0; i < count; i++) bytes[to + i] = bytes[to - distance + i];
    this.length += count;
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
