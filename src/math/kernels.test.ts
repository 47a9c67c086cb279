import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { Workspace, type Matrix } from './kernels.ts';

const random = new CounterRandom(5);

function filled(space: Workspace, rows: number, stride: number, stream: number): Matrix {
  const values = space.floats(rows * stride);
  for (let i = 0; i < values.length; i++) values[i] = random.at(stream, i).normal();
  return { values, at: 0, stride };
}

const at = ({ values, at: from, stride }: Matrix, i: number, j: number): number => values[from + i * stride + j];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('kernels', () => {
  const sizes = fc.record({ m: fc.integer({ min: 1, max: 5 }), n: fc.integer({ min: 1, max: 5 }), k: fc.integer({ min: 1, max: 20 }) });

  it('add products of matrices of any size, plain and transposed', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ m: groups, n: octets, k }, isTransposed) => {
        const m = groups * 4;
        const n = octets * 8;
        const space = new Workspace(3000 + (m + n) * k + m * n);
        const a = isTransposed ? filled(space, k, m, 1) : filled(space, m, upTo4(k), 1);
        const b = filled(space, k, n, 2);
        const c = filled(space, m, n, 3);
        const before = c.values.slice();
        if (isTransposed) space.addTransposedProduct(m, n, k, a, b, c);
        else space.addProduct(m, n, k, a, b, c);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = before[i * n + j];
            for (let p = 0; p < k; p++) sum += (isTransposed ? at(a, p, i) : at(a, i, p)) * at(b, p, j);
            expect(at(c, i, j)).toBeCloseTo(sum, 4);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('work out cells as their formula says, far out as well, and touch nothing else', () => {
    const [rows, units] = [3, 8];
    const space = new Workspace(1000);
    const gates = filled(space, rows, 4 * units, 4);
    for (let i = 0; i < gates.values.length; i++) gates.values[i] *= i % 7 === 0 ? 60 : 2;
    const x = gates.values.slice();
    const before = filled(space, rows, units, 5);
    const [cell, active, out] = [filled(space, rows + 1, units, 6), filled(space, rows + 1, units, 7), filled(space, rows + 1, units, 8)];
    const behind = [cell, active, out].map(({ values }) => values.slice(rows * units));
    space.cellForward(rows, units, gates, before, cell, active, out);
    for (let r = 0; r < rows; r++) {
      for (let u = 0; u < units; u++) {
        const [i, f, o, g] = [0, 1, 2, 3].map((k) => x[r * 4 * units + k * units + u]);
        const expected = sigmoid(f) * at(before, r, u) + sigmoid(i) * Math.tanh(g);
        expect(at(cell, r, u)).toBeCloseTo(expected, 5);
        expect(at(active, r, u)).toBeCloseTo(Math.tanh(expected), 5);
        expect(at(out, r, u)).toBeCloseTo(sigmoid(o) * Math.tanh(expected), 5);
        expect(at(gates, r, 3 * units + u)).toBeCloseTo(Math.tanh(g), 5);
      }
    }
    expect([cell, active, out].map(({ values }) => values.slice(rows * units))).toEqual(behind);
  });
});

function upTo4(k: number): number {
  return Math.ceil(k / 4) * 4;
}
