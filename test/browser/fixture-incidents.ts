/** Deterministic incidents and dead letters for the dashboard's tests. */
import type { DeadLetterView, IncidentDetail } from '../../src/core/api.ts';
import type { IncidentState, Transition } from '../../src/core/contracts.ts';
import { keyOf, MINUTE, pointAt, round, seriesAt, STEP } from './fixture-data.ts';

function transitionsOf(incident: string, at: number, states: readonly IncidentState[]): Transition[] {
  const causes: Record<IncidentState, string> = {
    Normal: '30 s without an anomalous verdict',
    Pending: 'verdict 3f9a…: score 5.21 > 3',
    Alerting: '3 of 5 verdicts anomalous',
    Recovering: 'verdict 77b0…: score 1.08 within the threshold',
    NoData: 'no event for 5 min',
    Error: 'the detector failed',
  };
  return states.map((to, i) => ({ incident, sequence: i + 1, from: states[i - 1] ?? 'Normal', to, at: at + i * 9000, cause: causes[to] }));
}

/** Open ones first, then a resolved one every few minutes. */
export function incidentsAt(now: number): IncidentDetail[] {
  return Array.from({ length: 24 }, (_, n) => {
    const index = n === 0 ? 0 : n * 5 + 1;
    const open = n < 3;
    const startedAt = Math.floor((now - (open ? n * 3 + 2 : n * 9) * MINUTE) / STEP) * STEP;
    const states: IncidentState[] = open
      ? n === 2
        ? ['Pending', 'Alerting', 'NoData']
        : ['Pending', 'Alerting']
      : ['Pending', 'Alerting', 'Recovering', 'Normal'];
    const { unit, labels, pipeline, key } = seriesAt(index, startedAt);
    const expected = round(pointAt(index, startedAt).expected);
    const id = `incident-${n}`;
    return {
      id,
      pipeline,
      group: n === 0 ? { service: 'checkout' } : { host: labels.host ?? '' },
      state: states.at(-1)!,
      severity: n % 5 === 0 ? 'critical' : n % 3 === 0 ? 'info' : 'warning',
      series: n === 0 ? [key] : Array.from({ length: Math.min(5, 1 + (n % 5)) }, (_unused, i) => keyOf(index + i)),
      startedAt,
      updatedAt: open ? now - 1000 : startedAt + 27_000,
      endedAt: open ? null : startedAt + 27_000,
      anomalies: 4 + n * 3,
      peak: { series: key, time: startedAt + 4000, value: round(expected * 1.34), score: 5.21 + n / 10, expected, unit },
      acknowledgedBy: n === 1 ? 'maria' : null,
      silenced: n === 2,
      summary:
        n === 0
          ? `checkout/response-time is far above what is expected: ${round(expected * 1.34).toFixed(1)} ms, expected ${expected.toFixed(1)} ms`
          : `${key} differs from what is expected, with ${(n % 5) + 1} streams of ${labels.host}`,
      transitions: transitionsOf(id, startedAt, states),
      notices: [
        {
          key: `${id}/log`,
          kind: 'notice',
          target: 'log#0',
          state: 'delivered',
          attempts: 1,
          detail: '',
          createdAt: startedAt + 9100,
          doneAt: startedAt + 9104,
        },
        {
          key: `${id}/webhook`,
          kind: 'notice',
          target: 'webhook#0',
          state: n === 0 ? 'delivered' : 'pending',
          attempts: n === 0 ? 2 : 4,
          detail: n === 0 ? '200 OK' : 'connection refused',
          createdAt: startedAt + 9100,
          doneAt: n === 0 ? startedAt + 9900 : null,
        },
      ],
      actions:
        n === 0
          ? [
              {
                key: `${id}/restart`,
                kind: 'action',
                target: 'restart-source#0',
                state: 'delivered',
                attempts: 1,
                detail: 'the source reads again from record 81,203',
                createdAt: startedAt + 9200,
                doneAt: startedAt + 9700,
              },
            ]
          : [],
    };
  });
}

export function deadLettersAt(now: number): DeadLetterView[] {
  const texts = [
    '{"time":"2024-10-03T22:29:03Z","series":"host-0001/cpu","value":"n/a"}',
    '{"series":"host-0002/cpu","value":12.5}',
    '{"time":4070908800,"series":"host-0003/cpu","value":1',
  ];
  const codes = ['RECORD_MALFORMED', 'RECORD_NO_TIME', 'RECORD_MALFORMED'];
  const details = ['"value" is "n/a", not a number', 'no column holds a time', 'unexpected end of JSON at byte 53'];
  return texts.map((text, i) => ({
    id: i + 1,
    pipeline: 'hosts',
    partition: 0,
    offset: 8_120_300 + i,
    place: 0,
    code: codes[i],
    detail: details[i],
    text,
    at: now - (i + 1) * 47_000,
    replayed: i === 2,
  }));
}
