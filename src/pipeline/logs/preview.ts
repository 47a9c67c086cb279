/** What an answer about a pattern would have changed of the sessions that were judged. */
import type { LogAnswerPreview } from '../../core/api.ts';
import type { LogAnswerQuestion } from '../../core/log-live.ts';
import type { KnownAnswer } from './committed.ts';
import type { SessionIndex } from './session-index.ts';

const DAY = 86_400_000;

/** Silenced once normal answers outweigh the others by far, flagged once anomalous ones are more. */
export function standingOf(normal: number, anomalous: number): LogAnswerPreview['then'] {
  if (anomalous > normal) return 'flagged';
  return normal >= 2 * (anomalous + 1) ? 'silenced' : 'judged';
}

export function previewOf({ pattern, says, days }: LogAnswerQuestion, index: SessionIndex, answers: readonly KnownAnswer[]): LogAnswerPreview {
  const mine = answers.filter((answer) => answer.pattern === pattern && !answer.undone);
  const normal = mine.filter((answer) => answer.says === 'normal').length;
  const anomalous = mine.length - normal;
  const then = standingOf(normal + (says === 'normal' ? 1 : 0), anomalous + (says === 'anomalous' ? 1 : 0));
  let [alerts, others] = [0, 0];
  const newest = index.length === 0 ? 0 : index.rows.time[index.length - 1];
  const number = index.patterns.indexOf(pattern);
  for (let row = index.from(newest - days * DAY); number >= 0 && row < index.length; row++) {
    if (index.rows.inForce[row] === 0 || index.rows.pattern[row] !== number) continue;
    if (index.rows.anomalous[row] === 1) alerts++;
    else others++;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- no function
  return { pattern, days, alerts, silenced: then === 'silenced' ? alerts : 0, added: then === 'flagged' ? others : 0, normal, anomalous, then };
}
