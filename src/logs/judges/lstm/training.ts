/** One training of the network: from the sequences at hand when it began, a number of steps at a time. */
import type { CounterRandom } from '../../../core/random.ts';
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Adam } from '../../../math/adam.ts';
import { Calibration } from './calibration.ts';
import { EDGE, type SequenceNetwork, type Windows } from './network.ts';
import type { SequenceTable } from './table.ts';
import { Vocabulary } from './vocabulary.ts';
import { cut, longestFirst } from './windows.ts';

/** Longest gradient. */
const CLIP = 1;
/** Steps between looks at what is held out, unless going through all windows once takes longer. */
const CHECK = 25;
/** Looks without a gain before the rate is halved, and before training ends. */
const HALVE_AFTER = 4;
const STOP_AFTER = 12;
/** A loss counts as better when it is lower by this part, and by so many nats. */
const GAIN = 0.005;
const LEAST_GAIN = 0.0005;

/** A point of the loss curve. */
export interface LossPoint {
  epoch: number;
  training: number;
  validation: number;
}

export interface TrainingPlan {
  rate: number;
  /** Steps at most. */
  steps: number;
  /** Which training this is, from 0: its shuffles are its own. */
  number: number;
}

/** How often each sequence is fitted to: never where it is among the rarest, which together are at most this share of the sessions. */
function fittedOf(table: SequenceTable, leaveOut: number): Uint32Array {
  const fitted = table.fitted.slice(0, table.sequences.length);
  const counts = fitted.map((n, i) => n + table.held[i]);
  let left = leaveOut * counts.reduce((sum, n) => sum + n, 0);
  for (const i of [...counts.keys()].sort((a, b) => counts[a] - counts[b] || b - a)) {
    left -= counts[i];
    if (left < 0) break;
    fitted[i] = 0;
  }
  return fitted.some((n) => n > 0) ? fitted : counts;
}

/** Places of the numbers that change with every step. */
const STEP = 0;
const NEXT = 1;
const EPOCH = 2;
const RATE = 3;
const BEST = 4;
const SINCE = 5;
const LOSS = 6;
const STEPS_OF_LOSS = 7;
const DONE = 8;
const NUMBERS = 9;

export class Training {
  readonly vocabulary: Vocabulary;
  /** Sessions fitted to and held out, and different sequences. */
  readonly sessions: { fitted: number; held: number; sequences: number };
  /** The weights that gave back best what was held out. */
  readonly best: Float32Array;
  readonly curve: LossPoint[] = [];
  readonly #plan: TrainingPlan;
  readonly #random: CounterRandom;
  readonly #network: SequenceNetwork;
  readonly #adam: Adam;
  readonly #windows: Windows;
  /** Weight of each window among those held out, and sessions that have it. */
  readonly #held: Float64Array;
  readonly #counts: Float64Array;
  readonly #order: Uint32Array;
  readonly #heldOrder: Uint32Array;
  readonly #numbers = new Float64Array(NUMBERS);
  readonly #errors: Float64Array;

