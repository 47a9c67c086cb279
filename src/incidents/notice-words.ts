/** What a notice says to people: a title, facts, and where to look on. */
import type { Notice } from '../core/contracts.ts';
import { hashId } from '../core/hash.ts';
import { contributed, duration, named } from './words.ts';

const STATES: Readonly<Record<Notice['status'], string>> = { firing: 'Alerting', resolved: 'Resolved', nodata: 'No data', error: 'Error' };

/** `Alerting`, `Resolved`, `No data`, `Error`, `Test`. */
export function stateOf({ status, test }: Notice): string {
  return test === true ? 'Test' : STATES[status];
}

/** What the incident is about: its series, or the pipeline. */
export function subjectOf({ incident }: Notice): string {
  return incident.series.length === 0 ? incident.pipeline : named(incident.series);
}

/** `Alerting: response_time`, `Resolved after 12m: response_time`. */
export function titleOf(notice: Notice): string {
  const lasted = notice.status === 'resolved' ? ` after ${lastedOf(notice)}` : '';
  return `${stateOf(notice)}${lasted}: ${subjectOf(notice)}`;
}

/** How long it has lasted, by event time. */
export function lastedOf({ incident, at }: Notice): string {
  return duration((incident.endedAt ?? at) - incident.startedAt);
}

/** Names and texts side by side, the most important first. */
export function factsOf(notice: Notice): [name: string, text: string][] {
  const { incident, labels, at } = notice;
  const { peak } = incident;
  const unit = peak === null || peak.unit === '' ? '' : ` ${peak.unit}`;
  const facts: [string, string][] = [
    ['Severity', incident.severity],
    ['Pipeline', incident.pipeline],
  ];
  if (peak !== null && peak.value !== null) facts.push(['Value', `${plain(peak.value)}${unit}`]);
  if (peak !== null && peak.expected !== null) facts.push(['Expected', `${plain(peak.expected)}${unit}`]);
  if (peak !== null && peak.score !== null) facts.push(['Score', peak.score.toFixed(1)]);
  if (peak?.contributions !== undefined) facts.push(['Unusual in', contributed(peak.contributions)]);
  facts.push(['Began', timeText(incident.startedAt)]);
  if (notice.status === 'resolved') facts.push(['Ended', timeText(incident.endedAt ?? at)], ['Lasted', lastedOf(notice)]);
  const others = Object.entries(labels).filter(([name]) => !['series', 'pipeline', 'severity'].includes(name));
  if (others.length > 0) facts.push(['Labels', others.map(([name, value]) => `${name}=${value}`).join(', ')]);
  return facts;
}

/** `4 notices: 3 Alerting, 1 Resolved`. */
export function countsOf(notices: readonly Notice[]): string {
  const counts = new Map<string, number>();
  for (const notice of notices) counts.set(stateOf(notice), (counts.get(stateOf(notice)) ?? 0) + 1);
  return `${notices.length} notices: ${Array.from(counts, ([state, count]) => `${count} ${state}`).join(', ')}`;
}

export const REPEATED = 'May have been sent before.';

/** Where the page shows the incident; undefined where nobody said how this process is reached. */
export function linkOf({ incident }: Notice, externalUrl: string | undefined): string | undefined {
  return externalUrl === undefined || externalUrl === '' ? undefined : `${externalUrl.replace(/\/+$/, '')}/#/incidents/${encodeURIComponent(incident.id)}`;
}

/** `2026-01-05 10:00:04 UTC`. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The key of a message with several notices: the same for the same notices, always. */
export function keyOf(notices: readonly Notice[]): string {
  return notices.length === 1 ? notices[0].key : hashId(...notices.map(({ key }) => key));
}

/** At most `most` characters, the last one a sign that there was more. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.charCodeAt(most - 2) >= 0xd800 && text.charCodeAt(most - 2) < 0xdc00 ? most - 2 : most - 1;
  return `${text.slice(0, end)}…`;
}

function plain(x: number): string {
  return Math.abs(x) >= 1000 && Math.abs(x) < 1e15 ? String(Math.round(x)) : String(Number(x.toPrecision(4)));
}
