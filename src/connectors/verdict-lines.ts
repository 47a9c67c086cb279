/** Verdicts as the sinks write them: one JSON object each, with the fields of REST. */
import type { SeriesDictionary } from '../core/events.ts';
import { Type } from '../core/schema.ts';
import { ANOMALOUS, verdictAt, type Verdict, type VerdictBatch } from '../core/verdicts.ts';

/** Option of every sink: which verdicts it gets. */
export const onlyOption = Type.Union([Type.Literal('all'), Type.Literal('anomalies')], {
  description: 'Every verdict, or anomalous ones alone.',
  default: 'all',
});
export type Only = 'all' | 'anomalies';

/** Calls `take` with the verdicts that are wanted, in order. */
export function eachVerdict(batch: VerdictBatch, only: Only, pipeline: string, dictionary: SeriesDictionary, take: (verdict: Verdict) => void): void {
  for (let i = 0; i < batch.length; i++) {
    if (only === 'all' || (batch.flags[i] & ANOMALOUS) !== 0) take(verdictAt(batch, i, pipeline, dictionary));
  }
}

/** The wanted verdicts as lines of JSON; '' when there is none. */
export function verdictLines(batch: VerdictBatch, only: Only, pipeline: string, dictionary: SeriesDictionary): string {
  let lines = '';
  eachVerdict(batch, only, pipeline, dictionary, (verdict) => {
    lines += `${JSON.stringify(verdict)}\n`;
  });
  return lines;
}
