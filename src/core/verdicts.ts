/** What operators say of events, as columns inside and as JSON outside. */
import type { JsonValue } from './contracts/records.ts';
import type { SeriesDictionary } from './events.ts';

/** Kinds of verdict; the column `kind` holds an index into this list, which only grows at its end. */
export const VERDICT_KINDS = ['point', 'drift', 'session'] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

export const ANOMALOUS = 1;
export const LATE = 2;

/** `member` of a verdict whose detector has no parts, or none that spoke. */
export const NO_MEMBER = 255;

/** `shares` count in this part of the whole. */
export const WHOLE_SHARE = 255;

/** Row number of a verdict that no input row caused (a timer did). */
export const NO_ROW = 0xffffffff;

/**
 * Verdicts side by side. `score` is NaN while warming up and for late events; `limit`, `expected`, `lower` and
 * `upper` are NaN where unknown. The id of row i is the 64-bit hash (idHigh[i], idLow[i]). `shares` holds a number a column
 * (all 0 where the detector cannot tell which column it was).
 */
export interface VerdictBatch {
  length: number;
  width: number;
  stage: string;
  detector: string;
  /** Names that `member` is an index into. */
  members: readonly string[];
  /** Configuration hash (8 hex digits or more). */
  config: string;
  series: Uint32Array;
  time: Float64Array;
  values: Float64Array;
  idHigh: Uint32Array;
  idLow: Uint32Array;
  kind: Uint8Array;
  flags: Uint8Array;
  score: Float64Array;
  limit: Float64Array;
  expected: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  onset: Float64Array;
  member: Uint8Array;
  shares: Uint8Array;
  partition: Uint32Array;
  offset: Float64Array;
  place: Uint32Array;
  /** Input row that caused the verdict, or NO_ROW. */
  row: Uint32Array;
  /** What is said in words, by row, where the stage says it. */
  texts?: VerdictTexts;
}

export interface VerdictTexts {
  /** What the verdict is about within its series (a session's id). */
  subject: string[];
  /** JSON with more about it; '' for none. */
  detail: string[];
  /** `place` of the verdict of the same subject that this one replaces; -1 for none. */
  replaces: number[];
  /** Id of that verdict, filled with the ids; '' for none. */
  revises: string[];
}

/** Texts for `rows` rows in which nothing is said. */
export function verdictTexts(rows = 0): VerdictTexts {
  const nothing = (): string[] => Array.from({ length: rows }, () => '');
  return { subject: nothing(), detail: nothing(), replaces: Array.from({ length: rows }, () => -1), revises: nothing() };
}

/** Gives row `to`, the newest of its batch, what row `i` of another batch says in words; the rows before it say nothing where none had words so far. */
export function copyTexts(into: VerdictBatch, to: number, from: VerdictBatch, i: number): void {
  if (from.texts === undefined && into.texts === undefined) return;
  into.texts ??= verdictTexts(to);
  into.texts.subject[to] = from.texts?.subject[i] ?? '';
  into.texts.detail[to] = from.texts?.detail[i] ?? '';
  into.texts.replaces[to] = from.texts?.replaces[i] ?? -1;
  into.texts.revises[to] = from.texts?.revises[i] ?? '';
}

/** A verdict as it leaves the process: REST, SSE, sinks and the CLI all show this. */
export interface Verdict {
  id: string;
  kind: VerdictKind;
  pipeline: string;
  series: string;
  labels: Readonly<Record<string, string>>;
  unit: string;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  values: (number | null)[];
  /** null while warming up. */
  score: number | null;
  threshold: number | null;
  anomalous: boolean;
  onset: number;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  /** The share of each column in the score, together 1; null for one column, or where the detector cannot tell. */
  contributions: number[] | null;
  /** The part of the detector that had the largest share in the score; null where it has no parts. */
  member: string | null;
  detector: string;
  config: string;
  late: boolean;
  /** What it is about within its series (a session's id), or null. */
  subject: string | null;
  /** More about it, in a shape that its kind names, or null. */
  detail: JsonValue;
  /** Id of the verdict that this one replaces, or null. */
  revises: string | null;
  cause: { partition: number; offset: number; place: number };
}

