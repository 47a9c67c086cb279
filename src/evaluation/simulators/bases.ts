/** What made streams are like while nothing is wrong: a level that may be known ahead, and noise around it. */
import type { CounterRandom } from '../../core/random.ts';

/** Rows are five minutes apart. */
export const STEP_MS = 300_000;
export const DAY = 288;
const WEEK = 7 * DAY;

/** Streams of random words that a base may draw from; anomalies use others. */
const BASE_STREAMS = { noise: 0, walk: 1, chi: 2, events: 5 } as const;

export interface Base {
  story: string;
  /** Standard deviation of the noise, by which anomalies are sized. */
  sd: number;
  /** Rows of a season; absent without one. */
  season?: number;
  /** Values are counts: whole, and at least 0. */
  counts?: true;
  /** Mostly 0. */
  sparse?: true;
  /** Values are written with this step. */
  rounded?: number;
  /** Fills level and noise row by row; `phase` is how many rows a season lags behind at a row. */
  fill(level: Float64Array, noise: Float64Array, random: CounterRandom, phase: (row: number) => number): void;
}

const wave = (row: number, period: number): number => Math.sin((2 * Math.PI * row) / period);
/** A day with a steep morning and a shoulder in the evening, between about -1.2 and 1.2. */
const dayShape = (row: number): number => wave(row, DAY) + 0.3 * wave(2 * row + 40, DAY);
const isWeekend = (row: number): boolean => ((row % WEEK) + WEEK) % WEEK >= 5 * DAY;

/** A Poisson number by inversion of one uniform; for means up to some hundred. */
function poisson(mean: number, uniform: number): number {
  let probability = Math.exp(-mean);
  let below = probability;
  let count = 0;
  while (uniform >= below && count < 10 * mean + 50) {
    count++;
    probability *= mean / count;
    below += probability;
  }
  return count;
}

type LevelAt = (row: number) => number;

/** A level that the season alone makes, and independent normal noise. */
function around(levelAt: LevelAt, sd: number): Base['fill'] {
  return (level, noise, random, phase) => {
    for (let i = 0; i < level.length; i++) {
      level[i] = levelAt(i - phase(i));
      noise[i] = sd * random.at(BASE_STREAMS.noise, i).normal();
    }
  };
}

function autoregressive(level: Float64Array, noise: Float64Array, random: CounterRandom): void {
  const phi = 0.7;
  const innovation = Math.sqrt(1 - phi * phi);
  for (let i = 0; i < level.length; i++) {
    const e = random.at(BASE_STREAMS.noise, i).normal();
    level[i] = 20;
    noise[i] = i === 0 ? e : phi * noise[i - 1] + innovation * e;
  }
}

function walking(level: Float64Array, noise: Float64Array, random: CounterRandom): void {
  let at = 100;
  for (let i = 0; i < level.length; i++) {
    level[i] = at += 0.05 * random.at(BASE_STREAMS.walk, i).normal();
    noise[i] = random.at(BASE_STREAMS.noise, i).normal();
  }
}

function counting(level: Float64Array, noise: Float64Array, random: CounterRandom, phase: (row: number) => number): void {
  for (let i = 0; i < level.length; i++) {
    level[i] = 20 + 12 * dayShape(i - phase(i));
    noise[i] = poisson(level[i], random.at(BASE_STREAMS.noise, i).uniform()) - level[i];
  }
}

function sparse(level: Float64Array, noise: Float64Array, random: CounterRandom): void {
  for (let i = 0; i < level.length; i++) {
    level[i] = 0;
    const happens = random.at(BASE_STREAMS.events, i).uniform() < 0.03;
    noise[i] = happens ? 1 + poisson(1, random.at(BASE_STREAMS.noise, i).uniform()) : 0;
  }
}

/** Student's t with 3 degrees of freedom. */
function heavyTailed(level: Float64Array, noise: Float64Array, random: CounterRandom): void {
  for (let i = 0; i < level.length; i++) {
    const normal = random.at(BASE_STREAMS.noise, i).normal();
    let squares = 0;
    for (let k = 0; k < 3; k++) squares += random.at(BASE_STREAMS.chi + k, i).normal() ** 2;
    level[i] = 10;
    noise[i] = normal / Math.sqrt(squares / 3);
  }
}

/** Increase of a counter between two readings, each up to 5 s late, per nominal step: what one reading has too much the next has too little. */
function counterRate(level: Float64Array, noise: Float64Array, random: CounterRandom, phase: (row: number) => number): void {
  const late = (i: number): number => (i < 0 ? 0 : random.at(BASE_STREAMS.walk, i).uniform() * 5_000);
  for (let i = 0; i < level.length; i++) {
    level[i] = 200 + 20 * dayShape(i - phase(i));
    noise[i] = (level[i] * (late(i) - late(i - 1))) / STEP_MS + 2 * random.at(BASE_STREAMS.noise, i).normal();
  }
}

export const BASES = {
  white: { story: 'independent normal noise', sd: 1, fill: around(() => 50, 1) },
  ar1: { story: 'noise of which each value keeps 0.7 of the one before', sd: 1, fill: autoregressive },
  walk: { story: 'a level that wanders by 0.05 a row, with noise', sd: 1, fill: walking },
  daily: { story: 'a daily season of five times the noise', sd: 2, season: DAY, fill: around((row) => 100 + 10 * dayShape(row), 2) },
  weekly: {
    story: 'a daily season that is a third as high at the weekend',
    sd: 2,
    season: DAY,
    fill: around((row) => (isWeekend(row) ? 92 + 4 * dayShape(row) : 100 + 12 * dayShape(row)), 2),
  },
  counts: { story: 'Poisson counts with a daily rate between 6 and 34', sd: Math.sqrt(20), season: DAY, counts: true, fill: counting },
  sparse: { story: 'zero but for 3% of the rows, which hold a small count', sd: 1, counts: true, sparse: true, fill: sparse },
  heavy: { story: "Student's t with 3 degrees of freedom", sd: Math.sqrt(3), fill: heavyTailed },
  flat: { story: 'a reading that moves by its last digit', sd: 0.05, rounded: 0.05, fill: around(() => 21, 0.05) },
  'counter-rate': { story: 'the rate of a counter read up to 5 s late, with a daily season', sd: 2.6, season: DAY, fill: counterRate },
} as const satisfies Record<string, Base>;

export type BaseName = keyof typeof BASES;

export const BASE_NAMES = Object.keys(BASES) as BaseName[];
