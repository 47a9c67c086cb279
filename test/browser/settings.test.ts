/** Page Settings against the built program: the change is shown before it is made, made, kept, and taken back; who may not, and what is in the way, is said. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startServer, type Server } from '../support/program.ts';
import { expectNoOverflow, needBrowser, open, startBrowser, stopBrowser, WIDE } from './browser.ts';

const NARROW = { width: 390, height: 844 };
const FILE = `data: ./data
server: { tokens: [ { name: ann, role: operator, token: operator-token-0123456789 }, { name: vera, role: viewer, token: viewer-token-0123456789 } ] }
pipelines:
  response-times:
    source: { simulate: { scenario: response-time, rate: 50/s, seed: 7 } }
    detect:
      detector: { ema: { span: 20 } }  # smooth
      threshold: { sigma: { k: 3 } }
    incident: { open: 3 of 5, resolve_after: 30s }
  lines:
    source: { simulate: { scenario: hdfs, rate: 20/s } }
    parse: {}
`;
const HASH = '#/settings/response-times';
let folder: string;
let server: Server;
const file = (): string => readFileSync(join(folder, 'homeostat.yaml'), 'utf8');

beforeAll(async () => {
  await startBrowser();
  folder = mkdtempSync(join(tmpdir(), 'homeostat-page-settings-'));
  writeFileSync(join(folder, 'homeostat.yaml'), FILE);
  server = await startServer(['run', 'homeostat.yaml'], folder);
});
afterAll(async () => {
  await stopBrowser();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(needBrowser);

async function signIn(page: Page, token: string): Promise<void> {
  await page.locator('input[type=password]').fill(token);
  await page.keyboard.press('Enter');
}

it.each([
  ['wide, light', { viewport: WIDE, colorScheme: 'light' }],
  ['narrow, dark', { viewport: NARROW, colorScheme: 'dark', hasTouch: true }],
] as const)('%s: a change is shown as a diff, made, kept in the file, and taken back in one click', async (look, options) => {
  const { page, complaints, close } = await open({ url: `${server.address}/` }, '#/', options);
  await signIn(page, 'operator-token-0123456789');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Pipeline').selectOption('response-times');
  await page.getByText('Change something').waitFor();
  await page.getByLabel('Detector', { exact: true }).selectOption('robust');
  await page.getByText('Single values and shifts far from the middle').waitFor();
  await page.getByLabel('window').fill('2');
  await page.getByText(/homeostat\.yaml:7:\d+: pipelines\.response-times\.detect\.detector\.robust\.window is 2, less than the least, 3/).waitFor();
  const apply = page.getByRole('button', { name: 'Apply' });
  await expect.poll(() => apply.isDisabled()).toBe(true);
  await page.getByLabel('window').fill('60');
  await page.getByLabel('What opens an incident').selectOption({ label: 'when a series stays anomalous for a time' });
  await page.locator('.settings-preview .diff .add', { hasText: 'robust: { window: 60 }' }).waitFor();
  await page.locator('.settings-preview .diff .add', { hasText: 'incident: { open: { for: 30s }, resolve_after: 30s }' }).waitFor();
  await page.getByText('Every series of the pipeline warms up again').waitFor();
  await expectNoOverflow(page);
  expect(file()).toBe(FILE);
  await page.screenshot({ path: join(tmpdir(), `homeostat-settings-${look.split(',')[0]}.png`) });
  await page.getByRole('button', { name: 'Try on what is stored' }).click();
  await page.getByText('with the change').waitFor();
  await expect
    .poll(() => page.locator('.settings-trial tbody tr').allTextContents())
    .toEqual([expect.stringContaining('ema now'), expect.stringContaining('robust with the change')]);
  await apply.click();
  await page.getByText(/Applied and kept in the file. In force since checkpoint \d+/).waitFor();
  const changed = FILE.replace('{ ema: { span: 20 } }', '{ robust: { window: 60 } }').replace('3 of 5', '{ for: 30s }');
  expect(file()).toBe(changed);
  const newest = page.locator('.settings-revision').first();
  await newest.getByText(/^detect\.detector: .*→ \{ robust/).waitFor();
  await expect.poll(() => newest.textContent()).toContain('ann');
  await newest.locator('summary').click();
  await newest.locator('.diff .del', { hasText: 'ema: { span: 20 }' }).waitFor();
  await expectNoOverflow(page);
  await page.getByRole('button', { name: 'Undo last change' }).click();
  await page.getByText('The last change is taken back.').waitFor();
  expect(file()).toBe(FILE);
  await page.getByRole('button', { name: 'Redo' }).click();
  await page.getByText('The change is made again.').waitFor();
  expect(file()).toBe(changed);
  await page.getByRole('button', { name: 'Undo last change' }).click();
  await expect.poll(file).toBe(FILE);
  expect(complaints).toEqual([]);
  await close();
});

it('is used by keys alone', async () => {
  const { page, complaints, close } = await open({ url: `${server.address}/` }, HASH);
  await signIn(page, 'operator-token-0123456789');
  const span = page.getByLabel('span');
  await span.waitFor();
  for (let i = 0; i < 40 && !(await span.evaluate((field) => field === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('45');
  await page.locator('.settings-preview .diff .add', { hasText: 'span: 45' }).waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(file).toContain('span: 45');
  const undo = page.getByRole('button', { name: 'Undo last change' });
  await expect.poll(() => undo.isEnabled()).toBe(true);
  await undo.focus();
  await page.keyboard.press('Enter');
  await expect.poll(file).toBe(FILE);
  expect(complaints).toEqual([]);
  await close();
});

it('says that the file was changed meanwhile, keeps what was entered, and makes the change on the file as it is', async () => {
  const { page, close } = await open({ url: `${server.address}/` }, HASH);
  await signIn(page, 'operator-token-0123456789');
  await page.getByLabel('span').fill('33');
  await page.locator('.settings-preview .diff .add', { hasText: 'span: 33' }).waitFor();
  writeFileSync(join(folder, 'homeostat.yaml'), FILE.replace('# smooth', '# smoother'));
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('alert').getByText('is another one than the one that was looked at').waitFor();
  expect(file()).toBe(FILE.replace('# smooth', '# smoother'));
  await page.locator('.settings-preview .diff .add', { hasText: 'span: 33 } }  # smoother' }).waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect.poll(file).toBe(FILE.replace('# smooth', '# smoother').replace('span: 20', 'span: 33'));
  await page.getByRole('button', { name: 'Undo last change' }).click();
  await expect.poll(file).toBe(FILE.replace('# smooth', '# smoother'));
  writeFileSync(join(folder, 'homeostat.yaml'), FILE.replace('k: 3', 'k: 5'));
  await page.reload();
  await page.getByText('was changed by hand, and this process has not read it since').waitFor();
  await expect.poll(() => page.getByLabel('span').isDisabled()).toBe(true);
  writeFileSync(join(folder, 'homeostat.yaml'), FILE);
  await close();
});

it('is shown to a viewer, who may not change anything, and of logs offers the judge', async () => {
  const { page, complaints, close } = await open({ url: `${server.address}/` }, '#/settings/lines');
  await signIn(page, 'viewer-token-0123456789');
  await page.getByText('You may look at settings').waitFor();
  await expect.poll(() => page.getByLabel('Judge', { exact: true }).isDisabled()).toBe(true);
  await expect.poll(() => page.getByRole('button', { name: 'Undo last change' }).isDisabled()).toBe(true);
  await page.goto(`${server.address}/#/settings/nothing`);
  await page.getByText('There is no pipeline “nothing”').waitFor();
  expect(complaints).toEqual([]);
  await close();
});
