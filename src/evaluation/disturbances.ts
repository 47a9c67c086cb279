/**
 * What trouble on the way does to the scores of a detector: outages, restarts, late and repeated rows, changed clocks. The
 * data are made (a daily season with noise every five minutes), and nothing is wrong with what they measure.
 */
import { detectorOutput, resetOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { thresholds } from '../thresholds/index.ts';

const STEP = 300_000;
const HOUR = 3_600_000;
const HOUR_ROWS = HOUR / STEP;
const DAY_ROWS = 24 * HOUR_ROWS;
const DAYS = 28;

/** Times of the row that is disturbed: where summer time begins in Europe, and a day on which no clock changes. */
const SUMMER_TIME = Date.UTC(2023, 2, 26, 1);
const ORDINARY = Date.UTC(2023, 4, 10, 1);

/** The first row that is disturbed, and those after it that are looked at. */
const FROM = 21 * DAY_ROWS + HOUR_ROWS;
const WATCHED = 2 * DAY_ROWS;

/** Rows of a series in the order in which they arrive. */
interface Rows {
  times: Float64Array;
  values: Float64Array;
}

/** What the series measures at `time` (ms), with noise of its own for each row. */
function level(time: number, row: number, random: CounterRandom, stream: number): number {
  return 100 + 30 * Math.sin((2 * Math.PI * time) / (24 * HOUR)) + 5 * random.at(stream, row).normal();
}

function rowsOf(disturbed: number, value: (time: number, row: number) => number): Rows {
  const times = Float64Array.from({ length: DAYS * DAY_ROWS }, (_, row) => disturbed + (row - FROM) * STEP);
  return { times, values: times.map(value) };
}

/** The rows without those of `from` to `to` - 1. */
function without({ times, values }: Rows, from: number, to: number): Rows {
  const keep = (_: number, row: number): boolean => row < from || row >= to;
  return { times: times.filter(keep), values: values.filter(keep) };
}

/** The rows in another order: `order` gives the row that arrives at each place. */
function reordered({ times, values }: Rows, order: (place: number) => number): Rows {
  return { times: times.map((_, place) => times[order(place)]), values: values.map((_, place) => values[order(place)]) };
}

/** A copy whose times, from FROM on, are changed. */
function retimed({ times, values }: Rows, change: (time: number, row: number) => number): Rows {
  return { times: times.map((time, row) => (row < FROM ? time : change(time, row))), values };
}

interface Disturbance {
  name: string;
  calm(random: CounterRandom, stream: number): Rows;
  disturb(calm: Rows, random: CounterRandom, stream: number): Rows;
}

const season = (random: CounterRandom, stream: number): Rows => rowsOf(ORDINARY, (time, row) => level(time, row, random, stream));

/** A counter adds up what the season gives. */
function counter(random: CounterRandom, stream: number): Rows {
  const rows = season(random, stream);
  let sum = 0;
  return { times: rows.times, values: rows.values.map((x) => (sum += x)) };
}

/** Each disturbance begins at row FROM. */
const DISTURBANCES: readonly Disturbance[] = [
  { name: 'an hour is missing', calm: season, disturb: (calm) => without(calm, FROM, FROM + HOUR_ROWS) },
  { name: 'a day is missing', calm: season, disturb: (calm) => without(calm, FROM, FROM + DAY_ROWS) },
  {
    name: 'a restart: ten minutes are missing, and a counter begins at 0',
    calm: counter,
    disturb: (calm) => {
      const start = calm.values[FROM + 1];
      return without({ ...calm, values: calm.values.map((x, row) => (row > FROM + 1 ? x - start : x)) }, FROM, FROM + 2);
    },
  },
  {
    name: 'an hour arrives an hour late',
    calm: season,
    disturb: (calm) =>
      reordered(calm, (place) => {
        if (place < FROM || place >= FROM + 2 * HOUR_ROWS) return place;
        return place < FROM + HOUR_ROWS ? place + HOUR_ROWS : place - HOUR_ROWS;
      }),
  },
  { name: 'an hour arrives with one time', calm: season, disturb: (calm) => retimed(calm, (time, row) => (row < FROM + HOUR_ROWS ? calm.times[FROM] : time)) },
  {
    name: 'an hour arrives twice',
    calm: season,
    disturb: (calm) => {
      const twice = (x: Float64Array): Float64Array =>
        Float64Array.from([...x.subarray(0, FROM + HOUR_ROWS), ...x.subarray(FROM, FROM + HOUR_ROWS), ...x.subarray(FROM + HOUR_ROWS)]);
      return { times: twice(calm.times), values: twice(calm.values) };
    },
  },
  {
    name: 'daylight saving begins: the season comes an hour earlier',
    calm: (random, stream) => rowsOf(SUMMER_TIME, (time, row) => level(time, row, random, stream)),
    disturb: (calm, random, stream) => rowsOf(SUMMER_TIME, (time, row) => (row < FROM ? calm.values[row] : level(time + HOUR, row, random, stream))),
  },
  { name: 'the clock is set back an hour', calm: season, disturb: (calm) => retimed(calm, (time) => time - HOUR) },
  { name: 'the clock is set forward an hour', calm: season, disturb: (calm) => retimed(calm, (time) => time + HOUR) },
];

export interface DisturbanceRow {
  disturbance: string;
  /** Alerts within two days from its begin, a series: onsets above 0.5, or begins of what the definition's own threshold calls anomalous. */
  alerts: number;
  /** The same of the same rows undisturbed. */
  alertsOnCalmCopy: number;
  /** The highest score of those days, by the highest in the undisturbed copies; NaN where that is 0. */
  maxScoreRatio: number;
}

interface Watched {
  alerts: number;
  highest: number;
}

/** Runs over the rows and watches those from FROM on. */
function watch(definition: DetectorDefinition, options: Record<string, unknown>, rows: Rows): Watched {
  const detector = definition.create(options, 1);
  const judge = thresholds.find(({ name }) => name === definition.threshold.name);
  if (judge === undefined) throw new Error(`${definition.name} names a threshold that does not exist: ${definition.threshold.name}`);
  const threshold = judge.create(definition.threshold.options);
  const out = detectorOutput(1);
  const watched: Watched = { alerts: 0, highest: 0 };
  let wasAnomalous = false;
  for (let row = 0; row < Math.min(rows.times.length, FROM + WATCHED); row++) {
    const time = rows.times[row];
    const score = detector.score(time, rows.values, row, resetOutput(out));
    const isAnomalous = score === score && score > threshold.limit(time, score);
    const begins = out.onset === out.onset ? out.onset > 0.5 : isAnomalous && !wasAnomalous;
    wasAnomalous = isAnomalous;
    detector.learn(time, rows.values, row);
    if (row < FROM) continue;
    if (begins) watched.alerts++;
    if (score > watched.highest) watched.highest = score;
  }
  return watched;
}

/** What each disturbance does to a detector of one column with these (complete) options: means over `series` made series. */
export function disturbances(definition: DetectorDefinition, options: Record<string, unknown>, series = 20): DisturbanceRow[] {
  const random = new CounterRandom(1);
  return DISTURBANCES.map(({ name, calm, disturb }) => {
    const row: DisturbanceRow = { disturbance: name, alerts: 0, alertsOnCalmCopy: 0, maxScoreRatio: NaN };
    let highest = 0;
    let highestCalm = 0;
    for (let stream = 0; stream < series; stream++) {
      const rows = calm(random, stream);
      const undisturbed = watch(definition, options, rows);
      const disturbed = watch(definition, options, disturb(rows, random, stream));
      row.alerts += disturbed.alerts / series;
      row.alertsOnCalmCopy += undisturbed.alerts / series;
      highest = Math.max(highest, disturbed.highest);
      highestCalm = Math.max(highestCalm, undisturbed.highest);
    }
    if (highestCalm > 0) row.maxScoreRatio = highest / highestCalm;
    return row;
  });
}
