/** When each series last sent something, by the clock: what NoData looks at. */

export class Heard {
  /** Clock of the last value by series. */
  at = new Float64Array(0);
  /** 1 for a series that has sent something, ever. */
  seen = new Uint8Array(0);
  #count = 0;
  #since = -Infinity;
  readonly #silence: number;
  /** Not later than the first silence; moves on only when it has been looked at. */
  next = Infinity;

  /** `silence`: ms without a value after which a series counts as silent. */
  constructor(silence: number) {
    this.#silence = silence;
  }

  grow(capacity: number): void {
    const at = new Float64Array(capacity);
    at.set(this.at);
    this.at = at;
    const seen = new Uint8Array(capacity);
    seen.set(this.seen);
    this.seen = seen;
  }

  /** The first value of a series. */
  add(series: number, clock: number): void {
    this.seen[series] = 1;
    this.at[series] = clock;
    this.#count = Math.max(this.#count, series + 1);
    this.next = Math.min(this.next, Math.max(clock, this.#since) + this.#silence);
  }

  /** The source is connected since `clock`: nobody was silent before. */
  connected(clock: number): void {
    this.#since = clock;
    if (this.#count > 0) this.next = Math.min(this.next, clock + this.#silence);
  }

  /** Series that are silent at `clock` and not yet known to be, with the clock at which they became so, oldest first. */
  silentAt(clock: number, known: (series: number) => boolean): { series: number; at: number }[] {
    if (clock < this.next) return [];
    const found: { series: number; at: number }[] = [];
    this.next = Infinity;
    for (let series = 0; series < this.#count; series++) {
      if (this.seen[series] === 0 || known(series)) continue;
      const at = Math.max(this.at[series], this.#since) + this.#silence;
      if (at <= clock) found.push({ series, at });
      else if (at < this.next) this.next = at;
    }
    return found.sort((a, b) => a.at - b.at || a.series - b.series);
  }

  /** Which series have ever sent something, a bit each. */
  bits(): Uint8Array {
    const bits = new Uint8Array((this.#count + 7) >> 3);
    for (let i = 0; i < this.#count; i++) if (this.seen[i] === 1) bits[i >> 3] |= 1 << (i & 7);
    return bits;
  }

  /** Takes up `bits`; silence counts from the next `connected`. */
  restore(bits: Uint8Array): void {
    for (let i = 0; i < bits.length * 8 && i < this.seen.length; i++) {
      if ((bits[i >> 3] & (1 << (i & 7))) === 0) continue;
      this.seen[i] = 1;
      this.#count = i + 1;
    }
  }
}
