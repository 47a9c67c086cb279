/** Sessions whose key is rare among those of late. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { Type } from '../../core/schema.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import type { KnownSessions } from './known.ts';
import { COMMON, difference, GROWING, percent } from './shared.ts';

/** Digits of a probability of 1 in 100: as often something new may have come in a training period, and still be odd. */
const LEAST = 2;

export class RareKey implements TrainedJudge {
  readonly #known: KnownSessions;

  constructor(known: KnownSessions) {
    this.#known = known;
  }

  /** A session that still grows has no key yet. */
  score(look: SessionLook): number {
    if (look.look === GROWING || this.#known.learnt === 0) return NaN;
    return -Math.log10(this.#known.rarity(look));
  }

  /** What it judges by is learnt in `known`. */
  learn(): void {}

  explain(look: SessionLook): Reason[] {
    const rarity = percent(this.#known.rarity(look));
    const nearest = this.#known.nearestCommon(look, COMMON);
    const told = nearest === undefined ? undefined : difference(this.#known.pairs(look), nearest.pairs);
    const rest = told === undefined || told.text === '' ? '' : `; of a usual session it differs by ${told.text}`;
    return [{ judge: 'rare-key', text: `only ${rarity} of the sessions have counts as rare as these${rest}`, templates: told?.templates ?? [] }];
  }

  /** After a period known to be normal: what is rarer than all that came in it, so that nothing of it is odd. */
  limit(): number {
    return Math.max(LEAST, -Math.log10(this.#known.rarityOfNew)) * (1 - 1e-9);
  }

  describe(): string[] {
    const { learnt, vectors, keys, free } = this.#known;
    const said = free.length === 0 ? 'every event counts' : `events that do not count: ${free.map((event) => `{t:${event}}`).join(', ')}`;
    return [`${learnt} sessions with ${vectors} different counts, ${keys} different keys`, said];
  }

  snapshot(): void {}
}

export const rareKey = defineJudge({
  name: 'rare-key',
  summary: 'Sessions whose counts of events are rare among those of late; events whose counts say nothing are left out.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  about: {
    finds: 'Sessions that run as few others did of late: broken off, repeated, with events that usually do not come.',
    use: 'Without a period known to be normal, where some per cent of all sessions may be wrong. Its limit is the share of the sessions that it may flag.',
    warmUp: 'One session; the stage holds its judgement back for `warm_up` sessions.',
    memory: 'None of its own; what is known of sessions takes up to about 300 kB for 2,000 different counts.',
    paper: 'Ranks of masses that decay, as conformal p-values: Vovk, Gammerman and Shafer (2005); Good (1953) for what was never seen.',
  },
  scale: 'digits',
  sees: 'counts',
  threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
  limit: { trained: 2, untrained: 1.3 },
  version: 2,
  create: (_options, known) => new RareKey(known),
  restore: (_reader, _options, known) => new RareKey(known),
});
