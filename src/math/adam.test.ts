import { expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { Adam } from './adam.ts';

it('finds the least of a bowl, and goes on from a snapshot as it would have', () => {
  const weights = Float32Array.of(3, -2);
  const gradients = new Float32Array(2);
  const adam = new Adam(2, 1);
  const follow = (w: Float32Array, by: Adam, steps: number): void => {
    for (let k = 0; k < steps; k++) {
      gradients.set([2 * (w[0] - 1), 20 * (w[1] + 1)]);
      by.step(w, gradients, 0.05);
    }
  };
  follow(weights, adam, 37);
  const writer = new SnapshotWriter();
  writer.begin(1);
  adam.snapshot(writer);
  const again = weights.slice();
  follow(again, new Adam(2, 1).restore(new SnapshotReader(writer.end(), 1)), 400);
  follow(weights, adam, 400);
  expect(again).toEqual(weights);
  expect(weights[0]).toBeCloseTo(1, 2);
  expect(weights[1]).toBeCloseTo(-1, 2);
});

it('shortens a gradient that is too long, whatever its direction', () => {
  const moved = [1, 1e6].map((size) => {
    const weights = new Float32Array(2);
    const adam = new Adam(2, 1e-9);
    adam.step(weights, Float32Array.of(3 * size, 4 * size), 1);
    return [...weights];
  });
  expect(moved[1][0]).toBeCloseTo(moved[0][0], 5);
  // Beside such a length the constant in Adam's denominator weighs, so the direction of the gradient shows.
  const part = (gradient: number): number => gradient / (Math.sqrt(0.001) * gradient + 1e-8);
  expect(moved[0][1] / moved[0][0]).toBeCloseTo(part(0.8e-9) / part(0.6e-9), 4);
});
