/**
 * What drift does to a static threshold: a judge learns from the first lines of a log and nothing afterwards, and all later sessions are
 * judged by a static limit taken from that training and by dynamic limits, on the same scores.
 */
import type { LabelledLog } from './hdfs.ts';
import { looksOf } from './looks.ts';
import { JudgeRun, judgePlan, qualityOf, type Quality, type RunOptions, type Said } from './protocols.ts';

const IDLE_MS = 3_600_000;
/** Points of a line in the figure. */
const POINTS = 48;

/** One threshold over the whole log. */
export interface DriftLine {
  /** `static`, the name of the dynamic threshold, or that of a judge which goes on learning. */
  name: string;
  quality: Quality;
  /** Flagged share of the sessions, over the true one. */
  ratio: number;
  /** Share flagged in each stretch of time; NaN where none was judged. */
  share: number[];
}

/** Ready to be drawn: shares over time, one line a threshold. */
export interface DriftFigure {
  judge: string;
  /** Lines of the log that were learnt. */
  training: number;
  /** Start of each stretch, ms. */
  time: number[];
  /** Truly anomalous share of the sessions in each stretch; NaN where none was judged. */
  truth: number[];
  lines: DriftLine[];
}

/** The part of the log behind the training judged by a judge that was trained on its first `lines` lines. */
export function driftFigure(log: LabelledLog, judge: string, lines: number, threshold?: RunOptions['threshold']): DriftFigure {
  const looks = looksOf(log.events, IDLE_MS);
  const begin = log.events[lines - 1].time;
  const firsts = new Map<string, number>();
  for (const { id, first } of looks) if (!firsts.has(id)) firsts.set(id, first);
  const labels = [...log.labels].filter(([id]) => (firsts.get(id) ?? -Infinity) > begin);
  const end = looks[looks.length - 1].time + 1;
  const stretchOf = (id: string): number => Math.floor(((firsts.get(id)! - begin) / (end - begin)) * POINTS);

  const shares = (isOdd: (id: string, anomalous: boolean) => boolean): number[] => {
    const sums = Array.from({ length: POINTS }, () => [0, 0]);
    for (const [id, anomalous] of labels) {
      const sum = sums[stretchOf(id)];
      sum[0]++;
      if (isOdd(id, anomalous)) sum[1]++;
    }
    return sums.map(([sessions, odd]) => (sessions === 0 ? NaN : odd / sessions));
  };

  const run = (name: string, options: RunOptions['options']): DriftLine => {
    const flagged = new Map<string, boolean>();
    const judging = new JudgeRun({ judge, threshold, options });
    const say = ({ id, anomalous }: Said): void => void flagged.set(id, anomalous);
    judging.judge(looks, say);
    judging.end(say);
    const quality = qualityOf(flagged, labels);
    return { name, quality, ratio: quality.flagged / quality.anomalous, share: shares((id) => flagged.get(id) === true) };
  };

  const train_until = new Date(begin).toISOString();
  return {
    judge,
    training: lines,
    time: Array.from({ length: POINTS }, (_, i) => begin + ((end - begin) * i) / POINTS),
    truth: shares((_, anomalous) => anomalous),
    lines: [
      run('static', { train_until, in_force: 'static' }),
      run(judgePlan({ judge, threshold }).threshold.name, { train_until, in_force: 'dynamic' }),
      run('as delivered', {}),
    ],
  };
}
