/** Finds what repeats within a block of at most 64 KiB: the search that Snappy and LZ4 share. */

const HASH_BITS = 14;
const LEAST = 4;

/**
 * Calls `emit` with the literals bytes[from .. at) and the copy of `count` bytes from `distance` back that follows them; a
 * last call with count 0 gives what is left. No copy begins in the last `margin` bytes or reaches into the last `tail`.
 */
export function eachMatch(
  bytes: Uint8Array,
  start: number,
  end: number,
  margin: number,
  tail: number,
  emit: (from: number, at: number, distance: number, count: number) => void,
): void {
  const seen = new Int32Array(1 << HASH_BITS).fill(-1);
  const word = (i: number): number => bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
  let from = start;
  let at = start;
  while (at + Math.max(LEAST, margin) <= end) {
    const here = word(at);
    const slot = Math.imul(here, 0x9e3779b1) >>> (32 - HASH_BITS);
    const before = seen[slot];
    seen[slot] = at;
    if (before < 0 || at - before > 0xffff || word(before) !== here) {
      // Where nothing repeats for long, fewer places are looked at.
      at += 1 + ((at - from) >> 6);
      continue;
    }
    let count = LEAST;
    while (at + count < end - tail && bytes[before + count] === bytes[at + count]) count++;
    if (at + count > end - tail) break;
    emit(from, at, at - before, count);
    at += count;
    from = at;
  }
  emit(from, end, 0, 0);
}
