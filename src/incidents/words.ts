/** Sentences for people: what an incident is about and why it changed. */
import { idText, type VerdictBatch } from '../core/verdicts.ts';
import type { IncidentRecord } from '../core/contracts.ts';

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

/** `is 812 ms, expected 203 ± 31 (score 19.6)`, as far as the verdict knows it; `verb` is `is` or `was`. */
export function measured(v: VerdictBatch, i: number, unit: string, verb: string): string {
  const expected = v.expected[i];
  const half = (v.upper[i] - v.lower[i]) / 2;
  // A band far narrower than the value can be written is none for the eye.
  const banded = Number.isFinite(half) && half > Math.abs(expected) * 1e-9;
  const show = (x: number): string => (banded && Math.abs(x) < 1e15 ? x.toFixed(decimalsFor(half)) : plain(x));
  const values = v.values.subarray(i * v.width, (i + 1) * v.width);
  let text = `${verb} ${v.width === 1 ? withUnit(show(values[0]), unit) : `(${Array.from(values, plain).join(', ')})`}`;
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
  if (peak.value !== null) text += ` was ${withUnit(plain(peak.value), peak.unit)} at its worst`;
  if (peak.expected !== null) text += `, expected ${plain(peak.expected)}`;
  if (peak.score !== null) text += ` (score ${scoreText(peak.score)})`;
  return `${text}; ${record.anomalies} ${record.anomalies === 1 ? 'anomaly' : 'anomalies'} in ${span}`;
}

/** `a`, `a and b`, `a, b and 7 more`. */
export function named(series: readonly string[]): string {
  if (series.length <= 1) return series[0] ?? '';
  if (series.length === 2) return `${series[0]} and ${series[1]}`;
  return `${series[0]}, ${series[1]} and ${series.length - 2} more`;
}
