/** Mahalanobis distance: how far a row lies from the mean, measured in what is usual of its columns together. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { chiSquareSigma } from '../math/chi-square.ts';
import { ExponentialCovariance } from '../math/covariance.ts';
import { cholesky, solveCholesky } from '../math/matrix.ts';
import { average, averageOf, columnParts, shingle, shingleOf, shrinkage, span, warmUp } from './joint.ts';
import { AveragedScore, FilledRows, shareOut } from './rows.ts';

const options = Type.Object({ span, warm_up: warmUp, shrinkage, shingle, average }, { additionalProperties: false });

type Options = Static<typeof options>;

class Mahalanobis implements Detector {
  readonly #options: Options;
  readonly #shingle: number;
  readonly #rows: FilledRows;
  readonly #moments: ExponentialCovariance;
  readonly #score: AveragedScore;
  /** Scratch: the correlations, their factor (valid until the next row is learnt), the row in spreads, solved, and its parts. */
  readonly #correlations: Float64Array;
  readonly #factor: Float64Array;
  #isFactored = false;
  readonly #away: Float64Array;
  readonly #solved: Float64Array;
  #present = false;

  constructor(chosen: Options, width: number) {
    const rows = shingleOf(chosen.shingle, width);
    const size = rows * width;
    this.#options = chosen;
    this.#shingle = rows;
    this.#rows = new FilledRows(width, rows);
    this.#moments = new ExponentialCovariance(size, 2 / (chosen.span + 1), true);
    this.#score = new AveragedScore(averageOf(chosen.average, width, rows));
    this.#correlations = new Float64Array(size * size);
    this.#factor = new Float64Array(size * size);
    this.#away = new Float64Array(size);
    this.#solved = new Float64Array(size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    this.#present = this.#rows.read(values, at);
    if (!this.#present || this.#moments.count < this.#options.warm_up) return NaN;
    const { size } = this.#moments;
    if (!this.#isFactored) {
      this.#moments.correlations(this.#options.shrinkage, this.#correlations);
      this.#isFactored = cholesky(this.#correlations, size, this.#factor);
    }
    this.#moments.standardise(this.#rows.row, this.#away);
    const square = solveCholesky(this.#factor, size, this.#away, this.#solved);
    for (let i = 0; i < size; i++) this.#solved[i] *= this.#away[i];
    columnParts(this.#solved, out.contributions);
    shareOut(out.contributions);
    return this.#score.of(chiSquareSigma(square, size));
  }

  learn(): void {
    if (!this.#present) return;
    this.#score.learn();
    this.#rows.learn();
    if (this.#rows.count >= this.#shingle) this.#moments.learn(this.#rows.row);
    this.#isFactored = false;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
    this.#moments.snapshot(writer);
    this.#score.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    this.#rows.restore(reader);
    this.#moments.restore(reader);
    this.#score.restore(reader);
    return this;
  }
}

/**
 * Score: z' R^-1 z in standard deviations (Wilson and Hilferty), z the distances of the columns from their means in spreads and R their shrunk
 * correlations; below 0 for rows nearer than most; averaged over the last rows. The part of column j is z_j (R^-1 z)_j.
 */
export const mahalanobis = defineDetector({
  name: 'mahalanobis',
  summary: 'How far a row lies from the mean, measured in what is usual of its columns together.',
  options,
  sample: { span: 200, warm_up: 20 },
  about: {
    finds: 'Columns that no longer go together, and rows far from the mean.',
    use: 'Up to some 50 columns that rise and fall together around one normal state. Where there are several states use knn, where columns are many pca.',
    warmUp: '100 rows.',
    memory: '0.7 KB and 24 bytes a column and column: 2 KB for 8 columns, 35 KB for 38.',
    gives: 'contributions',
    paper:
      'Mahalanobis (1936), On the generalised distance in statistics; Schaefer and Strimmer (2005), A shrinkage approach to large-scale covariance matrix estimation.',
    example: 'columns',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 2,
  columns: 'many',
  create: (chosen, width) => new Mahalanobis(chosen, width),
  restore: (reader, chosen, width) => new Mahalanobis(chosen, width).restore(reader),
});
