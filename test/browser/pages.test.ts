import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectNoOverflow, needBrowser, open, PHONE, startBrowser, stopBrowser, WIDE } from './browser.ts';
import { startFixture, type Fixture } from './fixture-server.ts';

const STREAM = `#/stream/response-times/${encodeURIComponent('checkout/response-time')}`;
const PAGES: [name: string, hash: string, shows: string][] = [
  ['overview', '#/', 'article.pipeline'],
  ['streams', '#/streams', '.virtual-row'],
  ['one stream', STREAM, '.chart-body[data-points]:not([data-points="0"]) canvas'],
  ['logs', '#/logs', '.drop-zone'],
  ['incidents', '#/incidents', '.incident-row'],
  ['one incident', '#/incidents/incident-0', '.timeline li'],
  ['health', '#/health', 'meter'],
];

let normal: Fixture;
let empty: Fixture;
let quiet: Fixture;
let failing: Fixture;
let locked: Fixture;

beforeAll(async () => {
  await startBrowser();
  [normal, empty, quiet, failing, locked] = await Promise.all([
    startFixture({ series: 10_000 }),
    startFixture({ mode: 'empty' }),
    startFixture({ series: 0 }),
    startFixture({ mode: 'error' }),
    startFixture({ mode: 'token' }),
  ]);
});
afterAll(async () => {
  await stopBrowser();
  await Promise.all([normal, empty, quiet, failing, locked].map((fixture) => fixture.stop()));
});
beforeEach(needBrowser);

describe.each([
  ['wide, light', { viewport: WIDE, colorScheme: 'light' }],
  ['phone, dark', { viewport: PHONE, colorScheme: 'dark', hasTouch: true }],
] as const)('%s', (_look, options) => {
  it.each(PAGES)('%s: shown without an error, a foreign request, a broken policy or sideways scrolling', async (_name, hash, shows) => {
    const { page, complaints, failedLoads, close } = await open(normal, hash, options);
    await page.waitForSelector(shows);
    await expectNoOverflow(page);
    await expect.poll(() => page.locator('h1, h2').count()).toBeGreaterThan(0);
    await expect.poll(() => page.title()).toContain('Homeostat');
    expect([...complaints, ...failedLoads]).toEqual([]);
    await close();
  });

  it('says what to do next when there is no pipeline', async () => {
    const { page, complaints, close } = await open(empty, '#/', options);
    await page.getByText('No pipeline runs yet').waitFor();
    await expect.poll(() => page.locator('pre').allTextContents()).toContainEqual(expect.stringContaining(`curl ${empty.url}api/v1/detect`));
    await expectNoOverflow(page);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows what the detector of a stream found out, and several detectors side by side when asked', async () => {
    normal.posted.length = 0;
    const { page, complaints, failedLoads, close } = await open(normal, STREAM, options);
    await page.getByText('a season of 24 h: expected from the time of day').waitFor();
    const card = page.locator('section', { has: page.locator('#compare-title') });
    await card.getByRole('button', { name: 'Show' }).click();
    await card.getByText('knn').click();
    await card.getByLabel('Only the time in view').check();
    await card.getByRole('button', { name: 'Compare', exact: true }).click();
    await card.locator('svg').waitFor();
    const [{ path, body }] = normal.posted;
    expect(decodeURIComponent(path)).toBe('/api/v1/series/response-times/compare');
    expect(body).toMatchObject({ key: 'checkout/response-time', detectors: ['auto', 'ema', 'robust', 'seasonal', 'knn'] });
    expect(Number(body.from)).toBeLessThan(Number(body.to));
    await expect.poll(() => card.locator('.compare-alert').count()).toBe(8);
    await expect.poll(() => card.locator('tbody tr').last().textContent()).toContain('knn');
    await expectNoOverflow(page);
    expect([...complaints, ...failedLoads]).toEqual([]);
    await close();
  });

  it('gives the command that pushes events when none have come', async () => {
    const { page, complaints, close } = await open(quiet, '#/streams', options);
    await page.getByText('No stream has sent anything yet').waitFor();
    await expect.poll(() => page.locator('pre').first().textContent()).toContain('api/v1/pipelines/hosts/events');
    await expectNoOverflow(page);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each(PAGES)('%s: says what failed, and what to do, when the server answers with an error', async (_name, hash) => {
    const { page, complaints, close } = await open(failing, hash, options);
    await page.getByRole('alert').first().waitFor();
    await expect.poll(() => page.getByRole('alert').first().textContent()).toContain('The engine does not answer');
    await expectNoOverflow(page);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('a visitor', () => {
  it('is told of what is not there without advice for programs', async () => {
    const { page, close } = await open(normal, '#/incidents/nope');
    await page.getByText('The incident cannot be shown').waitFor();
    const alert = page.getByRole('alert').first();
    await expect.poll(() => alert.textContent()).toContain('"nope"');
    expect(await alert.textContent()).not.toContain('Check the name');
    await close();
  });

  it('tells streams apart on a phone: names of 30 characters are not cut', async () => {
    const { page, close } = await open(normal, '#/streams', { viewport: PHONE });
    await page.waitForSelector('.virtual-row .stream-name');
    const cut = await page
      .locator('.virtual-row .stream-name')
      .evaluateAll((cells) =>
        cells
          .filter((cell) => (cell.textContent ?? '').length <= 30 && (cell.scrollWidth > cell.clientWidth || cell.scrollHeight > cell.clientHeight + 1))
          .map((cell) => cell.textContent),
      );
    expect(cut).toEqual([]);
    await close();
  });
});

describe('theme', () => {
  it.each(['light', 'dark'] as const)('follows the system: %s', async (colorScheme) => {
    const { page, close } = await open(normal, '#/', { colorScheme });
    await page.waitForSelector('h1');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(colorScheme);
    await close();
  });

  it('is switched, keeps its choice after a reload, and repaints the chart', async () => {
    const { page, complaints, close } = await open(normal, STREAM, { colorScheme: 'light' });
    await page.waitForSelector('canvas');
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.keyboard.press('t');
    await page.keyboard.press('t');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await expect.poll(() => ground()).not.toBe(light);
    await page.reload();
    await page.waitForSelector('canvas');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('a server that asks for a token', () => {
  it('shows a sign-in form, refuses a wrong token with a reason, and goes on with the right one', async () => {
    const { page, complaints, close } = await open(locked, '#/');
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the one sent is not known').waitFor();
    await page.getByLabel('Token').fill('secret');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForSelector('article.pipeline');
    await page.waitForSelector('[data-connection="live"]');
    expect(complaints).toEqual([]);
    await close();
  });
});
