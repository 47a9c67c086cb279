/** Whole numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128). */

/** Bytes that the largest whole number needs. */
export const MOST_VARINT = 8;

/** Writes x (a whole number, 0 .. 2^53) at `at` and answers where the next value goes. */
export function putVarint(bytes: Uint8Array, at: number, x: number): number {
  while (x > 0x7fffffff) {
    bytes[at++] = (x % 128) | 128;
    x = Math.floor(x / 128);
  }
  while (x > 127) {
    bytes[at++] = (x & 127) | 128;
    x >>>= 7;
  }
  bytes[at++] = x;
  return at;
}

/** Reads values one after another. */
export class VarintReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 128) return byte;
    let x = byte & 127;
    // Whole numbers of 32 bits as far as they reach, since those of 64 are slow.
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++];
      x |= (byte & 127) << shift;
      if (byte < 128) return x;
    }
    for (let scale = 2 ** 28; byte > 127; scale *= 128) {
      byte = bytes[this.at++];
      x += (byte & 127) * scale;
    }
    return x;
  }

  /** A number that was written as `folded` gives it. */
  nextFolded(): number {
    const x = this.next();
    if (x <= 0x7fffffff) return (x >>> 1) ^ -(x & 1);
    return x % 2 === 0 ? x / 2 : -(x + 1) / 2;
  }
}

/** Small numbers of either sign as small ones without: 0, -1, 1, -2 … become 0, 1, 2, 3 … (|x| < 2^52). */
export function folded(x: number): number {
  return x >= 0 ? 2 * x : -2 * x - 1;
}
