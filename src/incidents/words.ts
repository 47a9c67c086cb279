/** Sentences for people: what an incident is about and why it changed. */
import { idText, type VerdictBatch } from '../core/verdicts.ts';
import type { Contribution, IncidentRecord } from '../core/contracts.ts';

const STEPS: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
  [1, 'ms'],
];

/** `90000` -> `1m 30s`; at most the two largest parts, and no milliseconds beside seconds. */
export function duration(ms: number): string {
  let rest = Math.max(0, ms < 1000 ? Math.round(ms) : Math.round(ms / 1000) * 1000);
  let text = '';
  let parts = 0;
  for (const [size, name] of STEPS) {
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${name} `;
    rest -= count * size;
    if (++parts === 2) break;
  }
  return text.trimEnd() || '0s';
}

/** So many decimals that `scale` shows two digits. */
function decimalsFor(scale: number): number {
  if (!(scale > 0) || !Number.isFinite(scale)) return 0;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(scale))));
}

function plain(x: number): string {
  return Math.abs(x) >= 1000 && Math.abs(x) < 1e15 ? String(Math.round(x)) : String(Number(x.toPrecision(4)));
}

export function scoreText(score: number): string {
  return Math.abs(score) >= 100 ? String(Math.round(score)) : score.toFixed(1);
}

function withUnit(text: string, unit: string): string {
  return unit === '' ? text : unit === '%' ? `${text}%` : `${text} ${unit}`;
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** What bytes are divided by, and their unit with the prefix that says so: 23,748,771 `B/s` -> 23.7 `MB/s`. Other units stay as they are. */
function scaled(unit: string, ...sizes: readonly number[]): { by: number; unit: string } {
  const largest = Math.max(0, ...sizes.filter(Number.isFinite).map(Math.abs));
  if ((unit !== 'B' && unit !== 'B/s') || largest < 1e4) return { by: 1, unit };
  const step = Math.min(PREFIXES.length - 1, Math.floor(Math.log10(largest) / 3));
  return { by: 1000 ** step, unit: PREFIXES[step] + unit };
}

/** A sentence names so many columns. */
const NAMED = 3;

/** `latency 97.9 (57%) and load 4.6 (21%)`: the columns that had most of a score. */
export function contributed(parts: readonly Contribution[]): string {
  const texts = parts.slice(0, NAMED).map(({ column, value, share }) => `${column}${value === null ? '' : ` ${plain(value)}`} (${Math.round(share * 100)}%)`);
  return texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/**
 * `is 812 ms, expected 203 ± 31 (score 19.6)`, as far as the verdict knows it; `verb` is `is` or `was`. Of a row, where it is known what
 * made it unusual: `is unusual in latency 97.9 (57%) and load 4.6 (21%) (score 0.7)`.
 */
export function measured(v: VerdictBatch, i: number, unit: string, verb: string, parts: readonly Contribution[] = []): string {
  if (parts.length > 0) return `${verb} unusual in ${contributed(parts)} (score ${scoreText(v.score[i])})`;
  const expected = v.expected[i];
  const half = (v.upper[i] - v.lower[i]) / 2;
  // A band far narrower than the value can be written is none for the eye.
  const banded = Number.isFinite(half) && half > Math.abs(expected) * 1e-9;
  const values = v.values.subarray(i * v.width, (i + 1) * v.width);
  const scale = v.width === 1 ? scaled(unit, values[0], expected) : { by: 1, unit };
  const show = (x: number): string => (banded && Math.abs(x) < 1e15 ? (x / scale.by).toFixed(decimalsFor(half / scale.by)) : plain(x / scale.by));
  let text = `${verb} ${v.width === 1 ? withUnit(show(values[0]), scale.unit) : `(${Array.from(values, plain).join(', ')})`}`;
  if (v.width === 1 && Number.isFinite(expected)) text += `, expected ${show(expected)}${banded ? ` ± ${show(half)}` : ''}`;
  return `${text} (score ${scoreText(v.score[i])})`;
}

export function verdictText(v: VerdictBatch, i: number): string {
  return `verdict ${idText(v.idHigh[i], v.idLow[i])}`;
}

export function excess(v: VerdictBatch, i: number): string {
  const limit = v.limit[i];
  return `score ${scoreText(v.score[i])}${Number.isFinite(limit) ? ` above ${scoreText(limit)}` : ''}`;
}

/** What is said once it is over: `response_time was 812 ms at its worst, expected 203 (score 19.6); 12 anomalies in 42s`. */
export function afterwards(record: IncidentRecord): string {
  const span = duration((record.endedAt ?? record.updatedAt) - record.startedAt);
  const { peak } = record;
  if (peak === null) return record.series.length === 0 ? `${record.pipeline} runs again after ${span}` : `${named(record.series)} sends again after ${span}`;
  let text = peak.series;
  const scale = scaled(peak.unit, peak.value ?? 0, peak.expected ?? 0);
  if (peak.value !== null) text += ` was ${withUnit(plain(peak.value / scale.by), scale.unit)} at its worst`;
  if (peak.expected !== null) text += `, expected ${plain(peak.expected / scale.by)}`;
  if (peak.contributions !== undefined && peak.contributions.length > 0) text += ` was unusual in ${contributed(peak.contributions)} at its worst`;
  if (peak.score !== null) text += ` (score ${scoreText(peak.score)})`;
  return `${text}; ${record.anomalies} ${record.anomalies === 1 ? 'anomaly' : 'anomalies'} in ${span}`;
}

/** `a`, `a and b`, `a, b and 7 more`. */
export function named(series: readonly string[]): string {
  if (series.length <= 1) return series[0] ?? '';
  if (series.length === 2) return `${series[0]} and ${series[1]}`;
  return `${series[0]}, ${series[1]} and ${series.length - 2} more`;
}
