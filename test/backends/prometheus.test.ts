/** Prometheus scrapes our /metrics, and our sources read from it; Alertmanager posts to us. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prometheus as scraped, promql } from '../../src/connectors/prometheus/index.ts';
import type { IncidentRecord } from '../../src/core/contracts.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { get, status } from '../support/api.ts';
import { project } from '../support/oracle.ts';
import { startServer, type Server } from '../support/program.ts';
import { startService, type Service } from '../support/services/index.ts';

let folder: string;
let server: Server | undefined;
const services: Service[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-prometheus-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await Promise.all(services.splice(0).map((service) => service.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function started(pipelines: string): Promise<string> {
  writeFileSync(join(folder, 'homeostat.yaml'), `data: ./data\npipelines:\n${pipelines}`);
  server = await startServer(['run', 'homeostat.yaml'], folder);
  return server.address;
}

async function start(...given: Parameters<typeof startService>): Promise<Service> {
  const service = await startService(...given);
  services.push(service);
  return service;
}

interface Found {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

async function query(url: string, text: string): Promise<Found['data']['result']> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`);
  return ((await answer.json()) as Found).data.result;
}

const push = (address: string, lines: string) =>
  fetch(`${address}/api/v1/pipelines/pushed/events`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines });

describe('Prometheus', () => {
  it('scrapes scores per series from /metrics, bounded', async () => {
    const address = await started(
      `  pushed:\n    source: { http: {} }\n    detect: { detector: sma, threshold: { sigma: { k: 3 } } }\n    order: { idle: 100ms }\n`,
    );
    const now = Date.now() - 100_000;
    const lines = Array.from({ length: 1100 }, (_, i) => JSON.stringify({ time: now + i, series: `s${String(i).padStart(4, '0')}`, value: i }));
    const spike = Array.from({ length: 40 }, (_, i) => JSON.stringify({ time: now + 2_000 + i * 1000, series: 's0003', value: i === 39 ? 1000 : (i * 7) % 5 }));
    expect((await push(address, [...lines, ...spike].join('\n'))).status).toBe(202);
    await vi.waitFor(async () => expect((await status(address, 'pushed')).counts.verdicts).toBe(1140), 20_000);
    const target = new URL(address).host;
    const prometheus = await start('prometheus', { config: `scrape_configs: [{ job_name: homeostat, static_configs: [{ targets: ['${target}'] }] }]` });
    await vi.waitFor(async () => expect(await query(prometheus.url, 'homeostat_series_anomalous{series="s0003"} == 1')).toHaveLength(1), 20_000);
    const [score] = await query(prometheus.url, 'homeostat_series_score{pipeline="pushed",series="s0003"}');
    expect(Number(score.value[1])).toBeGreaterThan(3);
    const [{ value: shown }] = await query(prometheus.url, 'count(homeostat_series_value{pipeline="pushed"})');
    const [{ value: hidden }] = await query(prometheus.url, 'homeostat_series_not_shown{pipeline="pushed"}');
    expect([shown[1], hidden[1]]).toEqual(['1000', '100']);
    expect(await query(prometheus.url, 'up{job="homeostat"} == 1')).toHaveLength(1);
  });

  it('with TLS is read by its authority, which a path from the configuration names, and by no other', async () => {
    const secure = await start('prometheus', { tls: true });
    copyFileSync(secure.ca!, join(folder, 'ca.pem'));
    const reach = async (tls: string): Promise<unknown[]> => {
      const text = `pipelines:
  a: { source: { prometheus: { targets: ['${secure.url}/metrics']${tls} } } }
  b: { source: { promql: { url: '${secure.url}', query: vector(1)${tls} } } }`;
      const [a, b] = parseConfig(text, join(folder, 'homeostat.yaml')).pipelines.map(({ source }) => source.options as never);
      const context = { pipeline: 'p', folder };
      return Promise.all([scraped.reach!(a, context), promql.reach!(b, context)].map((one) => one.catch(String)));
    };
    const told = 'name the authority of the server in tls.ca_file';
    expect(await reach('')).toEqual([expect.stringContaining(told), expect.stringContaining(told)]);
    const found = [expect.stringContaining('1 of 1 targets answer'), expect.stringContaining('answers the query with 1 series')];
    expect(await reach(', tls: { ca_file: ca.pem }')).toEqual(found);
    expect(await reach(', tls: { verify: false }')).toEqual(found);
  });

  it('is read by promql from its history on, through a kill of both, as if nothing had been; and scraped by us', async () => {
    const prometheus = await start('prometheus', {
      config:
        "global: { scrape_interval: 250ms, evaluation_interval: 1s }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:9'] }] }]",
    });
    const from = new Date(Math.floor(Date.now() / 1000) * 1000 - 5_000).toISOString();
    // The values are a function of time alone, so what must come out is known.
    const pipelines = `  asked:
    source: { promql: { url: '${prometheus.url}', query: 'vector(time() % 60)', name: seconds, step: 250ms, from: '${from}', lag: 1s, points: 4 } }
    detect: { detector: ema }
    order: { idle: 100ms }
    restart: { backoff: 50ms, max_backoff: 500ms }
  scraped:
    source: { prometheus: { targets: ['${prometheus.url}/metrics'], job: p, interval: 500ms, metrics: ['prometheus_build_info', 'go_goroutines', 'process_.*'] } }
    detect: { detector: ema }
    order: { idle: 100ms }
`;
    let address = await started(pipelines);
    const asked = (at: string, test: (verdicts: number) => boolean) =>
      vi.waitFor(async () => expect(test((await status(at, 'asked')).counts.verdicts)).toBe(true), { timeout: 30_000, interval: 100 });
    await asked(address, (count) => count >= 20);
    server!.child.kill('SIGKILL');
    await vi.waitFor(() => expect(server!.child.signalCode).toBe('SIGKILL'), 15_000);
    address = await started(pipelines);
    await prometheus.kill();
    await vi.waitFor(async () => expect((await status(address, 'asked')).condition).not.toBe('ok'), { timeout: 30_000 });
    await prometheus.restart();
    const then = (await status(address, 'asked')).counts.verdicts;
    await asked(address, (count) => count >= then + 20);
    const scraped = await status(address, 'scraped');
    expect(scraped.counts.gaps).toBeGreaterThan(0);
    expect(scraped.counts.deadLetters).toBe(0);
    const keys = (await get<{ items: { key: string }[] }>(address, 'series?pipeline=scraped&limit=100')).items.map(({ key }) => key);
    const instance = prometheus.url.slice('http://'.length);
    for (const name of ['go_goroutines', 'up', 'process_resident_memory_bytes']) expect(keys).toContain(`${name}{instance=${instance},job=p}`);
    expect(keys.some((key) => key.startsWith('go_info'))).toBe(false);
    await server!.stop();
    server = undefined;
    const rows = project(join(folder, 'data'), 'asked')
      .verdicts.map((text) => JSON.parse(text) as { time: string; values: number[] })
      .map(({ time, values }) => [Date.parse(time), values[0]] as const)
      .sort(([a], [b]) => a - b);
    const begin = Date.parse(from);
    expect(rows.map(([time]) => time)).toEqual(rows.map((_, i) => begin + i * 250));
    for (const [time, value] of rows) expect(value).toBeCloseTo((time / 1000) % 60, 6);
  }, 120_000);
});

describe('Alertmanager', () => {
  it('opens and resolves an incident with an alert of another system', async () => {
    const address = await started(`  alerts:
    source: { alertmanager: {} }
    detect: { detector: value, threshold: { static: { limit: 0.5 } } }
    incident: { open: 1 of 1, resolve_on: normal }
    order: { idle: 100ms }
`);
    const alertmanager = await start('alertmanager', {
      config: `route: { receiver: us, group_by: [alertname], group_wait: 100ms, group_interval: 500ms, repeat_interval: 1s }
receivers: [{ name: us, webhook_configs: [{ url: '${address}/api/v1/pipelines/alerts/events', send_resolved: true }] }]`,
    });
    const post = async (endsAt?: string): Promise<void> => {
      const alert = { labels: { alertname: 'DiskFull', host: 'a', severity: 'critical' }, annotations: { summary: 'no room' }, ...(endsAt ? { endsAt } : {}) };
      const body = JSON.stringify([{ ...alert, startsAt: new Date(Date.now() - 5_000).toISOString() }]);
      expect((await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status).toBe(200);
    };
    const incidents = async (): Promise<IncidentRecord[]> => (await get<{ items: IncidentRecord[] }>(address, 'incidents?pipeline=alerts')).items;
    await post();
    await vi.waitFor(async () => expect((await incidents()).map(({ state, series }) => [state, series])).toEqual([['Alerting', ['DiskFull{host=a}']]]), 20_000);
    // Told again and again, it is still the one.
    await vi.waitFor(async () => expect((await status(address, 'alerts')).counts.events).toBeGreaterThan(2), 20_000);
    expect(await incidents()).toHaveLength(1);
    await post(new Date(Date.now() - 1_000).toISOString());
    await vi.waitFor(async () => expect((await incidents()).map(({ state }) => state)).toEqual(['Normal']), 20_000);
    expect((await status(address, 'alerts')).counts).toMatchObject({ deadLetters: 0, late: 0 });
  });
});
