/** Turns positions of rows into numbers of lines, while the bytes pass by. */

const LF = 10;

interface Chunk {
  base: number;
  bytes: Uint8Array;
}

export class LineNumbers {
  /** Line, from 1, that the position counted up to lies in. */
  #line = 1;
  #at = 0;
  #read = 0;
  #chunks: Chunk[] = [];

  /** Notes each chunk; it must stay as it is until its rows were asked for. */
  async *watch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of chunks) {
      this.#chunks.push({ base: this.#read, bytes });
      this.#read += bytes.length;
      yield bytes;
    }
  }

  /** Number of the line that begins at this position; positions are asked for in ascending order. */
  of(position: number): number {
    for (let [first] = this.#chunks; first !== undefined && this.#at < position; [first] = this.#chunks) {
      const { base, bytes } = first;
      const end = Math.min(bytes.length, position - base);
      for (let next = this.#at - base; (next = bytes.indexOf(LF, next) + 1) > 0 && next <= end;) this.#line++;
      this.#at = base + end;
      if (end < bytes.length) break;
      this.#chunks.shift();
    }
    return this.#line;
  }
}
