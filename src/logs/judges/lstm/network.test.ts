import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../core/random.ts';
import { Adam } from '../../../math/adam.ts';
import { SequenceNetwork, type Windows } from './network.ts';
import { longestFirst } from './windows.ts';

const random = new CounterRandom(2);
const SHAPE = { tokens: 8, units: 8, steps: 7, batch: 8 };

/** Windows of several lengths, that follow a grammar: each token is that two before, plus 1. */
function windowsOf(count: number): Windows {
  const lengths = Uint32Array.from({ length: count }, (_, i) => 1 + ((i * 5) % SHAPE.steps));
  const starts = lengths.map((_, i) => lengths.subarray(0, i).reduce((a, b) => a + b, 0));
  const tokens = new Uint16Array(lengths.reduce((a, b) => a + b, 0));
  for (let i = 0; i < count; i++) {
    for (let t = 0; t < lengths[i]; t++) tokens[starts[i] + t] = t < 2 ? random.at(1, i * 2 + t).below(8) : (tokens[starts[i] + t - 2] + 1) % 8;
  }
  return { tokens, starts, lengths, before: new Uint16Array(count), weights: Float64Array.from({ length: count }, (_, i) => 1 + (i % 3)) };
}

function started(): SequenceNetwork {
  const network = new SequenceNetwork(SHAPE);
  let i = 0;
  network.start(() => random.at(0, i++).uniform());
  return network;
}

function lossOf(network: SequenceNetwork, windows: Windows, order: Uint32Array): number {
  network.forward(windows, order, 0, order.length);
  const errors = new Float64Array(SHAPE.steps);
  let [loss, weight] = [0, 0];
  order.forEach((window, row) => {
    network.errors(row, errors, 0);
    for (let t = 0; t < windows.lengths[window]; t++) loss += windows.weights[window] * errors[t];
    weight += windows.weights[window] * windows.lengths[window];
  });
  return loss / weight;
}

describe('the network', () => {
  const windows = windowsOf(7);
  const order = Uint32Array.from(windows.lengths.keys());
  longestFirst(order, windows.lengths);

  it('has the gradients that differences of its loss have, for every weight, with windows of different lengths', () => {
    const network = started();
    network.forward(windows, order, 0, order.length);
    const loss = network.backward();
    const gradients = network.gradients.slice();
    expect(loss).toBeCloseTo(lossOf(network, windows, order), 5);
    const step = 2e-2;
    for (let i = 0; i < gradients.length; i++) {
      const weight = network.weights[i];
      network.weights[i] = weight + step;
      const above = lossOf(network, windows, order);
      network.weights[i] = weight - step;
      const below = lossOf(network, windows, order);
      network.weights[i] = weight;
      expect(Math.abs((above - below) / (2 * step) - gradients[i])).toBeLessThan(1e-3 * Math.abs(gradients[i]) + 3e-5);
    }
    expect(gradients.some((gradient) => Math.abs(gradient) > 0.01)).toBe(true);
  });

  it('says of a window what it says of it alone, whatever it lies beside', () => {
    const network = started();
    const errors = new Float64Array(SHAPE.steps);
    const alone = [...order].map((window) => {
      network.forward(windows, Uint32Array.of(window), 0, 1);
      network.errors(0, errors, 0);
      return [...errors.subarray(0, windows.lengths[window])];
    });
    network.forward(windows, order, 0, order.length);
    order.forEach((window, row) => {
      network.errors(row, errors, 0);
      expect([...errors.subarray(0, windows.lengths[window])]).toEqual(alone[row]);
    });
  });

  it('learns to give back what follows a grammar, so that a break of it stands out', () => {
    const network = started();
    const adam = new Adam(network.weights.length, 1);
    const many = windowsOf(160);
    const all = Uint32Array.from(many.lengths.keys());
    longestFirst(all, many.lengths);
    for (let epoch = 0; epoch < 60; epoch++) {
      for (let from = 0; from < all.length; from += SHAPE.batch) {
        network.forward(many, all, from, from + SHAPE.batch);
        network.backward();
        adam.step(network.weights, network.gradients, 0.01);
      }
    }
    const test = (...tokens: number[]): Float64Array => {
      const errors = new Float64Array(tokens.length);
      const one = { tokens: Uint16Array.from(tokens), starts: Uint32Array.of(0), lengths: Uint32Array.of(tokens.length), before: Uint16Array.of(0) };
      network.forward({ ...one, weights: Float64Array.of(1) }, Uint32Array.of(0), 0, 1);
      network.errors(0, errors, 0);
      return errors.subarray(2);
    };
    expect(Math.max(...test(3, 6, 4, 7, 5, 0))).toBeLessThan(1.5);
    expect(Math.max(...test(3, 6, 4, 2, 5, 0))).toBeGreaterThan(3);
  });
});
