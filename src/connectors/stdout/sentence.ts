/** A verdict as a line of a log, for people. */
import type { Verdict } from '../../core/verdicts.ts';

/** `2026-01-05T02:00:00.000Z api Anomaly detected: 412 ms (expected 98.1, from 71 to 125; score 9.4, limit 3)`. */
export function sentence({ time, series, values, unit, kind, score, threshold, anomalous, expected, lower, upper, late, subject }: Verdict): string {
  const told =
    kind === 'session' ? `session ${subject ?? ''}` : values.map((value) => (value === null ? 'missing' : short(value))).join(', ') + (unit && ` ${unit}`);
  const why: string[] = [];
  if (expected !== null) why.push(`expected ${short(expected)}${lower === null || upper === null ? '' : `, from ${short(lower)} to ${short(upper)}`}`);
  if (score !== null) why.push(`score ${short(score)}${threshold === null ? '' : `, limit ${short(threshold)}`}`);
  else why.push(late ? 'late' : 'warming up');
  const what = kind === 'drift' ? 'Drift detected' : anomalous ? 'Anomaly detected' : 'Normal value';
  return `${time} ${series} ${what}: ${told} (${why.join('; ')})`;
}

/** Four digits that count. */
function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}
