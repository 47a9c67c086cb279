/** Autoencoder: a small network that learns to give rows back through a narrow layer; what it cannot give back is unusual. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { chiSquareSigma } from '../math/chi-square.ts';
import { ExponentialCovariance } from '../math/covariance.ts';
import { Network } from '../math/network.ts';
import { average, averageOf, columnParts, shingle, shingleOf, span } from './joint.ts';
import { AveragedScore, FilledRows, shareOut } from './rows.ts';

const options = Type.Object(
  {
    hidden: Type.Optional(
      Type.Integer({ description: 'Width of the narrow layer. Absent: a third of the values of a row, rounded up.', minimum: 1, maximum: 256 }),
    ),
    rate: Type.Number({ description: 'Learning rate of Adam: larger learns and forgets faster.', exclusiveMinimum: 0, maximum: 1, default: 0.005 }),
    memory: Type.Integer({ description: 'Rows of the past kept for replay, a fair sample of all.', minimum: 1, maximum: 16_384, default: 256 }),
    replay: Type.Integer({
      description: 'Rows of the past learnt again with each new one, so that the network does not follow the newest rows alone.',
      minimum: 0,
      maximum: 64,
      default: 3,
    }),
    span,
    warm_up: Type.Integer({ description: 'Rows learnt before there is a score.', minimum: 2, default: 100 }),
    shingle,
    average,
    seed: Type.Integer({ description: 'Seed of the first weights and of the choice of rows to replay.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** What the network sees of a row ends so many spreads from the mean. */
const SEEN = 5;

/** Streams of the generator: first weights, rows to keep, rows to replay. */
const WEIGHTS = 0;
const KEEP = 1;
const REPLAY = 2;

class Autoencoder implements Detector {
  readonly #options: Options;
  readonly #shingle: number;
  readonly #rows: FilledRows;
  readonly #moments: ExponentialCovariance;
  readonly #errors: ExponentialCovariance;
  readonly #network: Network;
  readonly #score: AveragedScore;
  readonly #random: CounterRandom;
  readonly #memory: Float32Array;
  /** Rows the network has learnt. */
  readonly #count = new Float64Array(1);
  /** Scratch: the row in spreads, as the network sees it, what the network leaves, its parts, a remembered row. */
  readonly #away: Float64Array;
  readonly #seen: Float64Array;
  readonly #left: Float64Array;
  readonly #parts: Float64Array;
  readonly #again: Float64Array;
  #present = false;

  constructor(chosen: Options, width: number) {
    this.#shingle = shingleOf(chosen.shingle, width);
    const size = this.#shingle * width;
    this.#options = chosen;
    this.#rows = new FilledRows(width, this.#shingle);
    this.#moments = new ExponentialCovariance(size, 2 / (chosen.span + 1), false);
    this.#errors = new ExponentialCovariance(size, 2 / (chosen.span + 1), false);
    this.#random = new CounterRandom(chosen.seed);
    this.#network = new Network(size, chosen.hidden ?? Math.ceil(size / 3), chosen.rate, (i) => this.#random.at(WEIGHTS, i).normal());
    this.#score = new AveragedScore(averageOf(chosen.average, width, this.#shingle));
    this.#memory = new Float32Array(chosen.memory * size);
    this.#away = new Float64Array(size);
    this.#seen = new Float64Array(size);
    this.#left = new Float64Array(size);
    this.#parts = new Float64Array(size);
    this.#again = new Float64Array(size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    this.#present = this.#rows.read(values, at);
    if (!this.#present || this.#moments.count < 2) return NaN;
    this.#moments.standardise(this.#rows.row, this.#away);
    for (let i = 0; i < this.#seen.length; i++) this.#seen[i] = Math.max(-SEEN, Math.min(SEEN, this.#away[i]));
    const given = this.#network.run(this.#seen);
    for (let i = 0; i < given.length; i++) this.#left[i] = this.#away[i] - given[i];
    if (this.#count[0] < this.#options.warm_up) return NaN;
    this.#errors.standardise(this.#left, this.#parts);
    let sum = 0;
    for (let i = 0; i < this.#parts.length; i++) sum += this.#parts[i] *= this.#parts[i];
    columnParts(this.#parts, out.contributions);
    shareOut(out.contributions);
    return this.#score.of(chiSquareSigma(sum, this.#parts.length));
  }

  learn(): void {
    if (!this.#present) return;
    const isReady = this.#moments.count >= 2;
    this.#score.learn();
    this.#rows.learn();
    if (this.#rows.count < this.#shingle) return;
    this.#moments.learn(this.#rows.row);
    if (!isReady) return;
    const { replay, memory } = this.#options;
    const count = this.#count[0]++;
    this.#errors.learn(this.#left);
    this.#network.learn(this.#seen);
    const held = Math.min(count, memory);
    for (let k = 0; k < replay && held > 0; k++) {
      const from = this.#random.at(REPLAY, count * replay + k).below(held) * this.#again.length;
      for (let i = 0; i < this.#again.length; i++) this.#again[i] = this.#memory[from + i];
      this.#network.learn(this.#again);
    }
    // Reservoir sampling (Vitter 1985): each row so far is kept with the same chance.
    const place = count < memory ? count : this.#random.at(KEEP, count).below(count + 1);
    if (place < memory) this.#memory.set(this.#seen, place * this.#seen.length);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#count);
    for (const part of [this.#rows, this.#moments, this.#errors, this.#network, this.#score]) part.snapshot(writer);
    writer.block(this.#memory);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#count);
    for (const part of [this.#rows, this.#moments, this.#errors, this.#network, this.#score]) part.restore(reader);
    reader.block(this.#memory);
    return this;
  }
}

/**
 * Score: sum of the squared residuals, each in spreads of what was usual of its column's residual, in standard deviations (Wilson and Hilferty);
 * averaged over the last rows.
 * The part of a column is that of its square.
 */
export const autoencoder = defineDetector({
  name: 'autoencoder',
  summary: 'What a small network that learns to give rows back through a narrow layer cannot give back.',
  options,
  sample: { hidden: 2, memory: 32, replay: 1, span: 200, warm_up: 30 },
  about: {
    finds: 'Rows whose columns do not go together as they used to, also where they go together along curves.',
    use: 'Columns that depend on each other, not linearly; for linear dependence pca and mahalanobis are cheaper and learn sooner.',
    warmUp: '100 rows.',
    memory: 'About 1 KB a column for replay and 16 bytes a weight three times: 12 KB for 8 columns, 65 KB for 38.',
    gives: 'contributions',
    paper: 'Hawkins et al. (2002), Outlier detection using replicator neural networks; Kingma and Ba (2015), Adam.',
    example: 'columns',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 2,
  columns: 'many',
  create: (chosen, width) => new Autoencoder(chosen, width),
  restore: (reader, chosen, width) => new Autoencoder(chosen, width).restore(reader),
});
