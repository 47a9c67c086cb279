/** Envelope novelty: values that leave the ranges that several views of the series have kept to. */
import type { Detector, DetectorOutput } from '../../core/contracts.ts';
import { Type, defineDetector, type Static } from '../../core/schema.ts';
import type { SnapshotWriter } from '../../core/snapshot.ts';
import { perColumn } from '../columns.ts';
import { isMissing } from '../zscore.ts';
import { Envelope, TUNING, type Tuning } from './engine.ts';

const AT_PACE = 'at sampling intervals up to five minutes, down to half as many at ten minutes and above';

const options = Type.Object(
  {
    margin: Type.Number({
      description:
        'By how much a value must exceed a range to be new, in parts of the range, once `half_life` values were seen; more before. Larger means fewer alerts.',
      exclusiveMinimum: 0,
      maximum: 10,
      default: TUNING.margin,
    }),
    rise: Type.Number({
      description: 'By how much the margin grows with an onset, in parts of the range, so that one thing that goes on is told once.',
      minimum: 0,
      maximum: 10,
      default: TUNING.rise,
    }),
    calm: Type.Number({ description: `Values after which half of that growth is gone, ${AT_PACE}.`, exclusiveMinimum: 0, default: TUNING.calm }),
    refractory: Type.Number({
      description: `Values without news after which something new is an onset again, ${AT_PACE}.`,
      minimum: 0,
      default: TUNING.refractory,
    }),
    half_life: Type.Number({
      description: `Values after which a range that nothing touches has shrunk by half, ${AT_PACE}. Smaller means that what was seen once is sooner new again.`,
      minimum: 100,
      default: TUNING.halfLife,
    }),
    warm_up: Type.Number({ description: `Values seen before there is a score, ${AT_PACE}.`, minimum: 2, default: TUNING.warmUp }),
  },
  { additionalProperties: false },
);

function tuningOf({ margin, rise, calm, refractory, half_life: halfLife, warm_up: warmUp }: Static<typeof options>): Tuning {
  return { margin, rise, calm, refractory, halfLife, warmUp };
}

class EnvelopeDetector implements Detector {
  readonly #envelope: Envelope;
  readonly #margin: number;

  constructor(envelope: Envelope, margin: number) {
    this.#envelope = envelope;
    this.#margin = margin;
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const x = values[at];
    out.onset = 0;
    if (isMissing(x)) return NaN;
    const envelope = this.#envelope;
    const score = envelope.score(time, x);
    if (score !== score) return NaN;
    out.onset = envelope.onset;
    out.expected = envelope.expected();
    // At the margin, the limit of the score unless told otherwise, the band is the range and the margin.
    const perScore = (1 + this.#margin) / this.#margin;
    out.below = envelope.reach(-1) * perScore;
    out.above = envelope.reach(1) * perScore;
    return score;
  }

  learn(_time: number, values: Float64Array, at: number): void {
    if (!isMissing(values[at])) this.#envelope.learn();
  }

  describe(): string[] {
    return this.#envelope.describe();
  }

  snapshot(writer: SnapshotWriter): void {
    this.#envelope.snapshot(writer);
  }
}

/** Score: by what part a value exceeds the range of the most surprised view, which then fades; 0 within the ranges. */
export const envelope = defineDetector({
  name: 'envelope',
  summary: 'Values outside the ranges that the series has kept to so far, looked at in several ways: its value, its changes, its lulls, its hours.',
  options,
  sample: { margin: 0.1 },
  about: {
    finds: 'What has not been before: values, jumps, changes of level, lulls that end too high, values that do not fit their hour.',
    use: 'For alerts: it tells each new thing once, seldom tells false ones, and what comes again stops being new. It does not see that an anomaly lasts; for a score per value take auto.',
    warmUp: '64 values (32 where a value comes every ten minutes or less often).',
    memory: 'About 6 KB a column, whatever the options.',
    gives: 'band and contributions',
    paper: 'Rényi (1962), Théorie des éléments saillants d’une suite d’observations: the n-th of exchangeable values is the largest with probability 1/n.',
    example: 'spikes',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: TUNING.margin } },
  onsets: true,
  version: 7,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new EnvelopeDetector(new Envelope(tuningOf(chosen)), chosen.margin)),
  restore: (reader, chosen, width) => perColumn(width, () => new EnvelopeDetector(Envelope.restore(reader, tuningOf(chosen)), chosen.margin)),
});
