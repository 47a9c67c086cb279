/** Turns positions of rows into numbers of lines, while the bytes pass by. */

const LF = 10;
/** Ends of lines that wait for their rows; the older half is let go when there are more, for no row waits so long. */
const MOST = 1 << 20;

export class LineNumbers {
  /** Line, from 1, that the position asked for last lies in. */
  #line = 1;
  #read = 0;
  /** Positions of newlines behind it. */
  #ends: number[] = [];
  #passed = 0;

  /** Notes each chunk as it passes by. */
  async *watch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of chunks) {
      for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) this.#ends.push(this.#read + at);
      this.#read += bytes.length;
      this.#tidy();
      yield bytes;
    }
  }

  /** Number of the line that begins at this position; positions are asked for in ascending order. */
  of(position: number): number {
    while (this.#passed < this.#ends.length && this.#ends[this.#passed] < position) {
      this.#passed++;
      this.#line++;
    }
    return this.#line;
  }

  #tidy(): void {
    const waiting = this.#ends.length - this.#passed;
    if (waiting > MOST) {
      this.#passed += waiting >> 1;
      this.#line += waiting >> 1;
    }
    if (this.#passed === 0) return;
    this.#ends = this.#ends.slice(this.#passed);
    this.#passed = 0;
  }
}
