/** Made looks at sessions, for tests. */
import type { SessionLook } from '../../core/contracts/logs.ts';
import { CounterRandom } from '../../core/random.ts';
import { countHashOf, sequenceHashOf } from './vectors.ts';

/** A look at a session with these events in this order; `look` 1 is an idle one. */
export function lookOf(sequence: readonly number[], time = 0, look = 1): SessionLook {
  const counted = new Map<number, number>();
  for (const template of sequence) counted.set(template, (counted.get(template) ?? 0) + 1);
  const pairs = [...counted].sort((a, b) => a[0] - b[0]);
  const templates = Uint32Array.from(pairs, ([template]) => template);
  const counts = Uint32Array.from(pairs, ([, count]) => count);
  const order = Uint32Array.from(sequence);
  const hashes = { countHash: countHashOf(templates, counts), sequenceHash: sequenceHashOf(order) };
  return { time, first: time - sequence.length, last: time, lines: sequence.length, look, templates, counts, sequence: order, ...hashes };
}

/** Sequences of a system: open, write 3 times, close; reads between that come as they like; now and then something odd. */
export function madeSequences(count: number, seed = 1): number[][] {
  const random = new CounterRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    random.at(1, i);
    const reads = Array.from({ length: random.below(6) }, () => 9);
    const kind = random.at(2, i).uniform();
    if (kind < 0.02) return [1, 2, 7];
    if (kind < 0.03) return [1, 2, 2, 2, 3, 10 + random.at(3, i).below(30)];
    return kind < 0.5 ? [1, 2, 2, 2, ...reads, 3] : [1, 2, 2, 2, ...reads, 3, 4, 4];
  });
}
