/**
 * What an answer of a person does to a limit and to an onset. A limit is moved by a factor and an onset by a factor of its
 * odds, so that an answer means the same wherever the threshold stands; 1 changes nothing.
 */
import { LIMIT_FACTORS, ONSET_FACTORS, type AnswerInForce, type AnswerWhen, type Says } from '../core/contracts.ts';

/** How far beyond the score the limit is moved, and the odds beyond those of the onset. */
const MARGIN = 1.05;
/** An answer counts so long before the hour of its stretch begins and after it ends, ms. */
const NEAR = 3_600_000;
const PERIODS: Record<AnswerWhen, number> = { always: 0, 'hour-of-day': 86_400_000, 'hour-of-week': 604_800_000 };

/** What was said of one row, as it would be without any answer. */
export interface Judged {
  score: number;
  limit: number;
  /** Above 0.5 is an alert. */
  onset: number;
}

/** Whether an answer counts at an event time: before its end, and within an hour of the same time of the day or the week. */
export function countsAt({ when, from, to, until }: AnswerInForce, time: number): boolean {
  if (time >= until) return false;
  const period = PERIODS[when];
  if (period === 0) return true;
  const since = (time - from + NEAR) % period;
  return (since < 0 ? since + period : since) <= to - from + 2 * NEAR;
}

/** The newest answer that counts at an event time; `answers` has the newest last. */
export function answerAt(answers: readonly AnswerInForce[], time: number): AnswerInForce | undefined {
  for (let i = answers.length - 1; i >= 0; i--) if (countsAt(answers[i], time)) return answers[i];
  return undefined;
}

/** The limit moved by a factor: upwards by one above 1, never across zero. Without a limit, or with 0, it stays. */
export function movedLimit(limit: number, factor: number): number {
  return limit < 0 ? limit / factor : limit * factor;
}

/** The onset (0 to 1) with its odds divided by a factor. */
export function movedOnset(onset: number, factor: number): number {
  return onset / (onset + factor * (1 - onset));
}

/**
 * Factors that answer what was said of these rows: for a false alarm those that bring the limit above every anomalous score
 * and every strong onset below 0.5; for what was missed those that bring the limit just below the score that came nearest
 * to it, and the strongest onset above 0.5. NaN where no row has a score and a limit.
 */
export function factorsFor(says: Says, rows: Iterable<Judged>): { limitFactor: number; onsetFactor: number } {
  let nearest = NaN;
  let odds = 0;
  for (const { score, limit, onset } of rows) {
    if (score !== score || limit !== limit || limit === Infinity) continue;
    const factor = says === 'missed' ? factorTo(limit, below(score)) : factorTo(limit, above(score));
    if (!(factor <= nearest)) nearest = factor;
    // The odds of 1 cannot be moved: that is where anomalous begins, and goes with the limit.
    if (onset > 0 && onset < 1) odds = Math.max(odds, onset / (1 - onset));
  }
  if (nearest !== nearest) return { limitFactor: NaN, onsetFactor: NaN };
  if (says === 'missed') {
    // Next to no onset stays so: to raise it would raise all.
    const needed = odds / MARGIN;
    return { limitFactor: Math.min(1, nearest), onsetFactor: needed < ONSET_FACTORS.least ? 1 : Math.min(1, needed) };
  }
  return { limitFactor: Math.max(1, nearest), onsetFactor: Math.max(1, bounded(odds * MARGIN, ONSET_FACTORS)) };
}

const above = (score: number): number => (score < 0 ? score / MARGIN : score * MARGIN);
const below = (score: number): number => (score < 0 ? score * MARGIN : score / MARGIN);

/** The factor that moves a limit to a target, as far as one may. */
function factorTo(limit: number, target: number): number {
  if (limit === 0) return 1;
  // Towards a target on the other side of zero as far as possible.
  if (limit > 0 !== target > 0) return limit > 0 ? LIMIT_FACTORS.least : LIMIT_FACTORS.most;
  return bounded(limit > 0 ? target / limit : limit / target, LIMIT_FACTORS);
}

function bounded(factor: number, { least, most }: { least: number; most: number }): number {
  return Math.min(most, Math.max(least, factor));
}
