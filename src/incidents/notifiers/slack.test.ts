import { expect, it } from 'vitest';
import { incidentOf, noticeOf } from '../notice.fixture.ts';
import { slackProblems } from '../slack-format.fixture.ts';
import { slackMessage, slackSummary } from './slack.ts';

const firing = noticeOf('k1', incidentOf('abc'));
const resolved = noticeOf('k2', incidentOf('abc', { state: 'Normal', endedAt: Date.UTC(2026, 0, 5, 10, 12, 30) }), 'resolved');

it('shows state, severity, series, value against expected, time and the way to the incident', () => {
  const message = slackMessage(firing, 'https://h.example/');
  const text = JSON.stringify(message);
  expect(slackProblems(text)).toEqual([]);
  for (const part of ['Alerting: response_time', 'critical', '812 ms', '203 ms', '2026-01-05 10:00:00 UTC', 'host=x']) expect(text).toContain(part);
  expect(text).toContain('https://h.example/#/incidents/abc');
  expect(message.text).toContain('response_time is 812 ms');
});

it('has no link where nobody said how this process is reached', () => {
  expect(JSON.stringify(slackMessage(firing, undefined))).not.toContain('#/incidents');
});

it('says at the end how long it lasted', () => {
  expect(JSON.stringify(slackMessage(resolved, undefined))).toContain('Resolved after 12m 30s: response_time');
});

it('escapes what Slack would take for markup, and cuts no entity', () => {
  const message = slackMessage(noticeOf('k', incidentOf('abc', { summary: '<!channel> & '.repeat(1_000), series: ['<b>'] })), undefined);
  expect(slackProblems(JSON.stringify(message))).toEqual([]);
  expect(JSON.stringify(message)).not.toContain('<!channel>');
});

it('lists several, and counts what it does not show', () => {
  const many = Array.from({ length: 70 }, (_, i) => ({ ...(i % 2 === 0 ? firing : resolved), key: `k${i}`, repeated: i === 1 }));
  const message = slackSummary(many, 'https://h.example');
  const text = JSON.stringify(message);
  expect(slackProblems(text)).toEqual([]);
  expect(message.text).toBe('70 notices: 35 Alerting, 35 Resolved');
  expect(text).toContain('and 30 more: ');
  expect(text.match(/May have been sent before/g)).toHaveLength(1);
});
