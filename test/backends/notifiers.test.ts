import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slackProblems } from '../../src/incidents/slack-format.fixture.ts';
import { type Server, startServer, until } from '../support/program.ts';
import { type Service, startService } from '../support/services/index.ts';
import { startTroubledReceiver, type TroubledReceiver } from '../support/troubled-receiver.ts';

let folder: string;
let server: Server | undefined;
let alertmanager: Service | undefined;
let receiver: TroubledReceiver;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-notifiers-'));
  receiver = await startTroubledReceiver([]);
});

afterEach(async () => {
  await server?.stop();
  await alertmanager?.stop();
  await receiver.close();
  server = alertmanager = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a pipeline that is pushed to, with one receiver. */
async function run(notify: string): Promise<Server> {
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `pipelines:
  ovens:
    source: { http: {} }
    detect: { detector: { sma: { window: 20 } }, threshold: { sigma: { k: 4 } }, learn: never }
    incident: { open: 3 of 5, resolve_after: 20s, severity: critical }
    notify: [ ${notify} ]
`,
  );
  return startServer(['run', 'homeostat.yaml'], folder);
}

/** So many values a second apart, the last `odd` of them far off; the next ones follow them in time. */
function values(series: string, from: number, count: number, odd: number): object[] {
  return Array.from({ length: count }, (_, i) => ({ time: from + i * 1_000, series, value: i < count - odd ? 20 + (i % 3) : 90 + i }));
}

async function push(events: object[]): Promise<void> {
  const answer = await fetch(`${server!.address}/api/v1/pipelines/ovens/events?wait=verdicts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(answer.status).toBe(200);
}

async function killed(): Promise<void> {
  const { child } = server!;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

interface Alert {
  labels: Record<string, string>;
  startsAt: string;
  endsAt: string;
  status: { state: string };
}

/** Notices of the first incident. */
async function outbox(): Promise<{ state: string }[]> {
  const get = async <T>(path: string): Promise<T> => (await fetch(`${server!.address}/api/v1/${path}`)).json() as Promise<T>;
  const { items } = await get<{ items: { id: string }[] }>('incidents');
  return (await get<{ notices: { state: string }[] }>(`incidents/${items[0].id}`)).notices;
}

const alerts = async (): Promise<Alert[]> => (await fetch(`${alertmanager!.url}/api/v2/alerts`)).json() as Promise<Alert[]>;

describe('a real Alertmanager', () => {
  it('holds an incident as one alert while it lasts, over a kill -9 as well, and tells its own receivers of the end', async () => {
    alertmanager = await startService('alertmanager', {
      config: [
        'global: { resolve_timeout: 2s }',
        'route: { receiver: web, group_wait: 100ms, group_interval: 500ms }',
        `receivers: [ { name: web, webhook_configs: [ { url: '${receiver.url}' } ] } ]`,
      ],
    });
    server = await run(`{ alertmanager: { url: '${alertmanager.url}', repeat: 1s, labels: { team: bakery } } }`);
    const now = Date.now() - 120_000;
    await push(values('oven', now, 60, 5));
    const raised = await until(async () => (await alerts())[0], 'an alert');
    expect(raised.labels).toEqual({ alertname: 'HomeostatIncident', pipeline: 'ovens', series: 'oven', severity: 'critical', team: 'bakery' });
    expect(Date.parse(raised.startsAt)).toBe(now + 55_000);

    // Only now does nothing but the reminders keep the alert alive: the outbox has forgotten the notice.
    await until(async () => ((await outbox()).every(({ state }) => state === 'delivered') ? true : undefined), 'a notice that is written down as delivered');
    await killed();
    server = await startServer(['run', 'homeostat.yaml'], folder);
    const good = Date.parse(raised.endsAt);
    const kept = await until(async () => (await alerts()).find(({ endsAt }) => Date.parse(endsAt) > good + 3_000), 'an alert that is kept alive');
    expect(kept).toMatchObject({ labels: raised.labels, startsAt: raised.startsAt, status: { state: 'active' } });
    expect(Date.now()).toBeGreaterThan(good - 1_000);

    await push(values('oven', now + 60_000, 40, 0));
    const told = await until(
      async () => receiver.deliveries.map(({ body }) => JSON.parse(body) as { status: string; alerts: unknown[] }).find(({ status }) => status === 'resolved'),
      'the end',
    );
    expect(told.alerts).toHaveLength(1);
    expect(await alerts()).toEqual([]);
  });

  it('that is down is waited for', async () => {
    alertmanager = await startService('alertmanager');
    server = await run(`{ alertmanager: { url: '${alertmanager.url}' } }`);
    await alertmanager.kill();
    await push(values('oven', Date.now() - 60_000, 60, 5));
    await until(async () => {
      const health = (await (await fetch(`${server!.address}/api/v1/health`)).json()) as { pipelines: { parts: { part: string; condition: string }[] }[] };
      return health.pipelines[0].parts.find(({ part, condition }) => part === 'receiver alertmanager#0' && condition === 'degraded');
    }, 'a receiver that is said to be down');
    await alertmanager.restart();
    expect((await until(async () => (await alerts())[0], 'an alert')).labels['series']).toBe('oven');
  });
});

it('a rate limit and kill -9 in between lose no notice: what had not left is told after the restart, together and marked', async () => {
  const slack = `{ slack: { url: '${receiver.url}services/T000/B000', rate_limit: { rate: 30/min, burst: 1 }, group: { wait: 0s } } }`;
  server = await run(slack);
  const names = ['anna', 'berta', 'clara', 'dora', 'emma', 'frida'];
  const now = Date.now() - 60_000;
  await push(Array.from({ length: 60 }, (_, i) => names.map((name) => values(name, now, 60, 5)[i])).flat());
  const first = await until(async () => receiver.deliveries[0], 'a first message');
  await killed();
  const before = receiver.deliveries.length;
  expect(before).toBeLessThan(names.length);
  server = await startServer(['run', 'homeostat.yaml'], folder);
  const missing = (): string[] => names.filter((name) => !receiver.deliveries.some(({ body }) => body.includes(name)));
  await until(async () => (missing().length === 0 ? true : undefined), 'all six incidents');
  expect(receiver.deliveries.flatMap(({ body }) => slackProblems(body))).toEqual([]);
  expect(first.body).not.toContain('May have been sent before');
  const after = receiver.deliveries.slice(before).map(({ body }) => body);
  expect(after.every((body) => body.includes('May have been sent before'))).toBe(true);
  expect(receiver.deliveries.length).toBeLessThan(names.length);
});
