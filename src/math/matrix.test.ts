import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cholesky, solveCholesky, symmetricEigen } from './matrix.ts';

const square = fc.integer({ min: 1, max: 7 }).chain((n) => fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n * n, maxLength: n * n }));

/** m m' + 0.1 I: symmetric and positive definite. */
function definite(m: readonly number[]): { a: Float64Array; n: number } {
  const n = Math.sqrt(m.length);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j] += m[i * n + k] * m[j * n + k] + (i === j ? 0.1 / n : 0);
  return { a, n };
}

function timesVector(a: Float64Array, x: Float64Array): number[] {
  const n = x.length;
  return Array.from({ length: n }, (_, i) => x.reduce((sum, value, j) => sum + a[i * n + j] * value, 0));
}

describe('cholesky', () => {
  it('finds the factor of a textbook matrix, and solves with it', () => {
    const lower = new Float64Array(9);
    expect(cholesky(Float64Array.of(4, 0, 0, 12, 37, 0, -16, -43, 98), 3, lower)).toBe(true);
    expect([...lower]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
    const x = new Float64Array(3);
    // a (1, 2, 3) = (4 + 24 - 48, 12 + 74 - 129, -16 - 86 + 294)
    expect(solveCholesky(lower, 3, Float64Array.of(-20, -43, 192), x)).toBeCloseTo(-20 - 86 + 576, 9);
    expect([...x].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2, 3]);
  });

  it('refuses what is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2, new Float64Array(4))).toBe(false);
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2, new Float64Array(4))).toBe(false);
    expect(cholesky(Float64Array.of(NaN), 1, new Float64Array(1))).toBe(false);
  });

  it('solves what it factors', () => {
    fc.assert(
      fc.property(square, (m) => {
        const { a, n } = definite(m);
        const lower = new Float64Array(n * n);
        const b = Float64Array.from({ length: n }, (_, i) => i - 1.5);
        const x = new Float64Array(n);
        expect(cholesky(a, n, lower)).toBe(true);
        const quadratic = solveCholesky(lower, n, b, x);
        timesVector(a, x).forEach((value, i) => expect(value).toBeCloseTo(b[i], 7));
        const direct = x.reduce((sum, value, i) => sum + value * b[i], 0);
        expect(Math.abs(quadratic - direct)).toBeLessThan(1e-9 * (1 + direct));
      }),
    );
  });
});

describe('symmetric eigenvalues', () => {
  it('are those of a matrix worked out by hand', () => {
    for (const scale of [1, 1e-20, 1e20]) {
      const values = new Float64Array(2);
      const vectors = new Float64Array(4);
      symmetricEigen(Float64Array.of(scale, 2 * scale, 2 * scale, 4 * scale), 2, values, vectors);
      expect(values[0] / scale).toBeCloseTo(5, 12);
      expect(values[1] / scale).toBeCloseTo(0, 12);
      const expected = [1 / Math.sqrt(5), 2 / Math.sqrt(5), 2 / Math.sqrt(5), -1 / Math.sqrt(5)];
      vectors.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
    }
  });

  it('fall, and their vectors are orthonormal, oriented and make up the matrix', () => {
    fc.assert(
      fc.property(square, (m) => {
        const { a, n } = definite(m);
        const values = new Float64Array(n);
        const vectors = new Float64Array(n * n);
        symmetricEigen(a.slice(), n, values, vectors);
        for (let i = 0; i < n; i++) {
          const vector = vectors.subarray(i * n, (i + 1) * n);
          if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
          timesVector(a, vector).forEach((value, k) => expect(value).toBeCloseTo(values[i] * vector[k], 7));
          for (let j = 0; j < n; j++) {
            const dot = vector.reduce((sum, value, k) => sum + value * vectors[j * n + k], 0);
            expect(dot).toBeCloseTo(i === j ? 1 : 0, 9);
          }
          expect(Math.max(...vector)).toBe(Math.max(...vector.map(Math.abs)));
        }
      }),
    );
  });
});
