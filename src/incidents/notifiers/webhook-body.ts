/** A notice as the body of an Alertmanager webhook, version 4 (prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
import type { Notice } from '../../core/contracts.ts';

export interface AlertmanagerAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** RFC 3339. */
  startsAt: string;
  /** RFC 3339; the year 1 while it lasts. */
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

export interface AlertmanagerBody {
  version: '4';
  groupKey: string;
  truncatedAlerts: number;
  status: 'firing' | 'resolved';
  receiver: string;
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  externalURL: string;
  alerts: AlertmanagerAlert[];
}

const NOT_ENDED = '0001-01-01T00:00:00Z';

/** One incident is one alert, and keeps its fingerprint as long as it lasts. NoData and Error are firing, and named in the annotation `state`. */
export function alertmanagerBody(notice: Notice, receiver: string, externalUrl: string): AlertmanagerBody {
  const { incident, repeated } = notice;
  const status = notice.status === 'resolved' ? 'resolved' : 'firing';
  const labels = { alertname: 'HomeostatIncident', ...notice.labels };
  const annotations: Record<string, string> = {
    summary: incident.summary,
    incident: incident.id,
    state: incident.state,
    series: incident.series.join(', '),
    anomalies: String(incident.anomalies),
    ...(repeated ? { repeated: 'true' } : {}),
  };
  return {
    version: '4',
    groupKey: `{}/{pipeline=${JSON.stringify(incident.pipeline)}}:${labelText(incident.group)}`,
    truncatedAlerts: 0,
    status,
    receiver,
    groupLabels: incident.group,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: externalUrl,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: new Date(incident.startedAt).toISOString(),
        endsAt: incident.endedAt === null ? NOT_ENDED : new Date(incident.endedAt).toISOString(),
        generatorURL: `${externalUrl}/#/incidents/${encodeURIComponent(incident.id)}`,
        fingerprint: incident.id,
      },
    ],
  };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}
