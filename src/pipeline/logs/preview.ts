/** What an answer about a pattern would have changed of the sessions that were judged. */
import type { LogAnswerPreview } from '../../core/api.ts';
import type { LogAnswerQuestion } from '../../core/log-live.ts';
import { fateOf } from '../../logs/judge/answers.ts';
import type { Committed } from './committed.ts';
import type { SessionIndex } from './session-index.ts';

const DAY = 86_400_000;

export function previewOf({ pattern, says, days }: LogAnswerQuestion, index: SessionIndex, known: Committed | undefined): LogAnswerPreview {
  const mine = (known?.answers() ?? []).filter((answer) => answer.pattern === pattern && !answer.undone);
  const normal = mine.filter((answer) => answer.says === 'normal').length;
  const anomalous = mine.length - normal;
  const then = fateOf(normal + (says === 'normal' ? 1 : 0), anomalous + (says === 'anomalous' ? 1 : 0));
  const alerts = alertsOf(pattern, days, index);
  const history = known?.pattern(pattern) ?? { judged: 0, alerts: 0 };
  const others = Math.max(0, history.judged - history.alerts);
  // oxlint-disable-next-line unicorn/no-thenable -- no function
  return { pattern, days, alerts, silenced: then === 'silenced' ? alerts : 0, added: then === 'flagged' ? others : 0, normal, anomalous, then };
}

/** Sessions of the pattern that are anomalous, in the last days of event time. */
function alertsOf(pattern: string, days: number, index: SessionIndex): number {
  const { rows, length } = index;
  const number = index.patterns.indexOf(pattern);
  if (number < 0) return 0;
  let alerts = 0;
  for (let row = index.from(rows.time[length - 1] - days * DAY); row < length; row++) {
    if (rows.inForce[row] === 1 && rows.anomalous[row] === 1 && rows.pattern[row] === number) alerts++;
  }
  return alerts;
}
