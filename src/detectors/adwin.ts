/** Adaptive windowing: drift as an event, and a memory that ends where the normal changed. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { AdaptiveWindow } from '../math/adwin.ts';
import { perColumn } from './columns.ts';
import { isMissing, minSpread, scoreOf, spreadOf } from './zscore.ts';

const options = Type.Object(
  {
    delta: Type.Number({
      description: 'Probability of reporting a drift where there is none. Smaller is more cautious and slower.',
      exclusiveMinimum: 0,
      maximum: 0.5,
      default: 0.002,
    }),
    score: Type.Union([Type.Literal('drift'), Type.Literal('deviation')], {
      description:
        '`drift`: how far apart an older and a newer part of the window lie, as a part of what chance allows; a drift is above 1. ' +
        '`deviation`: distance of a value from the mean of the window, in its standard deviations, so of all since the last drift; give it a limit of 3 to 6.',
      default: 'drift',
    }),
    min_points: Type.Integer({ description: 'Values in the window before there is a score.', minimum: 2, default: 30 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

class Adwin implements Detector {
  readonly #options: Options;
  readonly #window: AdaptiveWindow;

  constructor(chosen: Options, window: AdaptiveWindow) {
    this.#options = chosen;
    this.#window = window;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const window = this.#window;
    const { min_points, score, min_spread } = this.#options;
    if (window.count < min_points) return NaN;
    const x = values[at];
    out.expected = window.mean;
    const spread = spreadOf(window.mean, window.variance, min_spread);
    if (score === 'deviation') out.below = out.above = spread;
    if (isMissing(x)) return NaN;
    const ratio = window.ratio(x);
    out.drift = ratio > 1;
    return score === 'drift' ? ratio : scoreOf(x, window.mean, spread);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (!isMissing(x)) this.#window.push(x);
  }

  snapshot(writer: SnapshotWriter): void {
    this.#window.snapshot(writer);
  }
}

/** Score: the largest |mean of the newer - mean of the older part| / epsilon_cut over all cuts of the window, or the deviation from its mean. */
export const adwin = defineDetector({
  name: 'adwin',
  summary:
    'Window that grows while the mean stays and drops what came before it changed (ADWIN): reports each drift, or scores against all since the last one.',
  options,
  sample: { delta: 0.01, min_points: 20 },
  about: {
    finds: 'Drifts: that the mean is no longer what it was, whether it moved at once or slowly; each is an event of its own.',
    use: 'To be told when the normal itself has changed, or, with score: deviation, for a mean with the longest memory that is still valid: a drift starts it anew. A season is one drift after another: use seasonal. A counter should come through aggregate: rate.',
    warmUp: '30 values.',
    memory: 'About 3.7 KB a column, whatever the length of the window.',
    gives: 'score only',
    paper: 'Bifet and Gavalda (2007), Learning from time-changing data with adaptive windowing.',
    example: 'drift',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 1 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Adwin(chosen, new AdaptiveWindow(chosen.delta))),
  restore: (reader, chosen, width) => perColumn(width, () => new Adwin(chosen, AdaptiveWindow.restore(reader, chosen.delta))),
});
