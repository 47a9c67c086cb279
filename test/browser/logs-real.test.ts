/** Page Logs against the built program: a file goes up over a broken connection, is read, and its results are looked at and answered. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startServer, type Server } from '../support/program.ts';
import { expectNoOverflow, needBrowser, open, startBrowser, stopBrowser } from './browser.ts';

const BLOCKS = 3000;
const ODD = 'blk_1499990';
let folder: string;
let server: Server;

/** Blocks of a file system, six lines each, the lines of five blocks in turn; one block ends with an error that nothing else has. */
function log(): string {
  const lines: string[] = [];
  const start = Date.UTC(2026, 0, 5);
  for (let b = 0; b < BLOCKS; b += 5) {
    for (let i = 0; i < 6; i++) {
      for (let k = b; k < b + 5; k++) {
        const id = `blk_${k * 1000 + 490}`.replace('blk_2499490', ODD);
        const time = new Date(start + lines.length * 250).toISOString().replace('T', ' ').slice(0, 23);
        const texts = [
          `INFO dfs.FSNamesystem: BLOCK* allocateBlock: /user/root/part-${k}. ${id}`,
          `INFO dfs.DataNode: Receiving block ${id} src: /10.0.${k % 200}.1:5000 dest: /10.0.${k % 200}.1:50010`,
          `INFO dfs.DataNode: Receiving block ${id} src: /10.0.${k % 200}.2:5000 dest: /10.0.${k % 200}.2:50010`,
          `INFO dfs.PacketResponder: PacketResponder 0 for block ${id} terminating`,
          id === ODD
            ? `ERROR dfs.DataNode: writeBlock ${id} received exception java.io.IOException: Connection reset by peer`
            : `INFO dfs.PacketResponder: PacketResponder 1 for block ${id} terminating`,
          `INFO dfs.FSNamesystem: addStoredBlock: 10.0.0.1:50010 is added to ${id} size ${k * 64}`,
        ];
        lines.push(`${time} ${texts[i]}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  await startBrowser();
  folder = mkdtempSync(join(tmpdir(), 'homeostat-page-logs-'));
  writeFileSync(join(folder, 'app.log'), log());
  writeFileSync(join(folder, 'none.csv'), 'time,value\n');
  writeFileSync(join(folder, 'homeostat.yaml'), 'data: ./data\npipelines: { p: { source: { file: { path: none.csv, follow: true } } } }\n');
  server = await startServer(['run', 'homeostat.yaml'], folder);
});
afterAll(async () => {
  await stopBrowser();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(needBrowser);

it('a file goes up over a broken connection, and its results are found, looked at and answered', async () => {
  const { page, complaints, close } = await open({ url: `${server.address}/` }, '#/logs');
  let broken = 0;
  // The second part is lost on its way, twice.
  await page.route('**/content', (route) => {
    const { 'upload-offset': offset = '0' } = route.request().headers();
    return route.request().method() === 'PATCH' && offset !== '0' && broken++ < 2 ? route.abort() : route.continue();
  });
  await page.locator('.drop-zone input[type=file]').setInputFiles(join(folder, 'app.log'));
  await page.getByText(/it goes on at \d+%/).waitFor();
  await page.locator('.job[data-state="done"]').getByRole('link', { name: 'app.log' }).click();
  expect(broken).toBeGreaterThanOrEqual(2);

  await page.getByText('18,000').first().waitFor();
  await page.getByText('Sessions, by an identifier in the line').waitFor();
  await page.getByRole('link', { name: 'Templates', exact: true }).click();
  await page.locator('.template-row', { hasText: 'Receiving block <*> src: <*> dest: <*>' }).getByText('6,000').waitFor();

  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search sessions' }).fill(ODD);
  await page.locator('.session-row', { hasText: ODD }).click();
  await page.getByText('Why it is odd').waitFor();
  await page.locator('.log-line.highlighted', { hasText: 'Connection reset by peer' }).waitFor();
  await page.locator('tr.differs').first().waitFor();

  await page.getByRole('button', { name: 'This is anomalous' }).click();
  await page.getByText('every session of this pattern is flagged at once').waitFor();
  await page.getByLabel('Reason').fill('the disk of a node broke');
  await page.getByRole('button', { name: 'It is anomalous' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Sessions of app.log' }).click();
  await page.getByRole('link', { name: 'Answers' }).click();
  await page.getByText('the disk of a node broke').waitFor();
  await page.getByRole('link', { name: 'Scores' }).click();
  await page.locator('.plot-limit.dynamic').first().waitFor({ state: 'attached' });
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoOverflow(page);
  expect(complaints).toEqual([]);
  await close();
});
