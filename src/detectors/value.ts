/** The value itself as the score: for what is already a judgement, and for limits that people know. */
import type { Detector } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';

const options = Type.Object(
  {
    side: Type.Enum(['above', 'below', 'both'], {
      description: 'Which values are unusual: high ones (the score is the value), low ones (the score is its negative), or those far from 0 on either side.',
      default: 'above',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Knows nothing, and so needs no state. */
class Value implements Detector {
  readonly #side: Options['side'];

  constructor({ side }: Options) {
    this.#side = side;
  }

  score(_time: number, values: Float64Array, at: number): number {
    const x = values[at];
    if (!Number.isFinite(x)) return NaN;
    return this.#side === 'above' ? x : this.#side === 'below' ? -x : Math.abs(x);
  }

  learn(): void {
    // There is nothing to learn.
  }

  snapshot(): void {
    // There is nothing to keep.
  }
}

/** Score: the value, its negative, or its size. */
export const value = defineDetector({
  name: 'value',
  summary: 'The value itself is the score: for alerts of other systems, states, and limits that you know.',
  options,
  sample: { side: 'above' },
  about: {
    finds: 'Values beyond a limit that you give with the threshold `static`.',
    use: 'For values that are a judgement already (alerts of Alertmanager, states that are 0 or 1), and where a limit is known: a temperature, a share of errors. Every other detector learns what is usual; this one does not.',
    warmUp: 'None: the first value has a score.',
    memory: 'No state.',
    gives: 'score only',
    paper: 'None: the value.',
    example: 'level-shift',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 0.5 } },
  learns: false,
  version: 1,
  columns: 'one',
  create: (chosen) => new Value(chosen),
  restore: (_reader, chosen) => new Value(chosen),
});
