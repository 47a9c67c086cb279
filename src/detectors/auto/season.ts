/** What is expected from the place in a season: the time of day, of the week, or of a period found. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { Tuning } from './tuning.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const WEEK = 7 * DAY;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY;

const DAY_SLOTS = 96;
const WEEK_SLOTS = 168;
const OWN_SLOTS = 64;
const SLOTS = DAY_SLOTS + WEEK_SLOTS + OWN_SLOTS;
const WEEK_AT = DAY_SLOTS;
const OWN_AT = DAY_SLOTS + WEEK_SLOTS;

/** Of one candidate, in #state: mean square of what it misses, and of what the level misses over the same points, their number. */
const ERROR = 0;
const PLAIN = 1;
const COUNT = 2;
const STRIDE = 3;
const NAMES = ['none', 'day', 'week', 'own'] as const;
const CANDIDATES = 3;

const LEVEL = CANDIDATES * STRIDE;
const POINTS = LEVEL + 1;
const SPREAD = LEVEL + 2;
const CHOSEN = LEVEL + 3;
const PERIOD = LEVEL + 4;
const ORIGIN = LEVEL + 5;
/** Time of the first value: a season says nothing before it has come round once. */
const FIRST = LEVEL + 6;
const SIZE = LEVEL + 7;

const CLIP = 3;
/** A single point counts in the mean squares as no more than so many roots of them. */
const FAR = 5;
const SLOW = 2000;
/** A season is left when it predicts worse than this times what it was chosen at. */
const LEAVE = 1.15;

/** A period found, which is one of many that were looked at, must predict better than the day and the week. */
const OWN = 2;
const STRICTER = 1.6;

/** Points for which a season is compared with the level before it is used. */
const LEAST = 150;

export type SeasonKind = (typeof NAMES)[number];

/**
 * Means by slot of the day (a quarter of an hour), by hour of the week on top of it, and by slot of a period found, all of the distance from a
 * slow mean; the one that predicts best is used, and none unless it predicts clearly better than the level does.
 */
export class Season {
  readonly #state = new Float64Array(SIZE);
  readonly #mean = new Float32Array(SLOTS);
  readonly #count = new Uint16Array(SLOTS);
  readonly #gain: number;
  readonly #expected = new Float64Array(CANDIDATES);
  #day = 0;
  #week = 0;
  #own = 0;

  constructor(tuning: Tuning) {
    this.#gain = tuning.seasonGain;
  }

