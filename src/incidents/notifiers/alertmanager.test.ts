import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Notice, Notifier } from '../../core/contracts.ts';
import { alertProblems } from '../alertmanager-format.fixture.ts';
import { incidentOf, noticeOf } from '../notice.fixture.ts';
import { Receiver, status } from '../receiver.fixture.ts';
import { alertmanager, type PostedAlert } from './alertmanager.ts';

let receiver: Receiver;
let url: string;
beforeEach(async () => {
  receiver = new Receiver();
  receiver.judge = ({ body }) => alertProblems(body);
  url = await receiver.start();
});
afterEach(() => receiver.stop());

const logged: string[] = [];
function created(repeat: number): Notifier {
  const options = { url, headers: {}, timeout: 2_000, repeat, alertname: 'Odd', labels: { team: 'shop' }, external_url: 'https://h.example' };
  const notifier = alertmanager.create(options, { target: 'alertmanager#0', log: (_, message) => logged.push(message) });
  onTestFinished(() => notifier.close!());
  return notifier;
}

const send = (notifier: Notifier, notice: Notice) => notifier.send(notice, new AbortController().signal);
const alerts = (): PostedAlert[][] => receiver.received.map(({ body }) => JSON.parse(body) as PostedAlert[]);
const firing = noticeOf('k1', incidentOf('abc'));
const resolved = noticeOf('k2', incidentOf('abc', { state: 'Normal', endedAt: Date.UTC(2026, 0, 5, 10, 1) }), 'resolved');

it('raises an alert with labels, beginning, a time until which it is good, and the way to the incident', async () => {
  expect(await send(created(60_000), firing)).toMatchObject({ ok: true });
  expect(receiver.received[0].path).toBe('/api/v2/alerts');
  const [alert] = alerts()[0];
  expect(alert).toMatchObject({
    labels: { alertname: 'Odd', host: 'x', pipeline: 'p', severity: 'critical', team: 'shop' },
    startsAt: '2026-01-05T10:00:00.000Z',
    generatorURL: 'https://h.example/#/incidents/abc',
  });
  expect(Date.parse(alert.endsAt) - Date.now()).toBeGreaterThan(3 * 60_000);
});

it('sends it again while it lasts, with a later end each time, and ends it', async () => {
  const notifier = created(30);
  await send(notifier, firing);
  await receiver.arrived(4);
  const ends = alerts().map(([{ endsAt }]) => Date.parse(endsAt));
  expect(ends.every((end, i) => i === 0 || end > ends[i - 1])).toBe(true);
  await send(notifier, resolved);
  const last = alerts().at(-1)![0];
  expect(Date.parse(last.endsAt)).toBeLessThanOrEqual(Date.now());
  expect(last.labels).toEqual(alerts()[0][0].labels);
  const count = receiver.received.length;
  await receiver.quiet(100);
  expect(receiver.received.length).toBe(count);
});

it('goes on reminding of what an earlier run of the process has told', async () => {
  const notifier = created(20);
  notifier.resume!([firing]);
  await receiver.arrived(2);
  expect(alerts()[0][0].labels).toMatchObject({ alertname: 'Odd', host: 'x' });
});

it('ends the alert with the labels before when the labels of an incident change', async () => {
  const notifier = created(60_000);
  await send(notifier, firing);
  await send(notifier, { ...firing, key: 'k3', labels: { pipeline: 'p', severity: 'critical' } });
  const [ended, raised] = alerts()[1];
  expect([ended.labels['host'], raised.labels['host']]).toEqual(['x', undefined]);
  expect(Date.parse(ended.endsAt)).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(raised.endsAt)).toBeGreaterThan(Date.now());
});

it('ends an alert only behind a reminder of it that is on its way', async () => {
  const notifier = created(20);
  let answer: () => void = () => {};
  receiver.answers = [status(200), (_, response) => void (answer = () => response.end())];
  await send(notifier, firing);
  await receiver.arrived(2);
  const ending = send(notifier, resolved);
  await receiver.quiet(80);
  answer();
  await ending;
  expect(receiver.received.length).toBe(3);
  expect(Date.parse(alerts()[2][0].endsAt)).toBeLessThanOrEqual(Date.now());
});

it('ends the alert with the labels before also where the first attempt to say so was not taken', async () => {
  const notifier = created(60_000);
  await send(notifier, firing);
  receiver.answers = [status(503)];
  const changed = { ...firing, key: 'k3', labels: { pipeline: 'p', severity: 'critical' } };
  expect(await send(notifier, changed)).toMatchObject({ ok: false, retry: true });
  await send(notifier, changed);
  expect(alerts()[2].map(({ labels }) => labels['host'])).toEqual(['x', undefined]);
});

it('says once that it cannot remind, and once that it can again', async () => {
  logged.length = 0;
  const notifier = created(15);
  receiver.answers = [status(200), status(503), status(503)];
  await send(notifier, firing);
  await receiver.arrived(5);
  expect(logged).toEqual(['open alerts cannot be kept alive: HTTP 503 Service Unavailable', 'open alerts are kept alive again']);
});

it('keeps no alert of a test alive', async () => {
  await send(created(10), { ...firing, test: true });
  await receiver.quiet(60);
  expect(receiver.received.length).toBe(1);
  expect(alerts()[0][0].annotations['test']).toBe('true');
});

it('writes label names as Prometheus takes them', async () => {
  await send(created(60_000), { ...firing, labels: { 'app.name': 'shop', '9': 'x', empty: '' } });
  expect(alerts()[0][0].labels).toEqual({ alertname: 'Odd', app_name: 'shop', _9: 'x', team: 'shop' });
});