  private constructor(
    plan: TrainingPlan,
    random: CounterRandom,
    network: SequenceNetwork,
    vocabulary: Vocabulary,
    windows: Windows,
    held: Float64Array,
    counts: Float64Array,
    sessions: Training['sessions'],
  ) {
    this.#plan = plan;
    this.#random = random;
    this.#network = network;
    this.vocabulary = vocabulary;
    this.sessions = sessions;
    this.#windows = windows;
    this.#held = held;
    this.#counts = counts;
    this.best = new Float32Array(network.weights.length);
    this.#adam = new Adam(network.weights.length, CLIP);
    const all = Uint32Array.from(windows.lengths.keys());
    this.#order = all.filter((i) => windows.weights[i] > 0);
    this.#heldOrder = all.filter((i) => held[i] > 0);
    longestFirst(this.#heldOrder, windows.lengths);
    this.#errors = new Float64Array(network.shape.steps);
    this.#numbers[RATE] = plan.rate;
    this.#numbers[BEST] = Infinity;
  }

  /** Begins from the weights that `network` has now; only the training uses it until it is done. */
  static begin(plan: TrainingPlan, random: CounterRandom, network: SequenceNetwork, table: SequenceTable, vocabulary: Vocabulary, leaveOut: number): Training {
    const fitted = fittedOf(table, leaveOut);
    const windows = cut(table.sequences, fitted, vocabulary, network.shape.steps);
    const judged = table.held.some((n) => n > 0) ? table.held : fitted;
    const held = Float64Array.from(windows.owners, (owner) => judged[owner]);
    const counts = Float64Array.from(windows.owners, (owner) => table.fitted[owner] + table.held[owner]);
    const total = (counts: Uint32Array): number => counts.subarray(0, table.sequences.length).reduce((sum, n) => sum + n, 0);
    const sessions = { fitted: total(table.fitted), held: total(table.held), sequences: table.sequences.length };
    const training = new Training(plan, random, network, vocabulary, windows, held, counts, sessions);
    training.best.set(network.weights);
    training.#shuffle();
    return training;
  }

  get isDone(): boolean {
    return this.#numbers[DONE] === 1;
  }

  get steps(): number {
    return this.#numbers[STEP];
  }

  /** Least loss of what was held out, nats a place. */
  get loss(): number {
    return this.#numbers[BEST];
  }

  /** Up to so many steps. */
  run(steps: number): void {
    for (let k = 0; k < steps && !this.isDone; k++) this.#step();
  }

  #step(): void {
    const numbers = this.#numbers;
    const network = this.#network;
    const to = Math.min(this.#order.length, numbers[NEXT] + network.shape.batch);
    network.forward(this.#windows, this.#order, numbers[NEXT], to);
    numbers[LOSS] += network.backward();
    numbers[STEPS_OF_LOSS]++;
    this.#adam.step(network.weights, network.gradients, numbers[RATE]);
    numbers[STEP]++;
    numbers[NEXT] = to;
    if (to === this.#order.length) {
      numbers[NEXT] = 0;
      numbers[EPOCH]++;
      this.#shuffle();
    }
    const isLast = numbers[STEP] >= this.#plan.steps;
    if (isLast || (numbers[NEXT] === 0 && numbers[STEPS_OF_LOSS] >= CHECK)) this.#check();
    if (isLast) numbers[DONE] = 1;
  }

  /** Looks at what is held out: keeps the best weights, lowers the rate, ends. */
  #check(): void {
    const numbers = this.#numbers;
    const validation = this.#validate();
    const epoch = Math.round((numbers[EPOCH] + numbers[NEXT] / this.#order.length) * 100) / 100;
    this.curve.push({ epoch, training: numbers[LOSS] / numbers[STEPS_OF_LOSS], validation });
    numbers[LOSS] = numbers[STEPS_OF_LOSS] = 0;
    if (validation < Math.min(numbers[BEST] * (1 - GAIN), numbers[BEST] - LEAST_GAIN)) {
      numbers[SINCE] = 0;
    } else {
      numbers[SINCE]++;
      if (numbers[SINCE] % HALVE_AFTER === 0) numbers[RATE] /= 2;
      if (numbers[SINCE] === STOP_AFTER) numbers[DONE] = 1;
    }
    if (validation < numbers[BEST]) {
      numbers[BEST] = validation;
      this.best.set(this.#network.weights);
    }
  }

  #validate(): number {
    let loss = 0;
    let weight = 0;
    this.#over(this.#heldOrder, (window, length) => {
      for (let t = 0; t < length; t++) loss += this.#held[window] * this.#errors[t];
      weight += this.#held[window] * length;
    });
    return loss / weight;
  }

  /** Leaves the errors at the places of each of these windows, the longest first, in `#errors`. */
  #over(order: Uint32Array, use: (window: number, length: number) => void): void {
    const { batch } = this.#network.shape;
    for (let from = 0; from < order.length; from += batch) {
      const to = Math.min(order.length, from + batch);
      this.#network.forward(this.#windows, order, from, to);
      for (let i = from; i < to; i++) {
        const window = order[i];
        this.#network.errors(i - from, this.#errors, 0);
        use(window, this.#windows.lengths[window]);
      }
    }
  }

  /**
   * How odd all the sessions are, by the best weights, which the network has from now on. Those held out alone would be too few to tell how far the
   * rarest of them lie.
   */
  finish(): Calibration {
    this.#network.weights.set(this.best);
    const worst = new Float64Array(this.#held.length);
    const order = Uint32Array.from(this.#counts.keys());
    longestFirst(order, this.#windows.lengths);
    this.#over(order, (window, length) => {
      for (let t = 0; t < length; t++) worst[window] = Math.max(worst[window], this.#errors[t]);
    });
    const found: [worst: number, sessions: number][] = [];
    for (let i = 0; i < worst.length; i++) {
      const isFirst = this.#windows.before[i] === EDGE;
      if (isFirst) found.push([worst[i], this.#counts[i]]);
      else found[found.length - 1][0] = Math.max(found[found.length - 1][0], worst[i]);
    }
    return Calibration.of(found);
  }

  /** The order of this epoch: a shuffle (Fisher and Yates), then the longest of each batch first. */
  #shuffle(): void {
    const order = this.#order;
    order.sort();
    const stream = this.#plan.number + 1;
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.#random.at(stream, this.#numbers[EPOCH] * 2 ** 20 + i).below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    const { batch } = this.#network.shape;
    for (let from = 0; from < order.length; from += batch) {
      longestFirst(order, this.#windows.lengths, from, Math.min(order.length, from + batch));
    }
  }

  /** What is fixed comes first, so that a snapshot keeps its layout. */
  snapshot(writer: SnapshotWriter): void {
    const { tokens, starts, lengths, before, weights } = this.#windows;
    writer.u32(this.#plan.number);
    this.vocabulary.snapshot(writer);
    writer.u32s(Uint32Array.of(this.sessions.fitted, this.sessions.held, this.sessions.sequences, tokens.length, starts.length));
    for (const block of [tokens, starts, lengths, before, weights, this.#held, this.#counts, this.#numbers, this.best, this.#network.weights])
      writer.block(block);
    this.#adam.snapshot(writer);
    writer.f64s(Float64Array.from(this.curve.flatMap(({ epoch, training, validation }) => [epoch, training, validation])));
  }

  static restore(reader: SnapshotReader, plan: Omit<TrainingPlan, 'number'>, random: CounterRandom, network: SequenceNetwork): Training {
    const number = reader.u32();
    const vocabulary = Vocabulary.restore(reader);
    const [fitted, held, sequences, places, count] = reader.u32s();
    const windows = {
      tokens: reader.block(new Uint16Array(places)),
      starts: reader.block(new Uint32Array(count)),
      lengths: reader.block(new Uint32Array(count)),
      before: reader.block(new Uint16Array(count)),
      weights: reader.block(new Float64Array(count)),
    };
    const heldWeights = reader.block(new Float64Array(count));
    const counts = reader.block(new Float64Array(count));
    const training = new Training({ ...plan, number }, random, network, vocabulary, windows, heldWeights, counts, { fitted, held, sequences });
    for (const block of [training.#numbers, training.best, network.weights]) reader.block(block);
    training.#adam.restore(reader);
    const curve = reader.f64s();
    for (let i = 0; i < curve.length; i += 3) training.curve.push({ epoch: curve[i], training: curve[i + 1], validation: curve[i + 2] });
    training.#shuffle();
    return training;
  }
}
