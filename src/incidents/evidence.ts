/** What the last values of each series showed, side by side by series index. */

/** Why a series is looked at even when its value is normal. */
export const HOT = 1;
export const SILENT = 2;
export const UNSEEN = 4;

export class Evidence {
  /** The last values of a series; bit 0 is the last one, 1 is anomalous. */
  bits = new Uint32Array(0);
  /** Event time of the first anomaly of those under way. */
  since = new Float64Array(0);
  /** HOT, SILENT, UNSEEN; 0 for the many series of which there is nothing to say. */
  attention = new Uint8Array(0);
  readonly #mask: number;
  readonly #first: number;

  /** `of`: how many last values count (1 to 32); `watched`: the first value of a series matters. */
  constructor(of: number, watched: boolean) {
    this.#mask = of === 32 ? 0xffffffff : 2 ** of - 1;
    this.#first = watched ? UNSEEN : 0;
  }

  /** Makes room for `capacity` series. */
  grow(capacity: number): void {
    const { bits, since, attention } = this;
    this.bits = new Uint32Array(capacity);
    this.bits.set(bits);
    this.since = new Float64Array(capacity);
    this.since.set(since);
    this.attention = new Uint8Array(capacity).fill(this.#first);
    this.attention.set(attention);
  }

  anomalous(series: number, time: number): void {
    if (this.bits[series] === 0) this.since[series] = time;
    this.bits[series] = ((this.bits[series] << 1) | 1) & this.#mask;
    this.attention[series] |= HOT;
  }

  /** A normal value; answers whether one of the last values is anomalous still. */
  normal(series: number): boolean {
    this.bits[series] = (this.bits[series] << 1) & this.#mask;
    return this.bits[series] !== 0;
  }

  forget(series: number): void {
    this.bits[series] = 0;
    this.attention[series] &= ~HOT;
  }

  setSilent(series: number, silent: boolean): void {
    if (silent) this.attention[series] |= SILENT;
    else this.attention[series] &= ~SILENT;
  }

  seen(series: number): void {
    this.attention[series] &= ~UNSEEN;
  }

  /** Takes up the last values from a snapshot; they may be fewer now. */
  restore(series: number, bits: number, since: number): void {
    this.bits[series] = bits & this.#mask;
    this.since[series] = since;
    this.attention[series] |= HOT;
  }
}

/** How many bits are set (Warren, "Hacker's Delight", 5-1). */
export function numberOfOnes(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
