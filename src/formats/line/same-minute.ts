/** The time of a line as fast as its seconds are read, where all before them is as in the line before. */
import { SPACE, ZERO } from '../bytes.ts';
import { digits } from './digits.ts';

const MINUS = 45;
/** Shorter texts, as messages are, come with bytes of their own each, for which the look at them would cost more than it spares. */
const LEAST_TEXT = 4096;
/** Bytes before the seconds at most; of the last number of four those that count. */
const MOST_BEFORE = 32;
const MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** Knows a time with a date and whole seconds, a space behind them. */
export class SameMinute {
  /** The time read last, ms. */
  time = NaN;
  /** Bytes before the seconds; 0 where none are known. */
  #length = 0;
  /** These bytes, four to a number; the time without its seconds, ms. */
  readonly #before = new Int32Array(MOST_BEFORE / 4);
  #minute = NaN;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  forget(): void {
    this.#length = 0;
  }

  /** Sets `time` and answers the index behind it; -1 where it is not of the same minute. */
  read(bytes: Uint8Array, at: number, to: number): number {
    const n = this.#length;
    const second = at + n;
    if (n === 0 || second + 4 > to || bytes.length < LEAST_TEXT) return -1;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const view = this.#view;
    const before = this.#before;
    let i = 0;
    for (; i + 4 <= n; i += 4) if (view.getInt32(at + i, true) !== before[i >> 2]) return -1;
    if (i < n && (view.getInt32(at + i, true) & MASKS[n - i]) !== before[i >> 2]) return -1;
    const tens = bytes[second] - ZERO;
    const ones = bytes[second + 1] - ZERO;
    if (!(tens >= 0 && tens < 6 && ones >= 0 && ones < 10) || !endsTime(bytes, second + 2)) return -1;
    this.time = this.#minute + (tens * 10 + ones) * 1000;
    return second + 2;
  }

  /** Notes the time that was read from bytes[at .. end) with its seconds at `second`, or -1, where nothing stands behind them. */
  learn(bytes: Uint8Array, at: number, second: number, end: number, to: number, time: number): void {
    const n = second - at;
    this.#length = 0;
    if (second < 0 || end !== second + 2 || n < 4 || n > MOST_BEFORE || end + 2 > to || !endsTime(bytes, end)) return;
    this.#before.fill(0);
    for (let i = 0; i < n; i++) this.#before[i >> 2] |= bytes[at + i] << (8 * (i & 3));
    this.#minute = time - digits(bytes, second, 2) * 1000;
    this.#length = n;
  }
}

/** Whether a space stands at `at` and behind it nothing that could still belong to a time: an offset, UTC or GMT, AM or PM. */
function endsTime(bytes: Uint8Array, at: number): boolean {
  const c = bytes[at + 1];
  return bytes[at] === SPACE && c !== 43 && c !== MINUS && c !== 85 && c !== 71 && (c | 32) !== 97 && (c | 32) !== 112;
}
