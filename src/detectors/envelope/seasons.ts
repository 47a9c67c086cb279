/** The mean of each hour of the day, and of each hour of the week on top of it (UTC). */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

const HOUR = 3_600_000;
const DAY_HOURS = 24;
const WEEK_HOURS = 168;

/** Visits of an hour that its mean follows: days for the hour of the day, weeks for the hour of the week. */
const DAYS = 10;
const WEEKS = 5;

/** The fewest and the most values that the means follow. */
const FEWEST_OF_DAY = 16;
const FEWEST_OF_WEEK = 8;
const MOST = 60_000;

function bounded(values: number, fewest: number): number {
  return Math.min(MOST, Math.max(fewest, values));
}

const DAY = 86_400_000;

/** How long after its clock was changed the hours of a series are unsure, ms: until their means have followed. */
export const UNSURE = DAYS * DAY;

/** Whether summer time begins or ends, in Europe or North America, on the day of `time` or within the two days before. */
export function isSummerTimeChange(time: number): boolean {
  const weekday = (Math.floor(time / DAY) + 4) % 7;
  if (weekday > 2) return false;
  const sunday = new Date(time - weekday * DAY);
  const date = sunday.getUTCDate();
  const month = sunday.getUTCMonth();
  return (month === 2 && (date >= 25 || (date >= 8 && date <= 14))) || (month === 9 && date >= 25) || (month === 10 && date <= 7);
}

/** The remainder, never negative; faster than %. */
function within(hour: number, hours: number): number {
  return hour - hours * Math.floor(hour / hours);
}

export class Seasons {
  /** Means of the hours of the day, then what the hours of the week differ from them. */
  readonly #means = new Float64Array(DAY_HOURS + WEEK_HOURS);
  readonly #counts = new Uint16Array(DAY_HOURS + WEEK_HOURS);

  static restore(reader: SnapshotReader): Seasons {
    const seasons = new Seasons();
    reader.block(seasons.#means);
    reader.block(seasons.#counts);
    return seasons;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#means);
    writer.block(this.#counts);
  }

  /** Mean of the hour of `time` (ms); NaN while nothing was seen in that hour of a day. */
  expected(time: number): number {
    const hour = Math.floor(time / HOUR);
    const day = within(hour, DAY_HOURS);
    return this.#counts[day] === 0 ? NaN : this.#means[day] + this.#means[DAY_HOURS + within(hour, WEEK_HOURS)];
  }

  /** How far x lies outside of what is expected between an hour before `time` and an hour after: clocks are changed by an hour. */
  departure(time: number, x: number): number {
    const mean = this.expected(time);
    if (mean !== mean || x === mean) return x - mean;
    // Only the neighbour on the side of x can come closer to it; one that was never seen says nothing.
    const before = this.expected(time - HOUR);
    const after = this.expected(time + HOUR);
    const isAbove = x > mean;
    let nearest = mean;
    if (isAbove ? before > nearest : before < nearest) nearest = before;
    if (isAbove ? after > nearest : after < nearest) nearest = after;
    return isAbove ? Math.max(0, x - nearest) : Math.min(0, x - nearest);
  }

  /** Learns the value x of a series that is sampled every `interval` ms. */
  learn(time: number, x: number, interval: number): void {
    const hour = Math.floor(time / HOUR);
    const day = within(hour, DAY_HOURS);
    const week = DAY_HOURS + within(hour, WEEK_HOURS);
    const values = interval > 0 ? HOUR / interval : 1;
    const means = this.#means;
    const counts = this.#counts;
    if (counts[day] < MOST) counts[day]++;
    if (counts[week] < MOST) counts[week]++;
    means[day] += (x - means[day]) / Math.min(counts[day], bounded(DAYS * values, FEWEST_OF_DAY));
    means[week] += (x - means[day] - means[week]) / Math.min(counts[week] + 2, bounded(WEEKS * values, FEWEST_OF_WEEK));
  }
}
