/** Runs a detector over a labelled stream as a pipeline would, and measures what it says. */
import { detectorOutput, resetOutput } from '../../core/contracts.ts';
import { definitionOf, type Component } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import type { DataSet, LabelledSeries } from '../datasets/index.ts';
import { isHighestNear } from '../datasets/ucr.ts';
import { averagePrecision, rocAuc, vusPr } from '../measures/ranking.ts';

/** What a detector says of one stream: a number a row, NaN for none. */
export interface Scores {
  score: Float64Array;
  /** The onset where the detector gives one, else the score. */
  onset: Float64Array;
  seconds: number;
}

type Rows = Pick<LabelledSeries, 'time' | 'values' | 'width'>;

/** Scores each row by what came before it, then learns it. Nothing of a label is seen. */
export function scoresOf({ time, values, width }: Rows, { name, options }: Component): Scores {
  const detector = definitionOf(registry, 'detector', name)!.create(options, width);
  const out = detectorOutput(width);
  const score = new Float64Array(time.length);
  const onset = new Float64Array(time.length);
  const began = performance.now();
  for (let i = 0; i < time.length; i++) {
    const said = detector.score(time[i], values, i * width, resetOutput(out));
    score[i] = said;
    onset[i] = Number.isNaN(out.onset) ? said : out.onset;
    detector.learn(time[i], values, i * width);
  }
  return { score, onset, seconds: (performance.now() - began) / 1000 };
}

/** Figures of one stream. */
export interface SeriesFigures {
  name: string;
  family: string;
  rows: number;
  /** NaN where the measured rows hold no anomaly. */
  ap: number;
  auc: number;
  vus: number;
  /** Whether the highest score lies at the anomaly; NaN in sets that are not measured so. */
  hit: number;
  seconds: number;
}

/** Rows without a score rank below all others. */
export function figuresOf(set: Pick<DataSet, 'measured'>, series: LabelledSeries, score: Float64Array, seconds: number): SeriesFigures {
  const labels = series.labels.subarray(series.evaluateFrom);
  const measured = score.subarray(series.evaluateFrom);
  return {
    name: series.name,
    family: series.family,
    rows: series.time.length,
    ap: averagePrecision(labels, measured),
    auc: rocAuc(labels, measured),
    vus: vusPr(labels, measured, 100, 20),
    hit: set.measured === 'highest' ? Number(isHighestNear(series, score)) : NaN,
    seconds,
  };
}
