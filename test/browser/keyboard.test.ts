import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { needBrowser, open, startBrowser, stopBrowser } from './browser.ts';
import { startFixture, type Fixture } from './fixture-server.ts';

let fixture: Fixture;

beforeAll(async () => {
  await startBrowser();
  fixture = await startFixture({ series: 10_000 });
});
afterAll(async () => {
  await stopBrowser();
  await fixture.stop();
});
beforeEach(needBrowser);

it('g and a letter go to the pages, ? shows all keys, Esc closes', async () => {
  const { page, complaints, close } = await open(fixture, '#/');
  await page.waitForSelector('h1');
  for (const [key, title] of [
    ['s', 'Streams'],
    ['i', 'Incidents'],
    ['h', 'Health'],
    ['o', 'Overview'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await expect.poll(() => page.title()).toContain(title);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await close();
});

it('/ searches from any page; arrows walk the list; Enter opens the stream', async () => {
  const { page, complaints, close } = await open(fixture, '#/health');
  await page.waitForSelector('h1');
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.id === 'search');
  await page.keyboard.type('host-0042 lat');
  await page.waitForFunction(() => document.querySelectorAll('.virtual-row').length === 1);
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement?.classList.contains('virtual'));
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('.virtual-row[aria-selected="true"]');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'host-0042/latency' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

it('typing a letter into a field is not a shortcut', async () => {
  const { page, close } = await open(fixture, '#/streams');
  await page.locator('#search').fill('');
  await page.locator('#search').pressSequentially('gh?t');
  await expect.poll(() => page.locator('#search').inputValue()).toBe('gh?t');
  expect(page.url()).toContain('#/streams');
  await close();
});

it('End and Home reach the last and the first of ten thousand streams', async () => {
  const { page, close } = await open(fixture, '#/streams?sort=key');
  await page.waitForFunction(() => document.querySelector('.virtual')?.getAttribute('aria-rowcount') === '10000');
  await page.locator('.virtual').focus();
  await page.keyboard.press('End');
  await page.waitForSelector('.virtual-row[aria-rowindex="10000"][aria-selected="true"]');
  await page.keyboard.press('Home');
  await page.waitForSelector('.virtual-row[aria-rowindex="1"][aria-selected="true"]');
  await expect.poll(() => page.locator('.virtual-row').count()).toBeLessThan(60);
  await close();
});

it('the chart pans and zooms by keys, keeps the window in the address, and l goes back to live', async () => {
  const { page, complaints, close } = await open(fixture, `#/stream/response-times/${encodeURIComponent('checkout/response-time')}`);
  await page.waitForSelector('.chart-body[data-points]:not([data-points="0"]) canvas');
  await page.locator('.chart-body').focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => location.hash.includes('from='));
  const width = async (): Promise<number> => {
    const query = new URLSearchParams((await page.evaluate(() => location.hash)).split('?')[1]);
    return Number(query.get('to')) - Number(query.get('from'));
  };
  const before = await width();
  await page.keyboard.press('-');
  await page.waitForFunction((narrow) => {
    const query = new URLSearchParams(location.hash.split('?')[1]);
    return Number(query.get('to')) - Number(query.get('from')) > narrow * 1.9;
  }, before);
  for (let i = 0; i < 6; i++) await page.keyboard.press('-');
  await page.waitForSelector('.chart-body:not([data-resolution="0"])');
  await page.keyboard.press('l');
  await page.waitForSelector('.live-button[aria-pressed="true"]');
  await expect.poll(() => page.evaluate(() => location.hash)).not.toContain('from=');
  expect(complaints).toEqual([]);
  await close();
});

it('every control has a name, and the focus is seen', async () => {
  for (const hash of ['#/', '#/streams', '#/incidents/incident-0', '#/health']) {
    const { page, close } = await open(fixture, hash);
    await page.waitForSelector('h1');
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, a, input, select, textarea')]
        .filter((element) => {
          const labels = (element as HTMLInputElement).labels;
          return !element.getAttribute('aria-label') && !element.textContent?.trim() && !(labels && labels.length > 0);
        })
        .map((element) => element.outerHTML),
    );
    expect(nameless).toEqual([]);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).not.toBe('none');
    await close();
  }
});
