/** A trained network with what belongs to it. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Calibration } from './calibration.ts';
import type { SequenceNetwork } from './network.ts';
import type { LossPoint, Training } from './training.ts';
import { Vocabulary } from './vocabulary.ts';
import { cut, longestFirst } from './windows.ts';

const ONE = [1];

/** How a training went. */
export interface Trained {
  fitted: number;
  held: number;
  sequences: number;
  steps: number;
  loss: number;
  /** Number of the training, from 1. */
  version: number;
  /** Event time of the last session it was trained on, ms; sessions learnt until then. */
  time: number;
  learnt: number;
}

const FIELDS = ['fitted', 'held', 'sequences', 'steps', 'loss', 'version', 'time', 'learnt'] as const;

/** Says how well the network gives sequences back. */
export class Model {
  readonly vocabulary: Vocabulary;
  readonly calibration: Calibration;
  readonly trained: Trained;
  readonly curve: readonly LossPoint[];
  readonly #network: SequenceNetwork;

  private constructor(network: SequenceNetwork, vocabulary: Vocabulary, calibration: Calibration, trained: Trained, curve: readonly LossPoint[]) {
    this.#network = network;
    this.vocabulary = vocabulary;
    this.calibration = calibration;
    this.trained = trained;
    this.curve = curve;
  }

  /** What a training led to; its weights are copied into `network`. */
  static of(training: Training, network: SequenceNetwork, when: Pick<Trained, 'version' | 'time' | 'learnt'>): Model {
    const calibration = training.finish();
    network.weights.set(training.best);
    const trained = { ...training.sessions, steps: training.steps, loss: training.loss, ...when };
    return new Model(network, training.vocabulary, calibration, trained, training.curve);
  }

  /** Cross entropy in nats at each place of a sequence, and the token expected there; valid until the next call. */
  errors(sequence: Uint32Array): { errors: Float64Array; likeliest: Uint16Array; tokens: Uint16Array } {
    const { steps, batch } = this.#network.shape;
    const windows = cut([sequence], ONE, this.vocabulary, steps);
    const order = Uint32Array.from(windows.lengths.keys());
    longestFirst(order, windows.lengths);
    const errors = new Float64Array(sequence.length);
    const likeliest = new Uint16Array(sequence.length);
    for (let from = 0; from < order.length; from += batch) {
      const to = Math.min(order.length, from + batch);
      this.#network.forward(windows, order, from, to);
      for (let i = from; i < to; i++) {
        const at = windows.starts[order[i]];
        this.#network.errors(i - from, errors, at);
        for (let t = 0; t < windows.lengths[order[i]]; t++) likeliest[at + t] = this.#network.likeliest(i - from, t);
      }
    }
    return { errors, likeliest, tokens: windows.tokens };
  }

  /** What is fixed in size comes first. */
  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#network.weights);
    writer.block(Float64Array.from(FIELDS, (field) => this.trained[field]));
    this.vocabulary.snapshot(writer);
    this.calibration.snapshot(writer);
    writer.f64s(Float64Array.from(this.curve.flatMap(({ epoch, training, validation }) => [epoch, training, validation])));
  }

  static restore(reader: SnapshotReader, network: SequenceNetwork): Model {
    reader.block(network.weights);
    const numbers = reader.block(new Float64Array(FIELDS.length));
    const trained = Object.fromEntries(FIELDS.map((field, i) => [field, numbers[i]])) as unknown as Trained;
    const vocabulary = Vocabulary.restore(reader);
    const calibration = Calibration.restore(reader);
    const flat = reader.f64s();
    const curve = Array.from({ length: flat.length / 3 }, (_, i) => ({ epoch: flat[3 * i], training: flat[3 * i + 1], validation: flat[3 * i + 2] }));
    return new Model(network, vocabulary, calibration, trained, curve);
  }
}
