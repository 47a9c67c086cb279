/**
 * Novelty of one value after another: how far it leaves the range that each of several views of the series has kept to.
 * Under exchangeability a new extreme has probability 1/n, so false alarms thin out by themselves (Rényi 1962, Théorie des
 * éléments saillants d'une suite d'observations); an extreme widens its range at once, and ranges shrink slowly.
 */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { isSummerTimeChange, Seasons, UNSURE } from './seasons.ts';
import { addUp, gather, INTERVALS, isRenewed, MINIMA, paceOf, RING, SUMS, windowsAt } from './windows.ts';

/** Constants of an envelope; those that count values are divided by the pace of the series. */
export interface Tuning {
  /** How much a value must exceed a range to be new once a half-life of values is seen, in parts of the range. */
  margin: number;
  /** By how much an onset raises the limit of the next, in parts of the range. */
  rise: number;
  /** Values after which half of that rise is gone. */
  calm: number;
  /** Values without news after which something new is an onset again. */
  refractory: number;
  /** Values after which a range that nothing touches has shrunk by half. */
  halfLife: number;
  /** Values of a view before it speaks. */
  warmUp: number;
}

export const TUNING: Tuning = { margin: 0.05, rise: 0.12, calm: 300, refractory: 22, halfLife: 22_000, warmUp: 64 };

/** The mean of a view follows its last so many values. */
const MEAN_VALUES = 1000;

/** The scale of the logarithmic view follows so many values; below this part of it the view is linear. */
const SCALE_VALUES = 2000;
const LINEAR_PART = 0.01;

/** A view that moves less than this part of the range of the values has not moved. */
const LEAST_PART = 0.01;

/** Rounding of sums over a window, in parts of the values' size. */
const ROUNDING = 2 ** -46;

/** No value is more than so many ranges away. */
const FARTHEST = 100;

/** A score that was new stays, halved after so many values. */
const HELD_VALUES = 20;

const HOUR = 3_600_000;
/** What is no further than this from an hour is one, ms. */
const HOUR_JITTER = HOUR / 12;

/** Missing values in a row that are no gap; as many, divided by the pace, are taken to have been as the last one. */
const BRIDGED = 5;

/** The margin of a young series is larger by so many times, halved after so many values. */
const YOUNG_MARGINS = 4;
const YOUNG_VALUES = 150;

/** A series that fell at most once in so many rises is a counter; its fall to less than half is that it started again. */
const RISES_OF_COUNTER = 32;

/** Views: of the value; of its logarithm; from the means of windows; from one mean to the next; of sliding minima; from its hour. */
const X = 0;
const LOG = 1;
const MEAN = 2;
const CHANGE = 6;
const MINIMUM = 8;
const SEASON = 11;
const VIEWS = 12;

/** Where each thing lies in the state. */
const N = 0;
const LAST_TIME = 1;
const SIZE = 2;
const RAISED = 3;
const SINCE = 4;
const HELD = 5;
const INTERVAL = 6;
const GATHERED = 7;
const GAP_AT = 8;
const GAP = 9;
const RISES = 10;
const FALLS = 11;
const CLOCK = 12;
const HOUR_OFF = 13;
const MU = 14;
const HIGH = MU + VIEWS;
const LOW = HIGH + VIEWS;
const COUNT = LOW + VIEWS;
const SUM = COUNT + VIEWS;
const INTERVAL_LIST = SUM + SUMS;
const VALUES = INTERVAL_LIST + INTERVALS;
const MINIMUM_LIST = VALUES + RING;
/** Missing values since the last one that were filled in. */
const FILLED = MINIMUM_LIST + MINIMA;
const LENGTH = FILLED + 1;

/** Sums whose windows end the views: those of the means, then pairs of one and two windows of the changes. */
const MEAN_SUMS = 4;

/** What `score` found of one value, for `learn`: shared by all, as only the last one asked is learnt. */
const seen = new Float64Array(VIEWS);
const sums = new Float64Array(SUMS);
/** Least value of the middle window of the sliding minima. */
let middleMinimum = 0;
const last: { asked: Envelope | undefined } = { asked: undefined };

function fourth(u: number): number {
  const square = u * u;
  return square * square;
}

