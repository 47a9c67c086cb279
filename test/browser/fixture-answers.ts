/** Answers as the stand-in for the server shows them. */
import type { AnswerPreview, AnswerView, IncidentDetail } from '../../src/core/api.ts';
import type { AnswerWhen, Says } from '../../src/core/contracts.ts';

const DAY = 86_400_000;

/** Where it counts always it changes more than near one hour. */
export function answerShown(body: Record<string, unknown>): AnswerPreview {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const series = String(body.series ?? 'checkout/response-time');
  const limitFactor = body.says === 'missed' ? 0.82 : 1.36;
  const times = body.when === 'always' ? [6.4, 4.1, 3.2, 1.05] : [4.1];
  return {
    parts: [{ series, from: now - 600_000, to: now, limitFactor, onsetFactor: 1 }],
    from: now - 7 * DAY,
    to: now,
    verdicts: 10_080,
    complete: true,
    enough: body.when === 'always',
    anomalous: body.says === 'missed' ? { without: 41, with: 63 } : { without: 41, with: 41 - 5 * times.length },
    alerts: body.says === 'missed' ? { without: 9, with: 14 } : { without: 9, with: 9 - times.length },
    changed: 5 * times.length,
    first: times.map((days) => ({
      series,
      time: now - days * DAY,
      score: body.says === 'missed' ? 2.71 : 3.64,
      limit: 3,
      limitWith: 3 * limitFactor,
      was: body.says === 'missed' ? 'normal' : 'alert',
      becomes: body.says === 'missed' ? 'alert' : 'normal',
    })),
  };
}

export function answerGiven(body: Record<string, unknown>, incidents: readonly IncidentDetail[], number: number): AnswerView {
  const incident = incidents.find(({ id }) => id === body.incident);
  const series = incident?.series[0] ?? String(body.series);
  const { parts } = answerShown({ ...body, series });
  return {
    id: `answer-${number}`,
    pipeline: incident?.pipeline ?? String(body.pipeline),
    says: body.says as Says,
    when: body.when as AnswerWhen,
    until: null,
    incident: incident?.id ?? null,
    by: 'local',
    comment: String(body.comment ?? ''),
    at: Date.now(),
    since: Date.now(),
    parts: parts.map((part) => ({ ...part, ended: null })),
    undone: null,
    active: true,
  };
}
