/** Sequences of templates cut into windows of tokens. */
import { EDGE, type Windows } from './network.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Cuts each sequence into windows of `length` tokens; its windows count as it does. `owners` says whose each is. */
export function cut(sequences: readonly Uint32Array[], weights: ArrayLike<number>, vocabulary: Vocabulary, length: number): Windows & { owners: Uint32Array } {
  const places = sequences.reduce((sum, sequence) => sum + sequence.length, 0);
  const count = sequences.reduce((sum, sequence) => sum + Math.ceil(sequence.length / length), 0);
  const windows = {
    tokens: new Uint16Array(places),
    starts: new Uint32Array(count),
    lengths: new Uint32Array(count),
    before: new Uint16Array(count),
    weights: new Float64Array(count),
    owners: new Uint32Array(count),
  };
  let at = 0;
  let window = 0;
  sequences.forEach((sequence, owner) => {
    for (let from = 0; from < sequence.length; from += length, window++) {
      windows.starts[window] = at;
      windows.lengths[window] = Math.min(length, sequence.length - from);
      windows.before[window] = from === 0 ? EDGE : windows.tokens[at - 1];
      windows.weights[window] = weights[owner];
      windows.owners[window] = owner;
      for (let i = 0; i < windows.lengths[window]; i++) windows.tokens[at++] = vocabulary.token(sequence[from + i]);
    }
  });
  return windows;
}

/** Puts order[from .. to) so that the longest windows come first, those of the same length in order of their numbers. */
export function longestFirst(order: Uint32Array, lengths: Uint32Array, from = 0, to = order.length): void {
  order.subarray(from, to).sort((a, b) => lengths[b] - lengths[a] || a - b);
}