/** Takes v into the range of a view: at once where it exceeds it; otherwise the range shrinks towards its mean. */
function widen(s: Float64Array, view: number, v: number, leak: number): void {
  if (s[COUNT + view]++ === 0) s[MU + view] = s[HIGH + view] = s[LOW + view] = v;
  s[MU + view] += (v - s[MU + view]) / Math.min(s[COUNT + view], MEAN_VALUES);
  const mean = s[MU + view];
  s[HIGH + view] = Math.max(v, s[HIGH + view] - (s[HIGH + view] - mean) * leak);
  s[LOW + view] = Math.min(v, s[LOW + view] + (mean - s[LOW + view]) * leak);
}

export class Envelope {
  readonly #s: Float64Array;
  readonly #seasons: Seasons;
  readonly #tuning: Tuning;
  #windows = windowsAt(1);
  #pace = 1;
  /** What is left of a held score, and of a raised limit, after one more value. */
  #heldPart = 1;
  #raisedPart = 1;
  #time = NaN;
  #x = NaN;
  /** By what part the last value exceeds the range of the most surprised group of views, at least -1; NaN while warming up. */
  novelty = NaN;
  /** 0..1: how strongly something new begins with the last value, above 0.5 where it does, 0 while it lasts. */
  onset = 0;

  constructor(tuning: Tuning = TUNING, s = new Float64Array(LENGTH), seasons = new Seasons()) {
    this.#s = s;
    this.#seasons = seasons;
    this.#tuning = tuning;
    if (s[N] === 0) {
      s[SINCE] = Infinity;
      s[CLOCK] = s[HOUR_OFF] = -Infinity;
    }
    this.#setPace(s[INTERVAL]);
  }

  static restore(reader: SnapshotReader, tuning: Tuning = TUNING): Envelope {
    const s = new Float64Array(LENGTH);
    // States before version 7 filled nothing in.
    if (reader.version >= 7) reader.block(s);
    else if (reader.version > 1) reader.block(s.subarray(0, FILLED));
    else {
      // States of version 1 did not note when a value lay an hour off.
      const before = reader.block(new Float64Array(FILLED - 1));
      s.set(before.subarray(0, HOUR_OFF));
      s[HOUR_OFF] = -Infinity;
      s.set(before.subarray(HOUR_OFF), HOUR_OFF + 1);
    }
    return new Envelope(tuning, s, Seasons.restore(reader));
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#s);
    this.#seasons.snapshot(writer);
  }

