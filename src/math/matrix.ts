/** Small dense symmetric matrices, row-major in typed arrays. */

/**
 * Lower factor L of a = L L' (Cholesky; Golub and Van Loan, Matrix Computations, 4.2): a and lower are n * n, only the lower half is read and
 * written. False where `a` is not positive definite; `lower` is then of no use.
 */
export function cholesky(a: Float64Array, n: number, lower: Float64Array): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j];
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L y = b into `x`, then L' x = y in place; returns |y|^2, which is b' a^-1 b. */
export function solveCholesky(lower: Float64Array, n: number, b: Float64Array, x: Float64Array): number {
  let square = 0;
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= lower[i * n + k] * x[k];
    x[i] = sum / lower[i * n + i];
    square += x[i] * x[i];
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i];
    for (let k = i + 1; k < n; k++) sum -= lower[k * n + i] * x[k];
    x[i] = sum / lower[i * n + i];
  }
  return square;
}

/** Sweeps over all pairs; a matrix of this size needs fewer than ten. */
const SWEEPS = 30;

/** Off the diagonal nothing is left when it is smaller than this part of the whole. */
const NOTHING = 1e-30;

/**
 * Eigenvalues of a symmetric matrix, largest first, and their vectors as the rows of `vectors` (n * n), each with its largest part positive:
 * cyclic Jacobi rotations (Golub and Van Loan, 8.5). `a` is used up.
 */
export function symmetricEigen(a: Float64Array, n: number, values: Float64Array, vectors: Float64Array): void {
  vectors.fill(0);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(a, n) > 0; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) if (a[p * n + q] !== 0) rotate(a, n, p, q, vectors);
  }
  for (let i = 0; i < n; i++) values[i] = a[i * n + i];
  for (let i = 0; i < n; i++) {
    let largest = i;
    for (let k = i + 1; k < n; k++) if (values[k] > values[largest]) largest = k;
    if (largest !== i) exchange(values, vectors, n, i, largest);
    orient(vectors, n, i);
  }
}

/** Sum of squares off the diagonal; 0 where it is nothing beside those on it. */
function offDiagonal(a: Float64Array, n: number): number {
  let off = 0;
  let on = 0;
  for (let i = 0; i < n; i++) {
    on += a[i * n + i] * a[i * n + i];
    for (let j = i + 1; j < n; j++) off += a[i * n + j] * a[i * n + j];
  }
  return off > NOTHING * on ? off : 0;
}

/** Turns a in the plane of p and q so that a[p][q] becomes 0, and the vectors with it. */
function rotate(a: Float64Array, n: number, p: number, q: number, vectors: Float64Array): void {
  const tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const tangent = tau >= 0 ? 1 / (tau + Math.sqrt(1 + tau * tau)) : -1 / (-tau + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + tangent * tangent);
  const s = tangent * c;
  for (let k = 0; k < n; k++) {
    const x = a[k * n + p];
    const y = a[k * n + q];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k];
    const y = a[q * n + k];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const v = vectors[p * n + k];
    const w = vectors[q * n + k];
    vectors[p * n + k] = c * v - s * w;
    vectors[q * n + k] = s * v + c * w;
  }
  a[p * n + q] = a[q * n + p] = 0;
}

function exchange(values: Float64Array, vectors: Float64Array, n: number, i: number, j: number): void {
  [values[i], values[j]] = [values[j], values[i]];
  for (let k = 0; k < n; k++) [vectors[i * n + k], vectors[j * n + k]] = [vectors[j * n + k], vectors[i * n + k]];
}

function orient(vectors: Float64Array, n: number, row: number): void {
  let most = row * n;
  for (let at = row * n; at < (row + 1) * n; at++) if (Math.abs(vectors[at]) > Math.abs(vectors[most])) most = at;
  if (vectors[most] < 0) for (let at = row * n; at < (row + 1) * n; at++) vectors[at] = -vectors[at];
}
