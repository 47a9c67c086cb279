/** What was found to be odd, sessions and rates of lines: those to be told at once, and the strongest for the end. */
import type { SessionDetail } from '../../core/contracts/logs.ts';
import type { JsonValue } from '../../core/contracts.ts';
import { ANOMALOUS, verdictAt, type Verdict, type VerdictBatch } from '../../core/verdicts.ts';
import { STRONG_ONSET } from '../../pipeline/compare.ts';
import { SESSION, sessionOf, type LogRun } from '../../pipeline/logs/run.ts';
import { Texts } from '../../pipeline/logs/session-view.ts';
import { Strongest } from '../detect/strongest.ts';

/** Verdicts that wait to be told; their templates have no text before the next commit. */
const WAITING = 1000;
/** Alerts of rates that are kept. */
const RATES = 20;
/** Alerts of one rate that follow each other within so long are one change, ms. */
const SAME_CHANGE = 10 * 60_000;

export class Anomalies {
  /** Verdicts that were anomalous, also those that were replaced later. */
  seen = 0;
  readonly #most: number;
  readonly #tell: ((verdict: Verdict) => void) | undefined;
  readonly #kept = new Map<number, Verdict>();
  readonly #rates = new Strongest<Verdict & { score: number }>(RATES);
  /** Event time of the last alert of a rate. */
  readonly #changed = new Map<string, number>();
  #waiting: Verdict[] = [];
  /** No score at or below this is kept. */
  #least = -Infinity;

  /** `most`: how many are kept, those with the highest scores; 0 keeps all. `tell` takes every verdict on a session that is or was anomalous. */
  constructor(most: number, tell?: (verdict: Verdict) => void) {
    this.#most = most === 0 ? Infinity : most;
    this.#tell = tell;
  }

  take(verdicts: VerdictBatch, run: LogRun, identify: () => void): void {
    const { length, kind, flags, partition, offset, score, onset } = verdicts;
    let identified = false;
    for (let i = 0; i < length; i++) {
      if (kind[i] !== SESSION) {
        if (onset[i] <= STRONG_ONSET) continue;
        if (!identified) identify();
        identified = true;
        this.#rate(verdictAt(verdicts, i, run.pipeline.name, run.dictionary), score[i]);
        continue;
      }
      const isAnomalous = (flags[i] & ANOMALOUS) !== 0;
      const replaces = run.isAnomalous(verdicts, i);
      if (!isAnomalous && !replaces) continue;
      const session = sessionOf(partition[i], offset[i]);
      if (replaces) this.#kept.delete(session);
      if (isAnomalous) this.seen++;
      const keeps = isAnomalous && (score[i] > this.#least || this.#kept.size < this.#most);
      if (!keeps && this.#tell === undefined) continue;
      if (!identified) identify();
      identified = true;
      const verdict = verdictAt(verdicts, i, run.pipeline.name, run.dictionary);
      if (keeps) this.#keep(session, verdict);
      if (this.#tell !== undefined) this.#waiting.push(verdict);
    }
  }

  /** Hands on what waits, with the texts of templates; without `all` only when there is much of it. */
  tell(run: LogRun, all: boolean): void {
    if (this.#tell === undefined || this.#waiting.length === 0 || (!all && this.#waiting.length < WAITING)) return;
    run.commit();
    const texts = new Texts(run.known());
    for (const verdict of this.#waiting) this.#tell({ ...verdict, detail: filled(verdict.detail, texts) });
    this.#waiting = [];
  }

  /** The strongest first. */
  kept(): Verdict[] {
    return [...this.#kept.values()].sort((a, b) => (b.score ?? 0) - (a.score ?? 0)).slice(0, this.#most);
  }

  /** Of rates of lines, where an alert begins. */
  get rates(): { alerts: number; strongest: Verdict[] } {
    return { alerts: this.#rates.seen, strongest: this.#rates.kept().sort((a, b) => (b.score ?? 0) - (a.score ?? 0)) };
  }

  #rate(verdict: Verdict, score: number): void {
    const time = Date.parse(verdict.time);
    const isSame = time - (this.#changed.get(verdict.series) ?? -Infinity) <= SAME_CHANGE;
    this.#changed.set(verdict.series, time);
    if (isSame) return;
    this.#rates.add(score, () => ({ ...verdict, score }));
    if (this.#tell !== undefined) this.#waiting.push(verdict);
  }

  #keep(session: number, verdict: Verdict): void {
    this.#kept.set(session, verdict);
    // Pruned once per doubling, so that the cost of a long stream of growing scores is small.
    if (this.#kept.size < this.#most * 2) return;
    const order = [...this.#kept].sort(([, a], [, b]) => (b.score ?? 0) - (a.score ?? 0));
    for (const [key] of order.slice(this.#most)) this.#kept.delete(key);
    this.#least = order[this.#most - 1][1].score ?? -Infinity;
  }
}

/** Reasons with the texts of templates in place of their numbers. */
function filled(detail: JsonValue, texts: Texts): JsonValue {
  if (detail === null) return null;
  const { reasons, ...rest } = detail as unknown as SessionDetail;
  return { ...rest, reasons: reasons.map((reason) => ({ ...reason, text: texts.filled(reason.text) })) };
}
