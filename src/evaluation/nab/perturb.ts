/** Copies of a labelled corpus that a detector without luck scores about as well as on the original. The windows stay where they are in time. */
import { CounterRandom } from '../../core/random.ts';
import type { NabSeries } from './scorer.ts';

/** Standard deviation of the noise, in standard deviations of the differences between successive values. */
const NOISE = 0.05;

/** Share of the rows that `cut-start` takes away. */
const CUT = 0.1;

export type Perturbation = 'drop-10' | 'drop-20' | 'noise' | 'cut-start' | 'every-second';

type Change = (series: NabSeries, random: CounterRandom, stream: number) => NabSeries;

function keepRows(series: NabSeries, keep: (row: number) => boolean): NabSeries {
  const values = series.values.filter((_, row) => keep(row));
  const times = series.times.filter((_, row) => keep(row));
  // A window that began before the first row that is left would be earned by whoever fires first.
  return { ...series, times, values, windows: series.windows.filter(([from]) => from >= times[0]) };
}

function drop(share: number): Change {
  return (series, random, stream) => keepRows(series, (row) => random.at(stream, row).uniform() >= share);
}

function noise(series: NabSeries, random: CounterRandom, stream: number): NabSeries {
  const { values } = series;
  const steps = values.subarray(1).map((x, i) => x - values[i]);
  const mean = steps.reduce((sum, x) => sum + x, 0) / steps.length;
  const spread = Math.sqrt(steps.reduce((sum, x) => sum + (x - mean) ** 2, 0) / steps.length);
  return { ...series, values: values.map((x, row) => x + NOISE * spread * random.at(stream, row).normal()) };
}

/**
 * The perturbations by name: `drop-10` and `drop-20` leave out 10 and 20% of the rows at random, `noise` adds normal noise of 5% of
 * the standard deviation of successive differences, `cut-start` leaves out the first 10% of the rows, `every-second` every second row.
 */
export const PERTURBATIONS: Readonly<Record<Perturbation, Change>> = {
  'drop-10': drop(0.1),
  'drop-20': drop(0.2),
  noise,
  'cut-start': (series) => keepRows(series, (row) => row >= Math.floor(CUT * series.values.length)),
  'every-second': (series) => keepRows(series, (row) => row % 2 === 0),
};

/** A perturbed copy of each series; the same for the same seed. */
export function perturb(corpus: readonly NabSeries[], how: Perturbation, seed: number): NabSeries[] {
  const random = new CounterRandom(seed);
  return corpus.map((series, stream) => PERTURBATIONS[how](series, random, stream));
}
