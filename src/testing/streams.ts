/** Streams that detectors meet in the wild, from the plain to the ugly. */

function rows(length: number, width: number, value: (i: number, column: number) => number): Float64Array {
  return Float64Array.from({ length: length * width }, (_, k) => value(Math.floor(k / width), k % width));
}

/** Whole numbers 0 .. 2^31 - 1 that look random, the same in every run (Park and Miller's generator). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  };
}

/** Named streams of `length` rows, row-major. */
export function streams(length: number, width: number): Record<string, Float64Array> {
  const next = noise(12345);
  const noisy = rows(length, width, () => 200 + 10 * next());
  const broken = [NaN, Infinity, -Infinity, 1e300, -Number.MAX_VALUE, NaN];
  return {
    noise: noisy,
    constant: rows(length, width, (_, column) => 0.1 + column),
    zero: rows(length, width, () => 0),
    'a step': rows(length, width, (i) => (i < length / 2 ? 5 : 6)),
    'huge with tiny changes': rows(length, width, (i) => 1e12 + (i % 7)),
    tiny: rows(length, width, () => 1e-12 * (1 + next())),
    'a few whole numbers': rows(length, width, (i) => (i * i * 31) % 4),
    'a counter that starts again': rows(length, width, (i) => (i * 17) % 1700),
    'NaN and infinities in between': noisy.map((x, i) => (i % 11 === 10 ? broken[((i / 11) % broken.length) | 0] : x)),
    'nothing but NaN': rows(length, width, () => NaN),
    'the largest and the smallest numbers': rows(length, width, (i) => [Number.MAX_VALUE, 5e-324, -Number.MAX_VALUE, -0, 1e154, 1e-300][i % 6]),
  };
}
