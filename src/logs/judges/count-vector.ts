/** Sessions whose counts lie farther from all known ones than those lie from each other. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { Type } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { QuantileSketch } from '../../math/sketch.ts';
import { defineJudge, trainedLimit, type TrainedJudge } from './definition.ts';
import type { KnownSessions } from './known.ts';
import { COMMON, difference, GROWING, percent, RARE } from './shared.ts';

const LIMIT = { trained: 2, untrained: 1.3 };
/** Digits of the probability that something new came in the whole training period, from which on any is odd. */
const SELDOM = 3.3;
/** Sessions after which a past distance counts half. */
const HALF_LIFE = 3000;

export class CountVector implements TrainedJudge {
  readonly #known: KnownSessions;
  /** With a training period known to be normal, whatever came in it is known; without, what is not rare. */
  #trained = false;
  /** Distances of late from what is usual, without a training period. */
  readonly #distances: QuantileSketch;

  constructor(known: KnownSessions, distances = new QuantileSketch(HALF_LIFE)) {
    this.#known = known;
    this.#distances = distances;
  }

  static restore(reader: SnapshotReader, known: KnownSessions): CountVector {
    if (reader.version < 2) return new CountVector(known).#after(true);
    const trained = reader.u8() === 1;
    return new CountVector(known, QuantileSketch.restore(reader, HALF_LIFE)).#after(trained);
  }

  #after(trained: boolean): this {
    this.#trained = trained;
    return this;
  }

  /** Of a session that still grows counts are missing. */
  score(look: SessionLook): number {
    if (look.look === GROWING || this.#known.learnt === 0) return NaN;
    return Math.abs(Math.log10(this.#probability(look)));
  }

  /** Among those around it, or where hardly anything new came in the whole training: then what is new is odd even beside a kind that is rare. */
  #probability(look: SessionLook): number {
    if (this.#trained) {
      const { around, all } = this.#known.isolation(look);
      return Math.min(around, all ** (LIMIT.trained / trainedLimit(SELDOM, this.#known.learnt)));
    }
    const at = this.#known.strangeness(look, RARE);
    if (at === 0) return 1;
    const { count, weight } = this.#distances;
    return count === 0 ? 1 : (this.#distances.above(at) * weight + 1) / (weight + 1);
  }

  /** Which sessions are known is learnt in `known`. */
  learn(look: SessionLook): void {
    if (!this.#trained) this.#distances.push(Math.min(this.#known.strangeness(look, RARE), Number.MAX_VALUE));
  }

  endTraining(): void {
    this.#trained = true;
  }

  explain(look: SessionLook): Reason[] {
    const key = this.#trained ? this.#known.nearest(look).key : this.#known.nearestCommon(look, COMMON);
    if (key === undefined) return [];
    const told = difference(this.#known.pairs(look), key.pairs);
    if (told.text === '') return [];
    const share = percent(this.#trained ? this.#known.isolation(look).around : this.#probability(look));
    const text = this.#trained
      ? `${told.text} in the nearest known session; ${share} of the sessions around it lie as far from all others`
      : `${told.text} in the nearest usual session; ${share} of the sessions are as far from what is usual`;
    return [{ judge: 'count-vector', text, templates: told.templates }];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u8(this.#trained ? 1 : 0);
    this.#distances.snapshot(writer);
  }
}

export const countVector = defineJudge({
  name: 'count-vector',
  summary: 'Distance of the counts of events to the nearest known session, beside how far known sessions lie from each other (each left out in turn).',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  about: {
    finds: 'Sessions with counts that no known one comes near.',
    use: 'After a period known to be normal: then every session of it is known. Without one only those are that are not rare of late; rare-key says the same plainer.',
    warmUp: 'One session.',
    memory: '3 kB of its own; what is known of sessions takes up to about 300 kB for 2,000 different counts.',
    paper:
      'Nearest neighbour distances as conformal p-values: Laxhammar and Falkman (2011), Sequential conformal anomaly detection; among neighbours only: Breunig et al. (2000), LOF.',
  },
  scale: 'digits',
  sees: 'counts',
  threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
  limit: LIMIT,
  version: 2,
  create: (_options, known) => new CountVector(known),
  restore: (reader, _options, known) => CountVector.restore(reader, known),
});
