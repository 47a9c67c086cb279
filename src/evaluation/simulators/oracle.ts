/** What one who knows a base can see of a spike in it: more than any detector can, which has to learn the base. */
import { SPIKE } from './anomalies.ts';
import { BASES, type Base, type BaseName } from './bases.ts';
import { partsOf, type SimulatedStream } from './streams.ts';

/** Logarithm of the density, up to a constant, of a value so far off a known level, where the one before lay `before` off its own. */
type Law = (off: number, level: number, before: number) => number;

const normal =
  (sd: number): Law =>
  (off) =>
    -0.5 * (off / sd) ** 2;

/** Normal noise, written to the nearest step. */
const stepped =
  (sd: number, step: number): Law =>
  (off) =>
    logMean((share) => -0.5 * ((off + (share - 0.5) * step) / sd) ** 2);

const poisson = (count: number, mean: number): number => {
  if (count < 0) return -Infinity;
  let sum = -mean;
  for (let i = 1; i <= count; i++) sum += Math.log(mean / i);
  return sum;
};

const POINTS = 16;

/** Logarithm of the mean of the densities that `law` is the logarithm of, over the shares 0 to 1. */
function logMean(law: (share: number) => number): number {
  let sum = 0;
  for (let i = 0; i < POINTS; i++) sum += Math.exp(law((i + 0.5) / POINTS));
  return Math.log(sum / POINTS);
}

/** The difference of two uniform numbers of 0 to 1 that is larger in this share of the draws. */
const difference = (share: number): number => (share < 0.5 ? Math.sqrt(2 * share) - 1 : 1 - Math.sqrt(2 * (1 - share)));

/** The levels are known, also that of the walk. Parameters as in the bases. */
const LAWS: Record<BaseName, Law> = {
  white: normal(1),
  ar1: (off, _, before) => (-0.5 * (off - 0.7 * before) ** 2) / (1 - 0.7 ** 2),
  walk: normal(1),
  daily: normal(2),
  weekly: normal(2),
  counts: (off, level) => poisson(Math.round(level + off), level),
  sparse: (off) => (Math.round(off) === 0 ? Math.log(0.97) : Math.log(0.03) + poisson(Math.round(off) - 1, 1)),
  heavy: (off) => -2 * Math.log(1 + off ** 2 / 3),
  flat: stepped(0.05, 0.05),
  'counter-rate': (off, level) => logMean((share) => -0.5 * ((off - (difference(share) * level) / 60) / 2) ** 2),
};

/** Logarithm of the likelihood ratio of a spike to none (Neyman and Pearson 1933) for each row from `from` on; the stream is `cleanStream` or `streamWith` of this seed. */
export function spikeEvidence(name: BaseName, { values }: Pick<SimulatedStream, 'values'>, seed: number, from: number): Float64Array {
  const base: Base = BASES[name];
  const law = LAWS[name];
  const { level } = partsOf(name, values.length, seed);
  const size = SPIKE * base.sd;
  const spike = base.counts === true ? Math.round(size) : size;
  return Float64Array.from({ length: values.length - from }, (_, k) => {
    const i = from + k;
    const before = i === 0 ? 0 : values[i - 1] - level[i - 1];
    const off = values[i] - level[i];
    const up = law(off - spike, level[i], before);
    const down = base.counts === true ? -Infinity : law(off + spike, level[i], before);
    const highest = Math.max(up, down);
    return highest === -Infinity ? -Infinity : highest + Math.log(Math.exp(up - highest) + Math.exp(down - highest)) - law(off, level[i], before);
  });
}
