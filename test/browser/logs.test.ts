/** Page Logs: a file is uploaded whatever breaks, its results are read, and people say what they know. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectNoOverflow, needBrowser, open, startBrowser, stopBrowser, WIDE } from './browser.ts';
import { LOG_PIPELINE } from './fixture-logs.ts';
import { startFixture, type Fixture, type FixtureOptions } from './fixture-server.ts';

const NARROW = { width: 390, height: 844 };
const LIVE = `#/logs/pipeline/${LOG_PIPELINE}`;
/** More than one slice. */
const LARGE = 8 * 2 ** 20;
let started: Fixture[] = [];

async function start(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await startFixture({ series: 10, logs: { templates: 40, sessions: 2000 }, ...options });
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

/** Lines of a log, at least `bytes` of them, no slice like another. */
function lines(bytes: number): Buffer {
  const text: string[] = [];
  for (let i = 0, size = 0; size < bytes; i++) {
    text.push(`081109 203615 ${i} INFO dfs.DataNode$PacketResponder: PacketResponder ${i % 3} for block blk_${i * 7919} terminating\n`);
    size += text.at(-1)!.length;
  }
  return Buffer.from(text.join(''));
}

function fileOf(name: string, content: Buffer): string {
  const path = join(tmpdir(), `homeostat-${process.pid}-${name}`);
  writeFileSync(path, content);
  return path;
}

const choose = (page: Page, path: string): Promise<void> => page.locator('.drop-zone input[type=file]').setInputFiles(path);
const job = (page: Page, state: string) => page.locator(`.job[data-state="${state}"]`);

describe.each([
  ['wide, light', { viewport: WIDE, colorScheme: 'light' }],
  ['narrow, dark', { viewport: NARROW, colorScheme: 'dark', hasTouch: true }],
] as const)('%s', (_look, options) => {
  it.each([
    ['', '.plot svg .plot-bars'],
    ['?tab=templates', '.template-row .sparkline'],
    ['?tab=sessions', '.virtual-row .session-row'],
    ['?tab=scores', '.plot-bars.bad'],
    ['?tab=models', '.plot-body .plot-loss.validation'],
    ['?tab=answers', '.empty'],
    ['/session/blk_1', '.log-line.highlighted'],
  ])('%s: shown without an error, a foreign request, a broken policy or sideways scrolling', async (tab, shows) => {
    const { page, complaints, failedLoads, close } = await open(await start(), LIVE + tab, options);
    await page.locator(shows).first().waitFor();
    await expectNoOverflow(page);
    expect([...complaints, ...failedLoads]).toEqual([]);
    await close();
  });

  it('says what to do next when nothing was uploaded', async () => {
    const { page, complaints, close } = await open(await start(), '#/logs', options);
    await page.getByText('Drop a log file here').waitFor();
    await page.getByRole('link', { name: `Look at ${LOG_PIPELINE}` }).click();
    await page.getByRole('heading', { name: LOG_PIPELINE }).waitFor();
    await expectNoOverflow(page);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each(['#/logs', '#/logs/job/job-0', LIVE, `${LIVE}?tab=templates`, `${LIVE}?tab=sessions`, `${LIVE}?tab=scores`, `${LIVE}/session/blk_1`])(
    '%s: says what failed, and what to do, when the server answers with an error',
    async (hash) => {
      const { page, complaints, close } = await open(await start({ mode: 'error' }), hash, options);
      await page.getByRole('alert').first().waitFor();
      await expect.poll(() => page.getByRole('alert').first().textContent()).toContain('The engine does not answer');
      await expectNoOverflow(page);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});

describe('an upload', () => {
  it('brings over a file that is dropped, shows its progress, and leads to the results', async () => {
    const fixture = await start();
    const content = lines(LARGE + 400_000);
    const path = fileOf('dropped.log', content);
    const { page, complaints, failedLoads, close } = await open(fixture, '#/logs');
    await page.getByText('Drop a log file here').waitFor();
    await page.getByText('Options').click();
    await page.getByLabel('Session identifier, as a pattern').fill('blk_\\d+');
    // What a browser hands over when a file is dropped.
    const chosen = page.locator('.drop-zone input[type=file]');
    await chosen.evaluate((input: HTMLInputElement) => {
      input.addEventListener(
        'change',
        (event) => {
          event.stopImmediatePropagation();
          const data = new DataTransfer();
          for (const file of input.files!) data.items.add(file);
          for (const type of ['dragover', 'drop'])
            input.closest('.drop-zone')!.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        },
        { capture: true, once: true },
      );
    });
    await chosen.setInputFiles(path);
    await job(page, 'running')
      .getByText(/lines\/s · 168 MiB memory · .* left/)
      .waitFor();
    await job(page, 'done').getByRole('link').click();
    await page.getByText('blk_-?\\d+ stands in 99.8% of the lines').waitFor();
    const [upload] = fixture.logs.uploads;
    expect(upload.session).toBe('blk_\\d+');
    expect(upload.content.equals(content)).toBe(true);
    expect([...complaints, ...failedLoads]).toEqual([]);
    await close();
  });

  it('goes on after its connection broke, from where the server stands', async () => {
    const fixture = await start();
    fixture.logs.cuts = 2;
    const content = lines(2 * LARGE);
    const { page, complaints, close } = await open(fixture, '#/logs');
    await choose(page, fileOf('broken.log', content));
    await job(page, 'done').waitFor();
    expect([fixture.logs.cuts, fixture.logs.uploads[0].content.equals(content)]).toEqual([0, true]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('goes on after the page was loaded anew, once the same file is chosen again; another file is not mistaken for it', async () => {
    const fixture = await start();
    const content = lines(LARGE + 1000);
    const path = fileOf('reload.log', content);
    const { page, complaints, close } = await open(fixture, '#/logs');
    // The first slice arrives; of the second nothing does.
    await page.route('**/content', async (route) => {
      if (route.request().method() === 'PATCH' && fixture.logs.uploads[0]?.content.length > 0) return route.abort();
      return route.continue();
    });
    await choose(page, path);
    await page.getByText(/it goes on at 12%/).waitFor();
    page.on('dialog', (dialog) => void dialog.accept());
    await page.unroute('**/content');
    await page.reload();
    await job(page, 'uploading').getByText('Choose the same file to go on from there').waitFor();
    await job(page, 'uploading')
      .locator('input[type=file]')
      .setInputFiles(fileOf('other.log', Buffer.from('other\n')));
    await job(page, 'uploading').getByText('This is not the file that was begun').waitFor();
    await choose(page, path);
    await job(page, 'done').waitFor();
    expect(fixture.logs.uploads.map(({ content: each }) => each.equals(content))).toEqual([true]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is refused with its reason', async () => {
    const fixture = await start();
    fixture.logs.most = 1000;
    const { page, complaints, close } = await open(fixture, '#/logs');
    await choose(page, fileOf('large.log', lines(5000)));
    const alert = page.getByRole('alert');
    await alert.waitFor();
    await expect.poll(() => alert.textContent()).toMatch(/large\.log.* more than the most, 1000\. Raise server\.logs\.max_upload\./);
    await choose(page, fileOf('empty.log', Buffer.alloc(0)));
    await page.getByText('is empty: there is nothing to read').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('is cancelled, and deleted after a question', async () => {
    const fixture = await start();
    fixture.logs.addJob('ended.log', 5000, { failed: { code: 'DECODE_FAILED', message: 'half a gzip: the rest is missing' } });
    fixture.logs.runs = 60_000;
    const { page, complaints, close } = await open(fixture, '#/logs');
    await choose(page, fileOf('long.log', lines(5000)));
    await page.getByRole('button', { name: /^Cancel .*long\.log/ }).click();
    await job(page, 'cancelled').waitFor();
    await job(page, 'failed').getByText('half a gzip: the rest is missing').waitFor();
    await page.getByRole('button', { name: 'Delete ended.log' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await job(page, 'failed').waitFor({ state: 'detached' });
    expect(fixture.logs.uploads.length).toBe(1);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('results', () => {
  it('`/` asks for the search of the list in view, and filters of sessions stay in the address', async () => {
    const { page, complaints, close } = await open(await start(), `${LIVE}?tab=templates`);
    const rows = (n: number) => page.waitForFunction((most) => document.querySelector('.virtual')?.getAttribute('aria-rowcount') === String(most), n);
    await rows(40);
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
    await page.keyboard.type('verification');
    await rows(4);
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await rows(59);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('button', { name: 'Score', exact: true }).click();
    await rows(200);
    await expect.poll(() => new URL(page.url()).hash).toBe(`${LIVE}?tab=sessions&all=1&sort=score`);
    await page.reload();
    await rows(200);
    await expect.poll(() => page.getByRole('button', { name: 'Score', exact: true }).getAttribute('aria-pressed')).toBe('true');
    await page.locator('.session-row').first().click();
    await page.getByRole('link', { name: 'Sessions of this pattern' }).click();
    await page.getByRole('button', { name: 'One pattern' }).click();
    await rows(200);
    expect(complaints).toEqual([]);
    await close();
  });

  it('a template is inspected and edited by keys alone: named, pinned, merged, split', async () => {
    const fixture = await start();
    const { page, complaints, close } = await open(fixture, `${LIVE}?tab=templates`);
    await page.locator('.virtual').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('identifier').first().waitFor();
    await dialog.getByLabel('Name').fill('block received');
    await page.keyboard.press('Enter');
    await page.locator('.template-marks', { hasText: 'block received' }).waitFor();
    await dialog.getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog.getByRole('button', { name: 'Unpin' }).waitFor();
    await dialog.getByText('Split by the value of a word').click();
    await dialog.getByRole('button', { name: 'Word 5: <*>' }).click();
    await dialog.getByRole('button', { name: '/10.251.43.21:50010' }).click();
    await dialog.getByRole('button', { name: 'Split off 1' }).click();
    await dialog.getByText('Merge into another template').click();
    await dialog.getByRole('button', { name: 'Merge into template 11' }).click();
    await dialog.getByText('Template #11').waitFor();
    expect(fixture.logs.edits).toEqual([
      { do: 'name', template: 1, name: 'block received' },
      { do: 'pin', template: 1, pinned: true },
      { do: 'split', template: 1, word: 4, values: ['/10.251.43.21:50010'] },
      { do: 'merge', templates: [1], into: 11 },
    ]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await close();
  });

  it('a session is answered after it was shown what that changes, and the answer is taken back', async () => {
    const fixture = await start();
    const { page, complaints, close } = await open(fixture, `${LIVE}?tab=sessions`);
    await page.locator('.session-row').first().click();
    await page.getByText('Why it is odd').waitFor();
    await expect.poll(() => page.locator('tr.differs').count()).toBe(3);
    await page.getByLabel('Only highlighted').check();
    await expect.poll(() => page.locator('.log-line').count()).toBe(3);
    await page.getByRole('button', { name: 'This is normal' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('it takes more answers that agree').waitFor();
    expect(fixture.posted.map(({ path }) => path)).toEqual([`/api/v1/pipelines/${LOG_PIPELINE}/logs/answers/preview`]);
    await dialog.getByLabel('Reason').fill('a disk is being replaced');
    await dialog.getByRole('button', { name: 'It is normal' }).click();
    await page.getByText('answered normal').waitFor();
    expect(fixture.posted.at(-1)?.body).toMatchObject({ pattern: 'p0', says: 'normal', reason: 'a disk is being replaced' });
    await page.goto(`${fixture.url}${LIVE}?tab=answers`);
    await page.getByText('a disk is being replaced').waitFor();
    await page.getByRole('button', { name: /^Take back the answer/ }).click();
    await page.getByText('taken back').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('both thresholds stand in the distribution, charts are read out by keys, and figures are there as a table', async () => {
    const { page, complaints, close } = await open(await start(), `${LIVE}?tab=scores`);
    const plot = page.locator('.plot').first();
    await plot.locator('svg[role=img]').focus();
    await page.keyboard.press('Home');
    await plot.locator('.plot-readout', { hasText: /score up to 0\.01292 .*sessions/ }).waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => plot.locator('.plot-body .plot-limit').count()).toBe(2);
    await plot.getByText('As a table').click();
    await expect.poll(() => plot.locator('tbody tr').count()).toBe(36);
    expect(complaints).toEqual([]);
    await close();
  });

  it('downloads templates, sessions and answers', async () => {
    const fixture = await start();
    const { page, close } = await open(fixture, LIVE);
    await page.locator('.all-downloads a').first().waitFor();
    const links = await page.locator('.all-downloads a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links).toEqual(
      ['templates', 'sessions', 'answers'].flatMap((what) =>
        ['csv', 'ndjson'].map((format) => `api/v1/pipelines/${LOG_PIPELINE}/logs/download?what=${what}&format=${format}`),
      ),
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.all-downloads a').first().click()]);
    expect(download.url()).toContain('what=templates');
    await close();
  });

  it('a live pipeline is asked anew at a calm pace, while lines come many times a second', async () => {
    const fixture = await start();
    const { page, close } = await open(fixture, LIVE);
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/logs/scores')) asked++;
    });
    await page.locator('.plot').waitFor();
    const before = asked;
    await page.waitForResponse((response) => response.url().endsWith('/logs/scores'), { timeout: 12_000 });
    await page.waitForTimeout(3000);
    expect(asked - before).toBeLessThanOrEqual(2);
    await close();
  });
});
