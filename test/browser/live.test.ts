import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { needBrowser, open, startBrowser, stopBrowser } from './browser.ts';
import { incidentsAt } from './fixture-incidents.ts';
import { verdictAt } from './fixture-data.ts';
import { startFixture, type Fixture, type FixtureOptions } from './fixture-server.ts';

const STREAM = `#/stream/response-times/${encodeURIComponent('checkout/response-time')}`;
let started: Fixture[] = [];

async function start(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await startFixture({ series: 50, ...options });
  started.push(fixture);
  return fixture;
}

beforeAll(startBrowser);
afterAll(stopBrowser);
beforeEach(needBrowser);
afterEach(async () => {
  await Promise.all(started.map((fixture) => fixture.stop()));
  started = [];
});

it('says since when it is old when the server goes away, and comes back by itself', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, '#/');
  await page.waitForSelector('[data-connection="live"]');
  await fixture.stop();
  await page.waitForSelector('[data-stale]');
  await expect.poll(() => page.locator('[data-stale]').textContent()).toMatch(/Connection lost. What is shown is from \d\d:\d\d:\d\d/);
  await expect.poll(() => page.locator('article.pipeline').count()).toBe(3);
  await start({ port: fixture.port });
  await page.waitForSelector('[data-connection="live"]', { timeout: 20_000 });
  await page.waitForSelector('[data-stale]', { state: 'detached' });
  expect(complaints).toEqual([]);
  await close();
});

it('draws verdicts as they come', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, STREAM);
  await page.waitForSelector('.chart-body[data-points]:not([data-points="0"]) canvas');
  const time = Date.now() + 5000;
  fixture.send({
    type: 'verdicts',
    pipeline: 'response-times',
    checkpoint: 2,
    verdicts: [{ ...verdictAt(0, time), values: [987.6], anomalous: true }],
    skipped: 0,
  });
  await page.locator('.readout', { hasText: '987.6 ms' }).waitFor();
  await expect.poll(() => page.locator('.readout em.anomalous').count()).toBe(1);
  await page.locator('tr.anomalous', { hasText: '987.6 ms' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('announces an incident that begins to alert, and counts it', async () => {
  const fixture = await start();
  const { page, close } = await open(fixture, '#/streams');
  await page.waitForSelector('[data-connection="live"]');
  const [{ transitions, ...incident }] = incidentsAt(Date.now());
  const fresh = { ...incident, id: 'new', summary: 'pump-7/sound is far above what is expected' };
  fixture.send({ type: 'incident', incident: fresh, transition: { ...transitions[1], incident: 'new' } });
  await page.locator('[data-announcer]', { hasText: 'pump-7/sound is far above what is expected' }).waitFor({ state: 'attached' });
  await page.getByLabel('4 open').waitFor();
  await page.waitForFunction(() => document.title.startsWith('(4)'));
  await close();
});

it('acknowledges and silences an incident', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, '#/incidents');
  await page.locator('.incident-row').first().click();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByLabel('Comment').fill('restarting the shop');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Acknowledged by local').waitFor();
  await page.getByRole('button', { name: 'Silence', exact: true }).click();
  await page.getByLabel('For').selectOption({ label: '4 h' });
  await page.getByRole('dialog').getByRole('button', { name: 'Silence' }).click();
  await page.getByText('Silenced.').waitFor();
  expect(fixture.posted[0]).toEqual({ path: '/api/v1/incidents/incident-0/acknowledge', body: { comment: 'restarting the shop' } });
  expect(fixture.posted[1]).toMatchObject({ path: '/api/v1/silences', body: { pipeline: 'response-times', matchers: { service: 'checkout' } } });
  const { until } = fixture.posted[1].body as { until: number };
  expect(Math.abs(until - Date.now() - 4 * 3_600_000)).toBeLessThan(60_000);
  expect(complaints).toEqual([]);
  await close();
});

it('replays chosen dead letters, shows their bytes, and asks for a savepoint', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, '#/health');
  await page.locator('.letter summary').first().click();
  await expect.poll(() => page.locator('.letter pre').first().textContent()).toContain('"value":"n/a"');
  await page.getByLabel('Choose dead letter 1').check();
  await page.getByRole('button', { name: /Replay/ }).click();
  await page.getByText('1 record will be read again.').waitFor();
  await page.getByRole('button', { name: 'Savepoint' }).first().click();
  await page.getByText('A savepoint of response-times was asked for.').waitFor();
  expect(fixture.posted).toEqual([
    { path: '/api/v1/dead-letters/replay', body: { ids: [1] } },
    { path: '/api/v1/pipelines/response-times/savepoint', body: {} },
  ]);
  expect(complaints).toEqual([]);
  await close();
});
