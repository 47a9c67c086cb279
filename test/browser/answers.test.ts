/** Answers on the page: what it would have changed is shown before anything is said, by mouse and by keys, and it is taken back there. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { expectNoOverflow, needBrowser, open, PHONE, startBrowser, stopBrowser } from './browser.ts';
import { startFixture, type Fixture } from './fixture-server.ts';

const STREAM = `#/stream/response-times/${encodeURIComponent('checkout/response-time')}`;
const fixtures: Fixture[] = [];
async function start(): Promise<Fixture> {
  const fixture = await startFixture({ series: 20 });
  fixtures.push(fixture);
  return fixture;
}

beforeAll(startBrowser);
afterAll(stopBrowser);
beforeEach(needBrowser);
afterEach(async () => {
  await Promise.all(fixtures.splice(0).map((fixture) => fixture.stop()));
});

const given = ({ posted }: Fixture) => posted.filter(({ path }) => path === '/api/v1/answers').map(({ body }) => body);

it('says of an incident that it was a false alarm, after it has shown what that changes', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, '#/incidents/incident-0', { viewport: PHONE });
  await page.getByRole('button', { name: 'False alarm' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The limit lies 1.36 times as far.').waitFor();
  await dialog.getByText(/^9 → 5$/).waitFor();
  await expectNoOverflow(page);
  const table = dialog.getByRole('region');
  await expect.poll(() => table.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  expect(fixture.posted).toEqual([{ path: '/api/v1/answers/preview', body: { says: 'false-alarm', when: 'always', incident: 'incident-0' } }]);
  await dialog.getByLabel('Counts').selectOption({ label: 'Near this hour of the day (UTC)' });
  await dialog.getByText(/^9 → 8$/).waitFor();
  await expect.poll(() => dialog.locator('tbody tr').count()).toBe(1);
  await dialog.getByText('It is not enough').waitFor();
  await dialog.getByLabel('Comment').fill('nightly backup');
  await dialog.getByRole('button', { name: 'It was a false alarm' }).click();
  await page.getByText('nightly backup').waitFor();
  expect(given(fixture)).toEqual([{ says: 'false-alarm', when: 'hour-of-day', incident: 'incident-0', comment: 'nightly backup' }]);
  await page.getByRole('button', { name: /^Take back the answer of local/ }).click();
  await page.getByText('nightly backup').waitFor({ state: 'detached' });
  expect(fixture.posted.at(-1)?.path).toBe('/api/v1/answers/answer-0');
  expect(complaints).toEqual([]);
  await close();
});

it('says of a verdict that it was missed, by keys alone', async () => {
  const fixture = await start();
  const { page, complaints, close } = await open(fixture, STREAM, { viewport: PHONE });
  const button = page.getByRole('button', { name: /^Missed at / }).first();
  await button.waitFor();
  await page.locator('.live-button').focus();
  // Not live any more, so that the rows stay.
  await page.keyboard.press('ArrowLeft');
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('The limit lies 0.82 times as far.').waitFor();
  await expectNoOverflow(page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(given(fixture)).toEqual([]);
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByText('The limit lies 0.82 times as far.').waitFor();
  for (let i = 0; i < 10 && (await page.evaluate(() => document.activeElement?.textContent)) !== 'It was missed'; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Answers in force').waitFor();
  const [{ from, to, ...answer }] = given(fixture) as { from: string; to: string }[];
  expect(answer).toEqual({ says: 'missed', when: 'always', pipeline: 'response-times', series: 'checkout/response-time', comment: '' });
  expect([Number(to) - Number(from), Number.isFinite(Number(from))]).toEqual([0, true]);
  expect(complaints).toEqual([]);
  await close();
});

it('answers all that is in view, and takes no answer while it is not known what it would change', async () => {
  const fixture = await start();
  const { page, close } = await open(fixture, STREAM);
  await page.route('**/answers/preview', (route) =>
    route.fulfill({
      status: 400,
      contentType: 'application/problem+json',
      body: JSON.stringify({ detail: 'nothing was anomalous there', code: 'REQUEST_INVALID' }),
    }),
  );
  await page.getByRole('button', { name: 'False alarm', exact: true }).first().click();
  await page.getByRole('dialog').getByText('nothing was anomalous there').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'It was a false alarm' }).isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  await page.unroute('**/answers/preview');
  await page.getByRole('button', { name: 'False alarm', exact: true }).first().click();
  await page.getByRole('button', { name: 'It was a false alarm' }).click();
  await page.getByText('Answers in force').waitFor();
  const [{ from, to }] = given(fixture) as { from: string; to: string }[];
  expect(Number(to) - Number(from)).toBeGreaterThanOrEqual(299_000);
  await close();
});
