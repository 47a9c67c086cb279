/** A chart's worth of one series: its rows where they are few and all are stored, else the rollups that suit its width. */
import type { Range, Rollup } from '../../core/contracts.ts';
import { numberOrNull } from '../../core/verdicts.ts';
import { Buckets } from '../buckets.ts';
import { rawRange, type StoredRow } from '../raw-range.ts';
import type { RowReader } from './row-reader.ts';
import { DAY } from './rows.ts';
import { TIERS, type Tier } from './tiers.ts';

/** Rows that a chart is made of while there are rollups as well. */
const MOST_ROWS = 20_000;

/** See History.range. Of verdicts over several values, the first value is shown. */
export async function readRange(reader: RowReader, pipeline: string, series: string, from: number, to: number, points: number): Promise<Range> {
  const days = await reader.days(pipeline, series, from, to);
  const [first, last] = await Promise.all([false, true].map((isLast) => reader.edgeOf(pipeline, series, days, isLast)));
  if (first === undefined || last === undefined) return rawRange([]);
  const [low, high] = [Math.max(from, first), Math.min(to, last)];
  const tier = tierFor((high - low) / points);
  const rollups = await rollupsOf(reader, pipeline, series, tier, days, low, high);
  if (rollups.length === 0) return rangeOfRows(reader, pipeline, series, from, to, low, high, points);
  // A bucket that may reach beyond the range does not count.
  const whole = rollups.filter(({ time }, i) => (tier.width === 0 ? i < rollups.length - 1 : time >= low && time + tier.width <= high));
  const rolled = whole.reduce((sum, { count }) => sum + count, 0);
  const rows = rolled > MOST_ROWS ? [] : await reader.ofSeries(series, { pipeline, from, to, anomalousOnly: false, limit: MOST_ROWS + 1 });
  const areAllThere = rows.length <= MOST_ROWS && rows.length >= rolled && rows.length > 0;
  if (areAllThere && rows.length <= points) return rawRange(rows);
  return bucketed(rows.length <= MOST_ROWS ? rows : [], rollups, areAllThere, from, to, points);
}

/** Where there are no rollups, as of sessions, every row counts, however many there are. */
async function rangeOfRows(
  reader: RowReader,
  pipeline: string,
  series: string,
  from: number,
  to: number,
  low: number,
  high: number,
  points: number,
): Promise<Range> {
  const rows = await reader.ofSeries(series, { pipeline, from, to, anomalousOnly: false, limit: points + 1 });
  if (rows.length <= points) return rawRange(rows);
  const buckets = new Buckets(low, high, points);
  await reader.eachOfSeries(series, { pipeline, from: low, to: high }, (page) => {
    for (const { batch, row } of page) buckets.addRow(batch, row, true);
  });
  return buckets.range();
}

function bucketed(rows: readonly StoredRow[], rollups: readonly Rollup[], whole: boolean, from: number, to: number, points: number): Range {
  const [first, last] = extent(rows, rollups);
  const buckets = new Buckets(Math.max(from, first), Math.min(to, last), points);
  // Beside rollups, rows only mark where something was anomalous or late.
  for (const { batch, row } of rows) buckets.addRow(batch, row, whole);
  if (whole) return buckets.range();
  for (const { time, sum, maxScore, ...rest } of rollups) {
    const finite = { sum: numberOrNull(sum), min: numberOrNull(rest.min), max: numberOrNull(rest.max), score: numberOrNull(maxScore) };
    buckets.addRollup({ ...rest, ...finite, bucket: Math.floor((time - buckets.origin) / buckets.resolution) });
  }
  return buckets.range();
}

function extent(rows: readonly StoredRow[], rollups: readonly Rollup[]): [number, number] {
  const ends = [rows[0]?.time, rows.at(-1)?.time, rollups[0]?.time, rollups.at(-1)?.time].filter((time) => time !== undefined);
  return [Math.min(...ends), Math.max(...ends)];
}

/** The coarsest tier that is finer than what is shown. */
function tierFor(resolution: number): Tier {
  return TIERS.findLast(({ width }) => width <= resolution) ?? TIERS[0];
}

/** Only partitions of days on which there is something are read. */
async function rollupsOf(
  reader: RowReader,
  pipeline: string,
  series: string,
  tier: Tier,
  days: readonly number[],
  low: number,
  high: number,
): Promise<Rollup[]> {
  const found: Rollup[] = [];
  for (let i = 0; i < days.length;) {
    let end = i + 1;
    // Days of one partition, or of the next one, are read together.
    while (end < days.length && (days[end] - days[end - 1]) * DAY <= tier.period) end++;
    const begin = Math.max(low, days[i] * DAY - tier.width);
    for (const rollup of await reader.rollups(pipeline, series, tier, begin, Math.min(high, (days[end - 1] + 1) * DAY))) found.push(rollup);
    i = end;
  }
  return found.filter(({ time }) => time >= low - tier.width);
}
