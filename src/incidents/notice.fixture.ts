/** Incidents and notices for tests. */
import type { ActionIntent, IncidentRecord, Notice } from '../core/contracts.ts';
import type { Offered } from './outbox.ts';

export function incidentOf(id: string, changes: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    id,
    pipeline: 'p',
    group: { host: 'x' },
    state: 'Alerting',
    severity: 'critical',
    series: ['response_time'],
    startedAt: Date.UTC(2026, 0, 5, 10),
    updatedAt: Date.UTC(2026, 0, 5, 10, 0, 4),
    endedAt: null,
    anomalies: 3,
    peak: { series: 'response_time', time: Date.UTC(2026, 0, 5, 10, 0, 4), value: 812, score: 19.6, expected: 203, unit: 'ms' },
    acknowledgedBy: null,
    silenced: false,
    summary: 'response_time is 812 ms, expected 203 ± 31 (score 19.6); 3 of the last 5 values were anomalous',
    ...changes,
  };
}

export function noticeOf(key: string, incident: IncidentRecord, status: Notice['status'] = 'firing'): Notice {
  return {
    key,
    status,
    incident,
    labels: { host: 'x', pipeline: 'p', series: 'response_time', severity: 'critical' },
    at: incident.updatedAt,
    repeated: false,
  };
}

export function offeredNotice(key: string, target: string, incident = 'i1', attempts = 0): Offered {
  return { key, pipeline: 'p', kind: 'notice', target, payload: noticeOf(key, incidentOf(incident)), attempts };
}

export function intentOf(key: string, incident = 'i1'): ActionIntent {
  return { key, pipeline: 'p', incident: incidentOf(incident) };
}

export function offeredAction(key: string, target: string, attempts = 0): Offered {
  return { key, pipeline: 'p', kind: 'action', target, payload: intentOf(key), attempts };
}
