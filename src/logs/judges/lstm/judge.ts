/** LSTM autoencoder: sessions that a network cannot give back as it read them. */
import type { Reason, SessionLook } from '../../../core/contracts.ts';
import type { LogModel } from '../../../core/log-api.ts';
import { CounterRandom } from '../../../core/random.ts';
import { Type, type Static } from '../../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { upTo } from '../../../math/lstm.ts';
import { defineJudge, type TrainedJudge } from '../definition.ts';
import { cardOf, sayWhy } from './words.ts';
import { Memo } from './memo.ts';
import { Model } from './model.ts';
import { SequenceNetwork, type Shape } from './network.ts';
import { END, Reading } from './reading.ts';
import { SequenceTable } from './table.ts';
import { Training } from './training.ts';
import { RESERVED, UNKNOWN, Vocabulary } from './vocabulary.ts';

const options = Type.Object(
  {
    order: Type.Union([Type.Literal('sorted'), Type.Literal('kept')], {
      description:
        '`sorted`: the network reads the events of a session by template, so that what parallel work writes in changing order is the same, and a session that still grows is only asked for events never seen. `kept`: as the lines came.',
      default: 'sorted',
    }),
    units: Type.Integer({ description: 'Width of both layers.', minimum: 8, maximum: 128, multipleOf: 8, default: 32 }),
    length: Type.Integer({ description: 'Events of a window; a longer session is several windows.', minimum: 2, maximum: 100, default: 20 }),
    vocabulary: Type.Integer({
      description: 'Templates with a meaning of their own, the most frequent ones; all others seen in training share one.',
      minimum: 5,
      maximum: 1021,
      default: 45,
    }),
    sequences: Type.Integer({
      description: 'Different sequences kept for training. When there are more, all counts are halved, and those left with none go.',
      minimum: 16,
      maximum: 65_536,
      default: 2048,
    }),
    first: Type.Integer({ description: 'Sessions before the first training; the next ones come at four times as many each.', minimum: 16, default: 250 }),
    interval: Type.Integer({ description: 'Sessions between two trainings at most.', minimum: 32, default: 100_000 }),
    delay: Type.Integer({
      description: 'A training is spread over so many sessions, and takes effect after the last of them.',
      minimum: 1,
      maximum: 10_000,
      default: 250,
    }),
    steps: Type.Integer({
      description: 'Steps of a training at most; it ends earlier when what is held out gets no better.',
      minimum: 1,
      maximum: 100_000,
      default: 1500,
    }),
    leave_out: Type.Number({
      description:
        'Share of the sessions, those of the rarest sequences, that training leaves out, since they may be what is to be found. A training period known to be normal is learnt whole.',
      minimum: 0,
      maximum: 0.5,
      default: 0.05,
    }),
    rate: Type.Number({
      description: 'Learning rate of Adam at the start of a training; halved when there is no gain.',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.005,
    }),
    memory: Type.Integer({
      description: 'Scores remembered, twice so many at most: a sequence seen before is not worked out again.',
      minimum: 1,
      maximum: 1_000_000,
      default: 65_536,
    }),
    seed: Type.Integer({ description: 'Seed of the first weights and of the order of training.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Windows of a step. */
const BATCH = 8;
/** One of so many sessions is held out, whichever chance takes. */
const HOLD = 5;
/** The next training comes at so many times the sessions. */
const GROWTH = 4;
/** Streams of the generator: first weights, what is held out; the trainings have those from 1 on. */
const WEIGHTS = 0;
const HELD = 2 ** 31;

class LstmAutoencoder implements TrainedJudge {
  readonly #options: Options;
  readonly #reading: Reading;
  readonly #table: SequenceTable;
  readonly #memo: Memo;
  readonly #random: CounterRandom;
  /** That which scores, and that which is trained meanwhile. */
  readonly #network: SequenceNetwork;
  readonly #trainee: SequenceNetwork;
  #model: Model | undefined;
  #training: Training | undefined;
  /** Sessions learnt; trainings begun; number of sessions at which the next begins, and at which the one under way takes effect; event time of its last session. */
  #learnt = 0;
  #trainings = 0;
  #next: number;
  #effect = 0;
  #time = 0;
  /** Scores worked out and remembered since this process began. */
  readonly inferences = { made: 0, remembered: 0 };

  constructor(chosen: Options) {
    const { units, length, vocabulary } = chosen;
    const shape: Shape = { tokens: upTo(vocabulary + RESERVED, 8), units, steps: length, batch: BATCH };
    this.#options = chosen;
    this.#reading = new Reading(chosen.order);
    this.#table = new SequenceTable(chosen.sequences);
    this.#memo = new Memo(chosen.memory);
    this.#random = new CounterRandom(chosen.seed);
    this.#network = new SequenceNetwork(shape);
    this.#trainee = new SequenceNetwork(shape);
    this.#next = chosen.first;
  }

  score(look: SessionLook): number {
    const model = this.#model;
    return model === undefined ? NaN : model.calibration.digits(this.#error(model, this.#reading.read(look)));
  }

  /** The largest error of what was read, as remembered or worked out. */
  #error(model: Model, { key, templates }: Reading): number {
    const known = this.#memo.get(key);
    if (known !== undefined) {
      this.inferences.remembered++;
      return known;
    }
    this.inferences.made++;
    const error = this.#worst(model, templates);
    this.#memo.set(key, error);
    return error;
  }

  /** The largest error of a place. Of a sorted session that still grows templates are missing everywhere, so only unknown ones count: NaN without any. */
  #worst(model: Model, templates: Uint32Array): number {
    const { errors, tokens } = model.errors(templates);
    const isPart = this.#options.order === 'sorted' && templates.at(-1) !== END;
    let worst = isPart ? NaN : 0;
    for (let t = 0; t < errors.length; t++) if ((!isPart || tokens[t] === UNKNOWN) && !(errors[t] <= worst)) worst = errors[t];
    return worst;
  }

  /** A look at a session that still grows is not learnt: the session comes again. */
  learn(look: SessionLook): void {
    const { templates, key } = this.#reading.read(look);
    if (templates.at(-1) !== END) return;
    if (this.#model !== undefined) this.#model.calibration.learn(this.#memo.get(key) ?? this.#error(this.#model, this.#reading));
    const learnt = ++this.#learnt;
    this.#table.learn(key, templates, this.#random.at(HELD, learnt).below(HOLD) === 0);
    if (this.#training !== undefined) {
      this.#training.run(Math.ceil(this.#options.steps / this.#options.delay));
      if (learnt === this.#effect) this.#take();
    }
    if (learnt >= this.#next && this.#training === undefined) {
      this.#begin(look.time, this.#options.leave_out);
      this.#effect = learnt + this.#options.delay;
      this.#next = learnt + Math.min((GROWTH - 1) * learnt, this.#options.interval);
    }
  }

  endTraining(): void {
    if (this.#learnt === 0) return;
    this.#begin(this.#time, 0);
    this.#training!.run(this.#options.steps);
    this.#take();
  }

  #begin(time: number, leaveOut: number): void {
    const number = this.#trainings++;
    if (number === 0) {
      let i = 0;
      this.#trainee.start(() => this.#random.at(WEIGHTS, i++).uniform());
    }
    this.#time = time;
    const before = this.#training?.vocabulary ?? this.#model?.vocabulary;
    const vocabulary = Vocabulary.of(this.#table, this.#trainee.shape.tokens, before);
    this.#training = Training.begin({ ...this.#options, number }, this.#random, this.#trainee, this.#table, vocabulary, leaveOut);
  }

  #take(): void {
    this.#model = Model.of(this.#training!, this.#network, { version: this.#trainings, time: this.#time, learnt: this.#learnt });
    this.#training = undefined;
    this.#memo.clear();
  }

  explain(look: SessionLook): Reason[] {
    if (this.#model === undefined) return [];
    const { templates } = this.#reading.read(look);
    return sayWhy(this.#model, templates, this.#options.order);
  }

  describe(): string[] {
    return this.card().card.map(([name, value]) => `${name}: ${value}`);
  }

  card(): Omit<LogModel, 'judge'> {
    return cardOf(this.#model, this.#network, {
      sessionsLeft: this.#training === undefined ? this.#next - this.#learnt : 0,
      inferences: this.inferences,
    });
  }

  /** What keeps its size comes first. */
  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.#learnt, this.#trainings, this.#next, this.#effect, this.#time]) writer.f64(x);
    writer.u8(this.#model === undefined ? 0 : 1);
    writer.u8(this.#training === undefined ? 0 : 1);
    this.#model?.snapshot(writer);
    this.#training?.snapshot(writer);
    this.#table.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    this.#learnt = reader.f64();
    this.#trainings = reader.f64();
    this.#next = reader.f64();
    this.#effect = reader.f64();
    this.#time = reader.f64();
    const hasModel = reader.u8() === 1;
    const hasTraining = reader.u8() === 1;
    if (hasModel) this.#model = Model.restore(reader, this.#network);
    // A training goes on from the weights of the one before.
    this.#trainee.weights.set(this.#network.weights);
    if (hasTraining) this.#training = Training.restore(reader, this.#options, this.#random, this.#trainee);
    this.#table.restore(reader);
    return this;
  }
}

/**
 * Score: the largest cross entropy of a place, as -log10 of the share of the sessions of its training, and of those since, that have one this large.
 * Deterministic: trainings begin at given numbers of sessions, and take effect a given number of sessions later.
 */
export const lstmAutoencoder = defineJudge({
  name: 'lstm-autoencoder',
  summary: 'What a network that reads a session into one small state cannot give back from it.',
  options,
  sample: { first: 40, delay: 20, steps: 60, units: 16, length: 8, vocabulary: 13, sequences: 64 },
  about: {
    finds:
      'Sessions with events that are missing, too many or never seen, also where what is usual of one event depends on others; with `order: kept` in an unusual order too.',
    use: 'Sessions of many kinds that no list of known counts can hold. For few kinds count-vector says the same sooner and plainer; for order alone sequence.',
    warmUp: '500 sessions, or a training period.',
    memory: 'About 100 KB, 450 KB while it is trained, and 100 bytes for each of up to 2048 sequences; grows with the square of `units`.',
    paper: 'Malhotra et al. (2016), LSTM-based encoder-decoder for multi-sensor anomaly detection; Hochreiter and Schmidhuber (1997); Sutskever et al. (2014).',
  },
  scale: 'digits',
  sees: 'sequence',
  threshold: { name: 'conformal', options: { alpha: 0.02, half_life: 3000 } },
  limit: { trained: 3, untrained: 2 },
  version: 1,
  create: (chosen) => new LstmAutoencoder(chosen),
  restore: (reader, chosen) => new LstmAutoencoder(chosen).restore(reader),
});
