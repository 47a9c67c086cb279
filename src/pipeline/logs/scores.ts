/** The distribution of scores, and what a dynamic and a static threshold make of the same ones. */
import type { LogScores } from '../../core/api.ts';
import { numberOrNull } from '../../core/verdicts.ts';
import { definitionOf, type Component, type PipelineConfig } from '../config/index.ts';
import type { JudgeDefinition } from '../../logs/judges/definition.ts';
import { registry } from '../registry.ts';
import type { SessionIndex } from './session-index.ts';

const BINS = 40;
/** The bins cover at most so many orders of magnitude below the highest score; the lowest bin takes all that is less. */
const MAGNITUDES = 6;
const STRETCHES = 60;

interface Compared {
  name: string;
  kind: 'dynamic' | 'static';
  inForce: boolean;
  /** Limit for the score of a row, asked in the order of the rows. */
  limit(row: number, score: number): number;
}

/** Of sessions in force that have a score, in the order of time. */
export function scoresOf(index: SessionIndex, pipeline: PipelineConfig): LogScores {
  const { rows, length } = index;
  const judged: number[] = [];
  for (let row = 0; row < length; row++) if (rows.inForce[row] === 1 && Number.isFinite(rows.score[row])) judged.push(row);
  const compared = comparedOf(index, pipeline);
  const [edges, binOf] = binsOf(judged.map((row) => rows.score[row]));
  const counts = Array.from({ length: Math.max(0, edges.length - 1) }, () => 0);
  const from = judged.length === 0 ? 0 : rows.time[judged[0]];
  const width = judged.length === 0 ? 1 : Math.max(1, (rows.time[judged.at(-1)!] - from + 1) / STRETCHES);
  const stretches = judged.length === 0 ? 0 : Math.floor((rows.time[judged.at(-1)!] - from) / width) + 1;
  const perStretch = <T>(value: T): T[] => Array.from({ length: stretches }, () => value);
  const sessions = perStretch(0);
  const flagged = sessions.map(() => compared.map(() => 0));
  const limits: (number | null)[][] = sessions.map(() => compared.map(() => null));
  for (const row of judged) {
    const score = rows.score[row];
    const stretch = Math.floor((rows.time[row] - from) / width);
    counts[binOf(score)]++;
    sessions[stretch]++;
    compared.forEach(({ limit, inForce }, i) => {
      const bound = limit(row, score);
      const isFlagged = inForce ? rows.anomalous[row] === 1 : score > bound;
      if (isFlagged) flagged[stretch][i]++;
      limits[stretch][i] = numberOrNull(bound);
    });
  }
  // Where nothing was judged the limits stand as they were.
  for (let s = 1; s < stretches; s++) if (sessions[s] === 0) limits[s] = [...limits[s - 1]];
  const thresholds = compared.map(({ name, kind, inForce }, i) => ({
    name,
    kind,
    inForce,
    limit: limits.at(-1)?.[i] ?? null,
    flagged: flagged.reduce((sum, each) => sum + each[i], 0),
  }));
  return { edges, counts, thresholds, time: sessions.map((_, i) => new Date(from + i * width).toISOString()), sessions, flagged, limits };
}

/** Edges that grow by a constant factor, and the bin of a score. */
function binsOf(scores: readonly number[]): [number[], (score: number) => number] {
  let high = 0;
  let low = Infinity;
  for (const score of scores) {
    if (score > high) high = score;
    if (score > 0 && score < low) low = score;
  }
  if (scores.length === 0) return [[], () => 0];
  if (high === 0) [high, low] = [1, 1e-3];
  low = Math.max(low, high * 10 ** -MAGNITUDES);
  // All the same: a bin around it.
  if (low >= high) low = high / 10;
  const step = Math.log(high / low) / BINS;
  const edges = Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? high : low * Math.exp(i * step)));
  return [edges, (score) => Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(Math.max(score, low) / low) / step)))];
}

/** The threshold in force, with the limits that were in force, and the one of the other kind as if it had been. */
function comparedOf(index: SessionIndex, { logs }: PipelineConfig): Compared[] {
  if (logs === undefined) return [];
  const { rows } = index;
  const judge = definitionOf(registry, 'judge', logs.judge.name)!;
  const chosen = (logs.judging['threshold'] ?? null) as Component | null;
  const isStatic = chosen?.name === 'static';
  const stored = (row: number): number => rows.limit[row];
  if (isStatic) {
    const { name, options } = judge.threshold;
    const dynamic = definitionOf(registry, 'threshold', name)!.create(options);
    return [
      { name, kind: 'dynamic', inForce: false, limit: (row, score) => dynamic.limit(rows.time[row], score) },
      { name: 'static', kind: 'static', inForce: true, limit: stored },
    ];
  }
  const fixed = staticLimit(index, judge.limit, logs.judging['train'] !== undefined);
  return [
    { name: chosen?.name ?? judge.threshold.name, kind: 'dynamic', inForce: true, limit: stored },
    { name: 'static', kind: 'static', inForce: false, limit: () => fixed },
  ];
}

/** Sessions that stand for a training period where none is named. */
const FIRST = 1_000;

/** What a person would set once and leave: a probability, or a quantile of the first scores. */
function staticLimit({ rows, length }: SessionIndex, limit: JudgeDefinition['limit'], isTrained: boolean): number {
  if ('trained' in limit) return isTrained ? limit.trained : limit.untrained;
  const first: number[] = [];
  for (let row = 0; row < length && first.length < FIRST; row++) if (Number.isFinite(rows.score[row])) first.push(rows.score[row]);
  first.sort((a, b) => a - b);
  return first[Math.min(first.length - 1, Math.floor(limit.quantile * first.length))] ?? NaN;
}
