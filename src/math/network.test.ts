import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { Network } from './network.ts';

const INPUTS = 3;
const HIDDEN = 2;
const RATE = 0.01;
const random = new CounterRandom(3);
const normal = (i: number): number => random.at(0, i).normal();

/** Output of the network by its formula. */
function give(w: readonly number[], x: readonly number[]): number[] {
  const hidden = [0, 1].map((h) => Math.tanh(x.reduce((sum, value, i) => sum + w[h * 4 + i] * value, w[h * 4 + 3])));
  return x.map((_, i) => hidden.reduce((sum, value, h) => sum + w[8 + i * 3 + h] * value, w[8 + i * 3 + 2]));
}

function loss(w: readonly number[], x: readonly number[]): number {
  return give(w, x).reduce((sum, y, i) => sum + (y - x[i]) ** 2, 0) / 2 / INPUTS;
}

/** Adam by its paper, with gradients from differences. */
function reference(rows: readonly number[][]): number[] {
  const w = Array.from({ length: 17 }, (_, at) =>
    at < 8 ? (at % 4 === 3 ? 0 : normal(at) / Math.sqrt(INPUTS)) : (at - 8) % 3 === 2 ? 0 : normal(at) / Math.sqrt(HIDDEN),
  );
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  rows.forEach((x, t) => {
    const gradient = w.map((_, k) => {
      const moved = (by: number) => w.map((value, i) => (i === k ? value + by : value));
      return (loss(moved(1e-5), x) - loss(moved(-1e-5), x)) / 2e-5;
    });
    gradient.forEach((g, k) => {
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g * g;
      w[k] -= (RATE * (m[k] / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v[k] / (1 - 0.999 ** (t + 1))) + 1e-8);
    });
  });
  return w;
}

describe('the network', () => {
  const rows = [
    [1, -0.5, 0.25],
    [0.3, 0.8, -1],
    [-2, 0.1, 0.7],
    [0.5, 0.5, 0.5],
  ];

  it('gives what its formula gives, before and after learning as the paper of Adam says', () => {
    const network = new Network(INPUTS, HIDDEN, RATE, normal);
    for (let learnt = 0; learnt <= rows.length; learnt++) {
      const expected = give(reference(rows.slice(0, learnt)), rows[0]);
      network.run(Float64Array.from(rows[0])).forEach((y, i) => expect(y).toBeCloseTo(expected[i], 6));
      if (learnt < rows.length) network.learn(Float64Array.from(rows[learnt]));
    }
  });

  it('learns to give back what one number makes', () => {
    const network = new Network(INPUTS, 1, RATE, normal);
    const row = (i: number) => Float64Array.of(1, -1, 0.5).map((x) => x * (random.at(1, i).uniform() - 0.5));
    for (let i = 0; i < 3000; i++) network.learn(row(i));
    let error = 0;
    for (let i = 0; i < 100; i++) {
      const x = row(5000 + i);
      error += network.run(x).reduce((sum, y, j) => sum + (y - x[j]) ** 2, 0) / 300;
    }
    expect(error).toBeLessThan(1e-3);
  });

  it('goes on from a snapshot to the last bit', () => {
    const network = new Network(INPUTS, HIDDEN, RATE, normal);
    for (const row of rows) network.learn(Float64Array.from(row));
    const writer = new SnapshotWriter();
    writer.begin(1);
    network.snapshot(writer);
    const copy = new Network(INPUTS, HIDDEN, RATE, () => 0).restore(new SnapshotReader(writer.end(), 1));
    for (const one of [network, copy]) one.learn(Float64Array.from(rows[1]));
    expect([...copy.run(Float64Array.from(rows[2]))]).toEqual([...network.run(Float64Array.from(rows[2]))]);
  });
});
