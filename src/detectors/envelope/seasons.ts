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
