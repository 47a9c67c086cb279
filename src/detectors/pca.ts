/** Principal components: rows that leave the directions in which the columns move together, or go too far along them. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { chiSquareSigma } from '../math/chi-square.ts';
import { ExponentialCovariance } from '../math/covariance.ts';
import { symmetricEigen } from '../math/matrix.ts';
import { average, averageOf, columnParts, shingle, shingleOf, shrinkage, span, warmUp } from './joint.ts';
import { AveragedScore, FilledRows, shareOut } from './rows.ts';

const options = Type.Object(
  {
    span,
    warm_up: warmUp,
    variance: Type.Number({
      description: 'Share of the variance that the kept components explain; what they leave is the residual.',
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
    }),
    every: Type.Integer({ description: 'The components are computed anew after so many rows.', minimum: 1, default: 50 }),
    shrinkage,
    shingle,
    average,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

const MEMBERS = ['residual', 'variation'];

const KEPT = 0;
const AGE = 1;

class PrincipalComponents implements Detector {
  readonly #options: Options;
  readonly #shingle: number;
  readonly #rows: FilledRows;
  readonly #moments: ExponentialCovariance;
  readonly #score: AveragedScore;
  /** Components as rows, the largest first, and their variances. */
  readonly #components: Float64Array;
  readonly #variances: Float64Array;
  /** Components kept (0: not computed yet), rows learnt since they were computed. */
  readonly #state = new Float64Array(2);
  /** Scratch: correlations; the row in spreads; its place along the components; the part of each value. */
  readonly #correlations: Float64Array;
  readonly #away: Float64Array;
  readonly #along: Float64Array;
  readonly #parts: Float64Array;
  #present = false;

  constructor(chosen: Options, width: number) {
    this.#shingle = shingleOf(chosen.shingle, width);
    const size = this.#shingle * width;
    this.#options = chosen;
    this.#rows = new FilledRows(width, this.#shingle);
    this.#moments = new ExponentialCovariance(size, 2 / (chosen.span + 1), true);
    this.#score = new AveragedScore(averageOf(chosen.average, width, this.#shingle));
    this.#components = new Float64Array(size * size);
    this.#variances = new Float64Array(size);
    this.#correlations = new Float64Array(size * size);
    this.#away = new Float64Array(size);
    this.#along = new Float64Array(size);
    this.#parts = new Float64Array(size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    this.#present = this.#rows.read(values, at);
    const kept = this.#state[KEPT];
    if (!this.#present || kept === 0) return NaN;
    this.#moments.standardise(this.#rows.row, this.#away);
    const left = this.#project(kept);
    const variation = this.#variation(kept);
    const residual = this.#residual(left, kept);
    out.member = variation > residual ? 1 : 0;
    if (out.member === 1) this.#variationParts(kept);
    else this.#residualParts(kept);
    columnParts(this.#parts, out.contributions);
    shareOut(out.contributions);
    return this.#score.of(Math.max(residual, variation));
  }

  /** Places along all components; returns the squared length of what the kept ones leave. */
  #project(kept: number): number {
    const { size } = this.#moments;
    let left = 0;
    for (let i = 0, at = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++, at++) sum += this.#components[at] * this.#away[j];
      this.#along[i] = sum;
      if (i >= kept) left += sum * sum;
    }
    return left;
  }

  /** Hotelling's T^2 of the kept components. */
  #variation(kept: number): number {
    let sum = 0;
    for (let i = 0; i < kept; i++) sum += (this.#along[i] * this.#along[i]) / this.#variances[i];
    return chiSquareSigma(sum, kept);
  }

  /** What is left is a sum of squares of unlike variances: a chi-squared value of as many degrees as give the same first two moments (Box 1954). */
  #residual(left: number, kept: number): number {
    let first = 0;
    let second = 0;
    for (let i = kept; i < this.#moments.size; i++) {
      first += this.#variances[i];
      second += this.#variances[i] * this.#variances[i];
    }
    return first > 0 ? chiSquareSigma((left * first) / second, (first * first) / second) : -Infinity;
  }

  #residualParts(kept: number): void {
    const { size } = this.#moments;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = kept; i < size; i++) sum += this.#along[i] * this.#components[i * size + j];
      this.#parts[j] = sum * sum;
    }
  }

  #variationParts(kept: number): void {
    const { size } = this.#moments;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0; i < kept; i++) sum += (this.#along[i] / this.#variances[i]) * this.#components[i * size + j];
      this.#parts[j] = sum * this.#away[j];
    }
  }

  learn(): void {
    if (!this.#present) return;
    this.#score.learn();
    this.#rows.learn();
    if (this.#rows.count < this.#shingle) return;
    this.#moments.learn(this.#rows.row);
    const s = this.#state;
    s[AGE]++;
    const { warm_up, every } = this.#options;
    if (this.#moments.count >= warm_up && (s[KEPT] === 0 || s[AGE] >= every)) this.#compute();
  }

  #compute(): void {
    const { size } = this.#moments;
    this.#moments.correlations(this.#options.shrinkage, this.#correlations);
    symmetricEigen(this.#correlations, size, this.#variances, this.#components);
    let kept = 0;
    for (let sum = 0; kept < size && sum < this.#options.variance * size; kept++) sum += this.#variances[kept];
    this.#state[KEPT] = kept;
    this.#state[AGE] = 0;
  }

  describe(): string[] {
    const kept = this.#state[KEPT];
    return kept === 0 ? [] : [`${kept} of ${this.#moments.size} components explain ${Math.round(this.#options.variance * 100)}% of the variance`];
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
    this.#moments.snapshot(writer);
    this.#score.snapshot(writer);
    for (const block of [this.#state, this.#variances, this.#components]) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    this.#rows.restore(reader);
    this.#moments.restore(reader);
    this.#score.restore(reader);
    for (const block of [this.#state, this.#variances, this.#components]) reader.block(block);
    return this;
  }
}

/** Score: the larger of the residual's squared length and T^2 along the kept components, each in standard deviations (Wilson and Hilferty); averaged over the last rows. */
export const pca = defineDetector({
  name: 'pca',
  summary: 'Rows that leave the directions in which the columns move together, or go too far along them.',
  options,
  sample: { span: 200, warm_up: 20, every: 10 },
  about: {
    finds: 'A column that no longer follows the others, and a common movement that is larger than usual.',
    use: 'Many columns that are driven by a few causes; says whether the row left the common directions or went far along them. For few columns mahalanobis is simpler.',
    warmUp: '100 rows.',
    memory: '0.7 KB and 32 bytes a column and column: 3 KB for 8 columns, 50 KB for 38.',
    gives: 'contributions',
    paper: 'Jackson and Mudholkar (1979), Control procedures for residuals associated with principal component analysis; Hotelling (1947) for T^2; Box (1954).',
    example: 'columns',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  members: MEMBERS,
  version: 2,
  columns: 'many',
  create: (chosen, width) => new PrincipalComponents(chosen, width),
  restore: (reader, chosen, width) => new PrincipalComponents(chosen, width).restore(reader),
});
