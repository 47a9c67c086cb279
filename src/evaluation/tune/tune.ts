/** Chooses a way to detect for given data and a given number of alerts, without labels: by which known faults it finds in copies of the data. */
import { alertsOf, sayOf, type Rows, type Said } from '../../pipeline/compare.ts';
import type { DetectChoice } from '../../pipeline/detect.ts';
import { mergeTime } from '../../thresholds/budget.ts';
import { FAULTS, noiseOf, withFault, type Fault } from './faults.ts';

/** Of a long series so many of the newest rows are used. */
export const MOST_ROWS = 30_000;

/** Places a fault of each kind is put to. */
const PLACES = 4;

/** Where faults may begin: the first part of the data is there to be learnt. */
const LEARNT = 0.4;

/** Worths that differ by less than this are as good as equal; then the earlier candidate is taken. */
const TIE = 0.05;

export interface Candidate {
  name: string;
  choice: DetectChoice;
}

/** How many alerts a person wants to read: so many in each `per` ms. */
export interface Wanted {
  alerts: number;
  per: number;
}

export interface Tuned {
  name: string;
  choice: DetectChoice;
  /** What it says of the data as they are; its onsets are the alerts that are counted. */
  said: Said;
  alerts: number;
  /** Share of the faults of each kind that it finds; NaN where none could be put in. */
  found: Record<Fault, number>;
  /** Mean over the kinds. */
  score: number;
  /** What the choice goes by: `score`, less where more alerts come than are wanted. */
  worth: number;
}

/** The newest rows of a series, at most MOST_ROWS. */
export function newest(rows: Rows): Rows {
  const from = Math.max(0, rows.time.length - MOST_ROWS);
  return { ...rows, time: rows.time.subarray(from), values: rows.values.subarray(from * rows.width) };
}

/** Tries every candidate on one column; `progress` hears the share of the work that is done, 0 to 1. */
export function tune(rows: Rows, candidates: readonly Candidate[], wanted: Wanted, progress: (share: number) => void): Tuned[] {
  const noise = noiseOf(rows.values);
  const kinds = Object.keys(FAULTS) as Fault[];
  const runs = candidates.length * (1 + kinds.length * PLACES);
  const merge = mergeTime(wanted.alerts, wanted.per);
  let done = 0;
  const say = (values: Float64Array, choice: DetectChoice): Said => {
    const said = merged(rows.time, sayOf({ ...rows, values }, choice), merge);
    progress(++done / runs);
    return said;
  };
  return candidates.map(({ name, choice }) => {
    const said = say(rows.values, choice);
    const found = Object.fromEntries(
      kinds.map((fault) => {
        const hits = placesOf(said.anomalous, fault).map((at, p) => {
          const copy = withFault(rows.values, fault, at, noise, p + 1);
          const end = at + FAULTS[fault].rows + 1;
          return alertsOf(say(copy, choice)).some((row) => row >= at && row <= end);
        });
        return [fault, hits.length === 0 ? NaN : hits.filter(Boolean).length / hits.length];
      }),
    ) as Record<Fault, number>;
    const known = Object.values(found).filter((share) => !Number.isNaN(share));
    const score = known.reduce((sum, share) => sum + share, 0) / Math.max(1, known.length);
    const alerts = alertsOf(said).length;
    return { name, choice, said, alerts, found, score, worth: score * Math.min(1, allowed(rows, wanted) / Math.max(1, alerts)) };
  });
}

/** Alerts within the budget over these rows; a single one always is. */
function allowed({ time }: Rows, { alerts, per }: Wanted): number {
  return Math.max(1, (alerts * (time[time.length - 1] - time[0])) / per);
}

/**
 * Alerts as the budget counts them: one where anomalous verdicts begin, and none again before they were away for its merge
 * time. An alarm that is held is one, and one that comes and goes is not many.
 */
function merged(time: Float64Array, said: Said, merge: number): Said {
  let last = -Infinity;
  const onset = said.onset.map((_, i) => {
    if (said.anomalous[i] === 0) return 0;
    const begins = time[i] - last > merge;
    last = time[i];
    return begins ? 1 : 0;
  });
  return { ...said, onset };
}

/** Rows at which a fault can be put in, away from what is anomalous anyway; evenly spread. */
function placesOf(anomalous: Uint8Array, fault: Fault): number[] {
  const { rows } = FAULTS[fault];
  const { length } = anomalous;
  const first = Math.floor(length * LEARNT);
  const last = length - rows - 2;
  if (last <= first) return [];
  const isFree = (at: number): boolean => !anomalous.subarray(Math.max(0, at - 20), at + rows + 21).includes(1);
  const places: number[] = [];
  for (let p = 0; p < PLACES; p++) {
    const from = Math.floor(first + ((p + 0.3) / PLACES) * (last - first));
    const to = Math.floor(first + ((p + 1) / PLACES) * (last - first));
    for (let at = from; at < to; at++) {
      if (!isFree(at)) continue;
      places.push(at);
      break;
    }
  }
  return places;
}

/** The best candidate; of those that are as good as equal the one named first. */
export function best(tuned: readonly Tuned[]): Tuned {
  const most = Math.max(...tuned.map(({ worth }) => worth));
  return tuned.find(({ worth }) => worth >= most - TIE)!;
}