  /**
   * The novelty of a finite value x at `time` (ms), never negative, which stays for a while after something new; NaN while
   * warming up. Learns nothing of x; sets `novelty` and `onset`.
   */
  score(time: number, x: number): number {
    this.#time = time;
    this.#x = x;
    const s = this.#s;
    this.#fillIn();
    this.onset = 0;
    this.novelty = NaN;
    const novelty = this.#surprise();
    if (s[N] < this.#tuning.warmUp / this.#pace) return NaN;
    this.novelty = novelty;
    const above = Math.max(0, novelty);
    if (above > 0 && s[SINCE] > this.#tuning.refractory / this.#pace) this.onset = above / (above + this.limit);
    return Math.max(above, this.#held());
  }

  /** Learns the value that was scored last. */
  learn(): void {
    if (last.asked !== this) this.score(this.#time, this.#x);
    last.asked = undefined;
    const s = this.#s;
    const n = s[N];
    const x = this.#x;
    this.#remember();
    const previous = s[VALUES + ((n - 1) & (RING - 1))];
    const missed = this.#missed();
    if (isWider(s, n, missed)) {
      s[GAP] = missed;
      s[GAP_AT] = n;
    }
    if (n > 0 && x !== previous) s[x > previous ? RISES : FALLS]++;
    s[SIZE] += (Math.abs(x) - s[SIZE]) / Math.min(n + 1, SCALE_VALUES);
    const leak = (Math.LN2 * this.#pace) / this.#tuning.halfLife;
    for (let view = 0; view < VIEWS; view++) if (seen[view] === seen[view]) widen(s, view, seen[view], leak);
    this.#seasons.learn(this.#time, x, s[INTERVAL]);
    this.#append(n, x);
    if (this.#isHourOff()) {
      s[CLOCK] = this.#changeOfClock();
      s[HOUR_OFF] = this.#time;
    }
    this.#learnInterval(this.#time - s[LAST_TIME]);
    s[LAST_TIME] = this.#time;
    s[FILLED] = 0;
  }

  /**
   * The novelty above which something begins now. The largest of n normal values exceeds the one before by the 2 ln n-th part
   * of the range on average, so the margin is larger while fewer values were seen than the range remembers.
   */
  get limit(): number {
    const { margin, rise, halfLife } = this.#tuning;
    const n = Math.max(2, this.#s[N] * this.#pace);
    const young = Math.max(1, Math.log(halfLife) / Math.log(n)) * (1 + YOUNG_MARGINS * 2 ** (-n / YOUNG_VALUES));
    return margin * young + rise * this.#s[RAISED];
  }

  /** How many times coarser than every five minutes the series is sampled, within 1 and 2: what counts values is divided by it. */
  get pace(): number {
    return this.#pace;
  }

  /** What was expected of the value scored last: the mean of its hour where that has been the closer one, else the mean of all. */
  expected(): number {
    return this.#view() === SEASON ? this.#seasons.expected(this.#time) : this.#s[MU + X];
  }

  /** How far values have been from what was expected, upwards (side 1) or downwards (-1). */
  reach(side: 1 | -1): number {
    const s = this.#s;
    const view = this.#view();
    // What is expected of an hour is its mean, of which the differences lie around 0.
    const from = view === SEASON ? 0 : s[MU + view];
    return Math.max(0, side > 0 ? s[HIGH + view] - from : from - s[LOW + view]);
  }

  /** The sampling interval of the series, ms; 0 before it is known. */
  get interval(): number {
    return this.#s[INTERVAL];
  }

  /** In words, for people. */
  describe(): string[] {
    const s = this.#s;
    if (!(s[INTERVAL] > 0)) return [];
    const seconds = s[INTERVAL] / 1000;
    return [`a value every ${seconds} s; windows of ${this.#windows.minima[0]} to ${RING} values; ${s[N]} values`];
  }

  /** The view whose range is the band: that of the hours where it is warm and narrower. */
  #view(): number {
    const s = this.#s;
    const isNarrower = s[HIGH + SEASON] - s[LOW + SEASON] < s[HIGH + X] - s[LOW + X];
    return s[COUNT + SEASON] >= this.#tuning.warmUp && isNarrower && seen[SEASON] === seen[SEASON] ? SEASON : X;
  }

  /** Takes a few missing values to have been as the last one, so that windows are as long in time as without them, and time passes. */
  #fillIn(): void {
    const s = this.#s;
    if (!(s[N] > 0 && s[INTERVAL] > 0)) return;
    const missing = Math.round((this.#time - s[LAST_TIME]) / s[INTERVAL]) - 1;
    if (!(missing > s[FILLED] && missing <= BRIDGED / this.#pace)) return;
    for (; s[FILLED] < missing; s[FILLED]++) {
      const n = s[N];
      const x = s[VALUES + ((n - 1) & (RING - 1))];
      this.#slide(n, x);
      this.#lookAtMinima(n, x);
      this.#append(n, x);
      if (isRenewed(n + 1)) s[GATHERED] = 0;
      s[HELD] = this.#held();
      s[SINCE]++;
      s[RAISED] *= this.#raisedPart;
    }
  }

  /** Sums over the windows that end with x as the n-th value, into `sums`. */
  #slide(n: number, x: number): void {
    const s = this.#s;
    const windows = this.#windows.sums;
    for (let w = 0; w < SUMS; w++) {
      sums[w] = s[SUM + w] + x - (n >= windows[w] ? s[VALUES + ((n - windows[w]) & (RING - 1))] : 0);
    }
  }

  /** Takes x as the n-th value, with the sums and the minimum that were found for it. */
  #append(n: number, x: number): void {
    const s = this.#s;
    s[VALUES + (n & (RING - 1))] = x;
    s[MINIMUM_LIST + (n & (MINIMA - 1))] = middleMinimum;
    for (let w = 0; w < SUMS; w++) s[SUM + w] = sums[w];
    s[N] = n + 1;
    if (((n + 1) & (RING - 1)) === 0) addUp(s.subarray(VALUES, VALUES + RING), n + 1, this.#windows.sums, s.subarray(SUM, SUM + SUMS));
  }

  /** What the score keeps of what was new before this value. */
  #held(): number {
    return this.#s[HELD] * this.#heldPart;
  }

  /** Values that are missing between the last one and the one in question; Infinity where a counter started again. */
  #missed(): number {
    const s = this.#s;
    const n = s[N];
    const previous = s[VALUES + ((n - 1) & (RING - 1))];
    const x = this.#x;
    if (x >= 0 && x < previous / 2 && this.#isCounter()) return Infinity;
    return n > 0 && s[INTERVAL] > 0 ? (this.#time - s[LAST_TIME]) / s[INTERVAL] - 1 : 0;
  }

  /** Whether the series hardly ever falls. */
  #isCounter(): boolean {
    const s = this.#s;
    return s[RISES] >= RISES_OF_COUNTER && s[RISES] >= RISES_OF_COUNTER * s[FALLS];
  }

  /** Whether the value lies an hour off where the sampling interval would have it, to either side, as behind a change of the clock. */
  #isHourOff(): boolean {
    const s = this.#s;
    const step = this.#time - s[LAST_TIME];
    return s[N] > 0 && s[INTERVAL] > 0 && Math.abs(Math.abs(step - s[INTERVAL]) - HOUR) <= HOUR_JITTER;
  }

  /** When the clock was changed last, as far as this value shows: a series that is an hour off now and then only misses rows. */
  #changeOfClock(): number {
    const s = this.#s;
    return this.#isHourOff() && !(Math.abs(this.#time - s[HOUR_OFF]) < UNSURE) ? this.#time : s[CLOCK];
  }

  /** Whether hours may have another meaning than they had: the clock was changed lately, or summer time begins or ends these days. */
  #isClockChanged(): boolean {
    return this.#time - this.#changeOfClock() < UNSURE || isSummerTimeChange(this.#time);
  }

  /** Looks at the value in every view, and returns the novelty of the most surprised group of them. */
  #surprise(): number {
    last.asked = this;
    const s = this.#s;
    const x = this.#x;
    const n = s[N];
    const missed = this.#missed();
    const isNewGap = isWider(s, n, missed);
    const sinceGap = isNewGap ? 0 : n - s[GAP_AT];
    const gap = isNewGap ? missed : sinceGap < RING ? s[GAP] : 0;
    this.#look(n, x, gap, sinceGap);
    if (missed === Infinity) return -1;
    const range = s[HIGH + X] - s[LOW + X];
    const least = LEAST_PART * range;
    const rounding = ROUNDING * s[SIZE];
    let most = 0;
    let sum = 0;
    let views = 0;
    const warm = this.#tuning.warmUp / this.#pace;
    for (let view = 0; view < VIEWS; view++) {
      if (view === MEAN || view === CHANGE || view === MINIMUM || view === SEASON) {
        if (views > 0) most = Math.max(most, sum / views);
        sum = views = 0;
      }
      let d = seen[view] - s[MU + view];
      // A sliding minimum is news when it rises; one that falls is the value itself.
      if (!(s[COUNT + view] >= warm) || !(d > 0 || (d < 0 && (view < MINIMUM || view === SEASON)))) continue;
      const floor = view === LOG ? Math.max(ROUNDING, LEAST_PART * (s[HIGH + LOG] - s[LOW + LOG])) : Math.max(rounding, least);
      const up = s[HIGH + view] - s[MU + view];
      const down = s[MU + view] - s[LOW + view];
      // A spike leaves the newer window of a change as large as it came, the other way round.
      let reach = Math.max(view >= CHANGE && view < MINIMUM ? Math.max(up, down) : d > 0 ? up : down, floor);
      if (gap > 0 && gap < Infinity && view >= MEAN && view < MINIMUM) reach = Math.max(reach, Math.min(range, reach * this.#stretch(view, gap, sinceGap)));
      if (view === SEASON && Math.abs(d) > reach && this.#isClockChanged()) d = this.#seasons.departure(this.#time, x);
      sum += reach > 0 ? fourth(Math.min(FARTHEST, Math.abs(d) / reach)) : fourth(FARTHEST);
      views++;
    }
    return Math.sqrt(Math.sqrt(Math.max(most, views > 0 ? sum / views : 0))) - 1;
  }

  /** Fills `seen` with what each view shows of x, NaN where it does not speak: before its window is full, or with a gap in it. */
  #look(n: number, x: number, gap: number, sinceGap: number): void {
    const s = this.#s;
    const windows = this.#windows.sums;
    this.#slide(n, x);
    const whole = gap === Infinity ? sinceGap + 1 : n + 1;
    seen[X] = x;
    const size = s[SIZE] + (Math.abs(x) - s[SIZE]) / Math.min(n + 1, SCALE_VALUES);
    seen[LOG] = size > 0 ? Math.asinh(x / (LINEAR_PART * size)) : 0;
    for (let w = 0; w < MEAN_SUMS; w++) seen[MEAN + w] = whole >= windows[w] ? x - sums[w] / windows[w] : NaN;
    for (let w = MEAN_SUMS; w < SUMS; w += 2) {
      const view = CHANGE + (w - MEAN_SUMS) / 2;
      seen[view] = whole >= windows[w + 1] ? (2 * sums[w] - sums[w + 1]) / windows[w] : NaN;
    }
    this.#lookAtMinima(n, x);
    seen[SEASON] = this.#isCounter() ? NaN : x - this.#seasons.expected(this.#time);
  }

  /** How many times as far as usual the means of a view lie apart in time, as so many values are missing within its windows. */
  #stretch(view: number, gap: number, sinceGap: number): number {
    const { sums: windows } = this.#windows;
    if (view < CHANGE) {
      const w = windows[view - MEAN];
      return 1 + (2 * gap * Math.max(0, w - sinceGap)) / (w * w);
    }
    const w = windows[MEAN_SUMS + 2 * (view - CHANGE)];
    return 1 + (gap * Math.max(0, Math.min(sinceGap + 1, 2 * w - sinceGap))) / (w * w);
  }

  #lookAtMinima(n: number, x: number): void {
    const s = this.#s;
    const [short, middle, long] = this.#windows.minima;
    let least = x;
    for (let k = 1; k < short && k <= n; k++) least = Math.min(least, s[VALUES + ((n - k) & (RING - 1))]);
    seen[MINIMUM] = n + 1 >= short ? least : NaN;
    for (let k = short; k < middle && k <= n; k++) least = Math.min(least, s[VALUES + ((n - k) & (RING - 1))]);
    seen[MINIMUM + 1] = n + 1 >= middle ? least : NaN;
    middleMinimum = least;
    for (let k = middle; k < long; k += middle) least = Math.min(least, s[MINIMUM_LIST + ((n - Math.min(k, long - middle)) & (MINIMA - 1))]);
    seen[MINIMUM + 2] = n + 1 >= long ? least : NaN;
  }

  /** Notes what the value means for the onsets to come. */
  #remember(): void {
    const s = this.#s;
    const { margin, refractory } = this.#tuning;
    const novelty = this.novelty;
    s[HELD] = Math.max(0, this.#held(), novelty === novelty ? novelty : 0);
    s[SINCE]++;
    s[RAISED] *= this.#raisedPart;
    if (this.onset > 0.5) s[RAISED] = 1;
    if (this.onset > 0.5 || (novelty > margin && s[SINCE] - 1 <= refractory / this.#pace)) s[SINCE] = 1;
  }

  /** Takes the time since the last value into what is known of the sampling interval. */
  #learnInterval(interval: number): void {
    const s = this.#s;
    if (isRenewed(s[N])) s[GATHERED] = 0;
    if (!(interval > 0) || s[GATHERED] === INTERVALS || s[N] === 1) return;
    const isFirstRound = s[N] <= RING;
    s[GATHERED] = gather(s.subarray(INTERVAL_LIST, VALUES), s[GATHERED], interval);
    if (isFirstRound || s[GATHERED] === INTERVALS) this.#adopt(s[INTERVAL_LIST + (s[GATHERED] >> 1)]);
  }

  /** Takes the sampling interval (ms; 0 for unknown) as it was found out. */
  #setPace(interval: number): void {
    this.#pace = paceOf(interval);
    this.#heldPart = 2 ** (-this.#pace / HELD_VALUES);
    this.#raisedPart = 2 ** (-this.#pace / this.#tuning.calm);
    this.#windows = windowsAt(this.#pace);
  }

  /** Goes over to another sampling interval. */
  #adopt(interval: number): void {
    const s = this.#s;
    const before = this.#windows;
    s[INTERVAL] = interval;
    this.#setPace(interval);
    if (this.#windows !== before) addUp(s.subarray(VALUES, VALUES + RING), s[N], this.#windows.sums, s.subarray(SUM, SUM + SUMS));
  }
}

/** Whether so many missing values are more than the gap that is known, or that one lies behind every window. */
function isWider(s: Float64Array, n: number, missed: number): boolean {
  return missed > BRIDGED && (missed >= s[GAP] || n - s[GAP_AT] >= RING);
}