  get kind(): SeasonKind {
    return NAMES[this.#state[CHOSEN]];
  }

  /** ms; of the period found. */
  get period(): number {
    return this.#state[PERIOD];
  }

  /** Root of the mean square of what the chosen season misses, as a share of that of the level. Where most values are 0, mean distances would praise who always says 0. */
  get gain(): number {
    const chosen = this.#state[CHOSEN];
    return chosen === 0 ? 1 : this.#ratio(chosen - 1);
  }

  /** Distance of the expected value from the level at this time; 0 without a season. */
  at(time: number, interval: number): number {
    const s = this.#state;
    const c = this.#count;
    this.#day = slotOf(time, DAY, daySlots(interval));
    this.#week = WEEK_AT + slotOf(time - MONDAY, WEEK, WEEK_SLOTS);
    this.#own = s[PERIOD] > 0 ? OWN_AT + slotOf(time - s[ORIGIN], s[PERIOD], ownSlots(s[PERIOD], interval)) : -1;
    const day = this.#mean[this.#day];
    this.#expected[0] = interval < DAY / 4 && time - s[FIRST] >= DAY && c[this.#day] >= 2 ? day : NaN;
    const hours = c[this.#week];
    this.#expected[1] =
      interval < DAY / 4 && time - s[FIRST] >= WEEK && hours >= 1 && c[this.#day] >= 2 ? day + (this.#mean[this.#week] * hours) / (hours + 2) : NaN;
    this.#expected[2] = this.#own >= 0 && time - s[ORIGIN] >= s[PERIOD] && c[this.#own] >= 2 ? this.#mean[this.#own] : NaN;
    const chosen = s[CHOSEN] === 0 ? 0 : this.#expected[s[CHOSEN] - 1];
    return chosen === chosen ? chosen : 0;
  }

  /** Learns the value at the time that `at` was asked for; true where another season is used from now on. */
  learn(x: number, time: number, interval: number): boolean {
    const s = this.#state;
    if (s[POINTS] === 0) {
      s[LEVEL] = x;
      s[FIRST] = time;
    }
    s[POINTS]++;
    const d = x - s[LEVEL];
    const rate = 1 / Math.min(s[POINTS], SLOW);
    for (let k = 0; k < CANDIDATES; k++) this.#judge(k, d);
    const reach = s[POINTS] > 20 ? CLIP * s[SPREAD] : Infinity;
    const clipped = Math.max(-reach, Math.min(reach, d));
    this.#learnSlot(this.#day, d, ERROR, Math.max(1, DAY / daySlots(interval) / interval));
    const beyondDay = d - this.#mean[this.#day];
    this.#learnSlot(this.#week, beyondDay, STRIDE + ERROR, Math.max(1, HOUR / interval));
    if (this.#own >= 0) this.#learnSlot(this.#own, d, 2 * STRIDE + ERROR, 1);
    s[LEVEL] += rate * clipped;
    s[SPREAD] += Math.max(rate, 1 / 500) * (Math.min(Math.abs(d), s[POINTS] > 20 ? 5 * s[SPREAD] : Infinity) - s[SPREAD]);
    return s[POINTS] % 16 === 0 && this.#choose();
  }

  /** A period found, ms: another than the one in use begins anew, unless the one in use predicts. */
  propose(period: number, interval: number, time: number): void {
    const s = this.#state;
    if (interval < DAY / 4 && Math.abs(period / DAY - 1) < 0.05) return;
    const known = s[PERIOD];
    if (known > 0 && Math.abs(period / known - 1) < 0.03) return;
    if (known > 0 && s[2 * STRIDE + COUNT] > 0 && this.#ratio(2) < this.#gain) return;
    s[PERIOD] = period;
    s[ORIGIN] = time;
    s.fill(0, 2 * STRIDE, 3 * STRIDE);
    this.#mean.fill(0, OWN_AT);
    this.#count.fill(0, OWN_AT);
    this.#own = -1;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    writer.block(this.#mean);
    writer.block(this.#count);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Season {
    const season = new Season(tuning);
    reader.block(season.#state);
    reader.block(season.#mean);
    reader.block(season.#count);
    return season;
  }

  #ratio(k: number): number {
    return Math.sqrt(this.#state[k * STRIDE + ERROR] / (this.#state[k * STRIDE + PLAIN] + 1e-300));
  }

  #judge(k: number, d: number): void {
    const expected = this.#expected[k];
    if (expected !== expected) return;
    const s = this.#state;
    const at = k * STRIDE;
    const n = ++s[at + COUNT];
    const rate = Math.max(1 / n, 1 / SLOW);
    const most = n > 10 ? FAR * FAR : Infinity;
    s[at + ERROR] += rate * (Math.min((d - expected) ** 2, most * Math.max(s[at + ERROR], 1e-300)) - s[at + ERROR]);
    s[at + PLAIN] += rate * (Math.min(d * d, most * Math.max(s[at + PLAIN], 1e-300)) - s[at + PLAIN]);
  }

  /** `error`: where the mean square of its candidate lies; `points` of one slot come in one period. */
  #learnSlot(slot: number, d: number, error: number, points: number): void {
    const s = this.#state;
    const n = this.#count[slot] + 1;
    if (n <= Math.min(60_000, 16 * points)) this.#count[slot] = n;
    const trusted = n > 2 && s[error - ERROR + COUNT] > 20;
    const reach = trusted ? CLIP * Math.sqrt(s[error]) : Infinity;
    const e = d - this.#mean[slot];
    this.#mean[slot] += Math.max(-reach, Math.min(reach, e)) / this.#count[slot];
  }

  #choose(): boolean {
    const s = this.#state;
    let best = 0;
    let lowest = this.#gain;
    for (let k = 0; k < CANDIDATES; k++) {
      if (s[k * STRIDE + COUNT] < LEAST) continue;
      const ratio = this.#ratio(k) * (k === OWN ? STRICTER : 1) * (k + 1 === s[CHOSEN] ? 1 / LEAVE : 1);
      if (ratio < lowest) {
        lowest = ratio;
        best = k + 1;
      }
    }
    const isOther = best !== s[CHOSEN];
    s[CHOSEN] = best;
    return isOther;
  }
}

function daySlots(interval: number): number {
  return Math.max(4, Math.min(DAY_SLOTS, Math.floor(DAY / interval)));
}

function ownSlots(period: number, interval: number): number {
  return Math.max(2, Math.min(OWN_SLOTS, Math.round(period / interval)));
}

function slotOf(time: number, period: number, slots: number): number {
  const place = (time / period) % 1;
  return Math.min(slots - 1, Math.floor((place < 0 ? place + 1 : place) * slots));
}
