import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { needBrowser, open, startBrowser, stopBrowser } from './browser.ts';
import { DIST, startFixture, type Fixture } from './fixture-server.ts';

const JS_LIMIT = 60 * 1024;
const PART_LIMIT = 24 * 1024;
/** Rows of a list that are drawn at once: what is in view and a few beside it. */
const ROWS_LIMIT = 60;

let fixture: Fixture;

beforeAll(async () => {
  await startBrowser();
  fixture = await startFixture({ series: 10_000, logs: { templates: 12_000, sessions: 100_000 } });
});
afterAll(async () => {
  await stopBrowser();
  await fixture.stop();
});
beforeEach(needBrowser);

/** Most rows that stood in the page at once since the call. */
async function watchRows(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const kept = window as unknown as { rows: number };
    const count = (): void => void (kept.rows = Math.max(kept.rows, document.querySelectorAll('.virtual-row').length));
    kept.rows = 0;
    count();
    new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => (window as unknown as { rows: number }).rows);
}

/** Compressed size of the scripts whose name the pattern fits. */
function compressed(pattern: RegExp): number {
  const assets = join(DIST, 'assets');
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js') && pattern.test(name));
  expect(scripts.length).toBeGreaterThan(0);
  return scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);
}

it('all JavaScript but that of Logs, Settings and the comparison is at most 60 KiB compressed, and those are loaded when they are opened', async () => {
  expect(compressed(/^(?!(logs|settings|compare)-)/)).toBeLessThanOrEqual(JS_LIMIT);
  for (const part of ['logs', 'settings', 'compare']) expect(compressed(new RegExp(`^${part}-`))).toBeLessThanOrEqual(PART_LIMIT);
  const { page, close } = await open(fixture, '#/');
  const loaded = (): Promise<number> =>
    page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => /\/(logs|settings|compare)-/.test(name)).length);
  await page.waitForSelector('[data-connection="live"]');
  await expect.poll(() => loaded()).toBe(0);
  await page.getByRole('link', { name: 'Logs' }).click();
  await page.getByText('Drop a log file here').waitFor();
  await expect.poll(() => loaded()).toBe(2);
  await close();
});

it('the page and its files hold nothing inline, so that the strict policy can stay', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|https?:/);
});

it('10,000 streams scroll, search and sort, and only those in view are drawn', async () => {
  const { page, complaints, close } = await open(fixture, '#/streams');
  await page.waitForFunction(() => document.querySelector('.virtual')?.getAttribute('aria-rowcount') === '10000');
  const most = await watchRows(page);
  await page.mouse.move(700, 500);
  for (let i = 0; i < 60; i++) await page.mouse.wheel(0, i % 12 === 0 ? 40_000 : 900);
  await page.waitForFunction(() => document.querySelector('.virtual')!.scrollTop > 100_000);
  await page.waitForSelector('.virtual-row');
  await page.locator('#search').pressSequentially('berlin host-1');
  await page.waitForFunction(() => Number(document.querySelector('.virtual')?.getAttribute('aria-rowcount')) < 5000);
  await page.locator('#search').fill('');
  await page.getByRole('button', { name: 'Key', exact: true }).click();
  await page.waitForFunction(() => document.querySelector('.virtual')?.getAttribute('aria-rowcount') === '10000');
  const drawn = await most();
  expect(drawn).toBeGreaterThan(0);
  expect(drawn).toBeLessThan(ROWS_LIMIT);
  expect(complaints).toEqual([]);
  await close();
});

it('12,000 templates scroll, search and sort, only those in view are drawn, and sessions come a page at a time', async () => {
  const { page, complaints, close } = await open(fixture, '#/logs/pipeline/hdfs?tab=templates');
  const rows = (n: number) => page.waitForFunction((most) => document.querySelector('.virtual')?.getAttribute('aria-rowcount') === String(most), n);
  await rows(12_000);
  const most = await watchRows(page);
  await page.mouse.move(700, 500);
  for (let i = 0; i < 40; i++) await page.mouse.wheel(0, i % 12 === 0 ? 40_000 : 900);
  await page.locator('#search').pressSequentially('worker-77 verification');
  await page.waitForFunction(() => Number(document.querySelector('.virtual')?.getAttribute('aria-rowcount')) < 50);
  await page.locator('#search').fill('');
  await page.getByLabel('Sort').selectOption({ label: 'First seen last' });
  await rows(12_000);
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await rows(200);
  for (const n of [400, 600, 800]) {
    await page.locator('.virtual').evaluate((list) => (list.scrollTop = list.scrollHeight));
    await rows(n);
  }
  const drawn = await most();
  expect(drawn).toBeGreaterThan(0);
  expect(drawn).toBeLessThan(ROWS_LIMIT);
  expect(complaints).toEqual([]);
  await close();
});