/** Names of the columns that hold one number a row, by type; those of ROW_COLUMNS hold `width` a row. */
export const F64_COLUMNS = ['time', 'score', 'limit', 'expected', 'lower', 'upper', 'onset', 'offset'] as const;
export const U32_COLUMNS = ['series', 'idHigh', 'idLow', 'partition', 'place', 'row'] as const;
export const U8_COLUMNS = ['kind', 'flags', 'member'] as const;
export const ROW_COLUMNS = ['values', 'shares'] as const;

/** What all rows of a batch have in common. */
export function sharedBy({ width, stage, detector, members, config }: VerdictBatch): Pick<VerdictBatch, 'width' | 'stage' | 'detector' | 'members' | 'config'> {
  return { width, stage, detector, members, config };
}

export function emptyVerdicts(width: number, capacity: number): VerdictBatch {
  return {
    length: 0,
    width,
    stage: '',
    detector: '',
    members: [],
    config: '',
    series: new Uint32Array(capacity),
    time: new Float64Array(capacity),
    values: new Float64Array(capacity * width),
    idHigh: new Uint32Array(capacity),
    idLow: new Uint32Array(capacity),
    kind: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    score: new Float64Array(capacity),
    limit: new Float64Array(capacity),
    expected: new Float64Array(capacity),
    lower: new Float64Array(capacity),
    upper: new Float64Array(capacity),
    onset: new Float64Array(capacity),
    member: new Uint8Array(capacity).fill(NO_MEMBER),
    shares: new Uint8Array(capacity * width),
    partition: new Uint32Array(capacity),
    offset: new Float64Array(capacity),
    place: new Uint32Array(capacity),
    row: new Uint32Array(capacity),
  };
}

/** 16 hex digits of a 64-bit id. */
export function idText(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

export function numberOrNull(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}

/** Share of each column in the score of row i, together 1; null for one column, or where the detector cannot tell. */
export function contributionsAt({ shares, width }: VerdictBatch, i: number): number[] | null {
  if (width === 1) return null;
  const row = Array.from(shares.subarray(i * width, (i + 1) * width), (share) => Math.round((share / WHOLE_SHARE) * 1000) / 1000);
  return row.some((share) => share > 0) ? row : null;
}

function detailAt({ texts }: VerdictBatch, i: number): JsonValue {
  const text = texts?.detail[i] ?? '';
  return text === '' ? null : (JSON.parse(text) as JsonValue);
}

/** Row i of a batch as the JSON form. */
export function verdictAt(batch: VerdictBatch, i: number, pipeline: string, dictionary: Pick<SeriesDictionary, 'get'>): Verdict {
  const series = dictionary.get(batch.series[i]);
  const flags = batch.flags[i];
  return {
    id: idText(batch.idHigh[i], batch.idLow[i]),
    kind: VERDICT_KINDS[batch.kind[i]],
    pipeline,
    series: series.key,
    labels: series.labels,
    unit: series.unit,
    time: new Date(batch.time[i]).toISOString(),
    values: Array.from(batch.values.subarray(i * batch.width, (i + 1) * batch.width), numberOrNull),
    score: numberOrNull(batch.score[i]),
    threshold: numberOrNull(batch.limit[i]),
    anomalous: (flags & ANOMALOUS) !== 0,
    onset: batch.onset[i],
    expected: numberOrNull(batch.expected[i]),
    lower: numberOrNull(batch.lower[i]),
    upper: numberOrNull(batch.upper[i]),
    contributions: contributionsAt(batch, i),
    member: batch.members[batch.member[i]] ?? null,
    detector: batch.detector,
    config: batch.config,
    late: (flags & LATE) !== 0,
    subject: batch.texts?.subject[i] || null,
    detail: detailAt(batch, i),
    revises: batch.texts?.revises[i] || null,
    cause: { partition: batch.partition[i], offset: batch.offset[i], place: batch.place[i] },
  };
}
