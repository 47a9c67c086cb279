/** The constants of `auto`, in points unless said otherwise; one set for all series. */
export interface Tuning {
  /** Half-life of the level's mean and spread. */
  levelHalf: number;
  /** What is learnt of a value ends so many spreads from the level. */
  levelClip: number;
  /** Length of the mean of distances that shows how long a deviation has lasted. */
  sustained: number;
  /** Points that a change must last to become the new normal. */
  adopt: number;
  /** Half-life of what is usual of a distance between shapes. */
  shapeHalf: number;
  /** Shapes that are remembered of each length. */
  shapes: number;
  /** Half-life of a member's tail. */
  tailHalf: number;
  /** Share of the points at which a new exceedance of the learnt quantile begins. */
  tailShare: number;
  /** Points without an exceedance after which the next one counts as a new one. */
  tailGap: number;
  /** The season is used while the root of the mean square of what it misses is less than this share of that of the level. */
  seasonGain: number;
  /** The forecast speaks while its error is less than this share of the distance from the level. */
  forecastGain: number;
  /** Repeated values that are never reported, however rare repetition is. */
  stuckLeast: number;
}

export const TUNING: Readonly<Tuning> = {
  levelHalf: 1000,
  levelClip: 2,
  sustained: 16,
  adopt: 300,
  shapeHalf: 4000,
  shapes: 168,
  tailHalf: 8000,
  tailShare: 0.003,
  tailGap: 64,
  seasonGain: 0.55,
  forecastGain: 1.2,
  stuckLeast: 20,
};

/** Rate of an exponential mean with this half-life. */
export function rateOf(half: number): number {
  return 1 - 2 ** (-1 / half);
}
