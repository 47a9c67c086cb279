/** Median and median absolute deviation: a level and a spread that outliers do not move. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { SlidingOrder } from '../math/order.ts';
import { perColumn } from './columns.ts';
import { isMissing, minSpread, scoreOf, widened } from './zscore.ts';

const options = Type.Object(
  {
    window: Type.Integer({ description: 'How many values the median and the spread are taken over.', minimum: 3, maximum: 10_000, default: 100 }),
    min_points: Type.Optional(
      Type.Integer({
        description: 'Values seen before there is a score, at most as many as `window`. Absent: 30, or the window where it is smaller.',
        minimum: 3,
        maximum: 10_000,
      }),
    ),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

class Robust implements Detector {
  readonly #options: Options;
  readonly #order: SlidingOrder;
  #median = NaN;
  #spread = NaN;

  constructor(chosen: Options, order: SlidingOrder) {
    this.#options = chosen;
    this.#order = order;
    this.#measure();
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const spread = this.#spread;
    if (spread !== spread) return NaN;
    const x = values[at];
    out.expected = this.#median;
    out.below = out.above = spread;
    return isMissing(x) ? NaN : scoreOf(x, this.#median, spread);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    this.#order.push(x);
    this.#measure();
  }

  snapshot(writer: SnapshotWriter): void {
    this.#order.snapshot(writer);
  }

  #measure(): void {
    const order = this.#order;
    const { window, min_points = 30, min_spread } = this.#options;
    if (order.count < Math.min(min_points, window)) return;
    const median = order.median();
    this.#median = median;
    this.#spread = widened(order.spread(median), median, min_spread);
  }
}

/** Score: |value - median| / (1.4826 MAD) over the last `window` values, this one not among them. */
export const robust = defineDetector({
  name: 'robust',
  summary: 'Distance from the median of the last values, in their median absolute deviations (MAD), as standard deviations.',
  options,
  sample: { window: 60, min_spread: 0 },
  about: {
    finds: 'Single values and shifts far from the middle of the last values, also where outliers are frequent.',
    use: 'When up to half of the window may be outliers and must not widen the band. Where half of the values are equal, a farther quantile of the distances takes the place of the MAD. For a season use seasonal; a counter that starts again scores once, and should come through aggregate: rate.',
    warmUp: '30 values.',
    memory: 'About 2 KB with a window of 100; 16 bytes a value of the window.',
    gives: 'band',
    paper: 'Hampel (1974), The influence curve and its role in robust estimation; Iglewicz and Hoaglin (1993), How to detect and handle outliers.',
    example: 'spikes',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Robust(chosen, new SlidingOrder(chosen.window))),
  restore: (reader, chosen, width) => perColumn(width, () => new Robust(chosen, SlidingOrder.restore(reader, chosen.window))),
});
