/** Sessions whose counts lie farther from all known ones than those lie from each other. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { Type } from '../../core/schema.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import type { KnownSessions } from './known.ts';
import { difference, GROWING, percent } from './shared.ts';

export class CountVector implements TrainedJudge {
  readonly #known: KnownSessions;

  constructor(known: KnownSessions) {
    this.#known = known;
  }

  /** Of a session that still grows counts are missing. Beyond the farthest that any known session lies from the others, probabilities fall as 1 / distance. */
  score(look: SessionLook): number {
    if (look.look === GROWING || this.#known.learnt === 0) return NaN;
    const { distance } = this.#known.nearest(look);
    if (distance === 0) return 0;
    const digits = -Math.log10(this.#known.isolation(distance));
    const { farthest } = this.#known;
    return distance > farthest && distance < Infinity ? digits + Math.log10(distance / farthest) : digits;
  }

  /** What it judges by is learnt in `known`. */
  learn(): void {}

  explain(look: SessionLook): Reason[] {
    const { distance, key } = this.#known.nearest(look);
    if (key === undefined || distance === 0) return [];
    const told = difference(this.#known.pairs(look), key.pairs);
    const share = percent(this.#known.isolation(distance));
    return [
      {
        judge: 'count-vector',
        text: `${told.text} in the nearest known session; ${share} of the sessions lie as far from all others`,
        templates: told.templates,
      },
    ];
  }

  snapshot(): void {}
}

export const countVector = defineJudge({
  name: 'count-vector',
  summary: 'Distance of the counts of events to the nearest known session, beside how far known sessions lie from each other (each left out in turn).',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  about: {
    finds: 'Sessions with counts that no known one comes near.',
    use: 'After a period known to be normal. Without one it learns every session, so that only the first of a kind stands out: then use rare-key.',
    warmUp: 'One session.',
    memory: 'None of its own; what is known of sessions takes up to about 300 kB for 2,000 different counts.',
    paper: 'Nearest neighbour distances as conformal p-values: Laxhammar and Falkman (2011), Sequential conformal anomaly detection.',
  },
  scale: 'digits',
  sees: 'counts',
  threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
  limit: { trained: 3.3, untrained: 1.3 },
  version: 1,
  create: (_options, known) => new CountVector(known),
  restore: (_reader, _options, known) => new CountVector(known),
});
