#!/usr/bin/env node
/**
 * Takes the pictures of the README from the running example: node screenshots.mjs HOMEOSTAT_URL FLOOR_URL. Waits until machines of both kinds are to be seen:
 * with an incident, and as usual.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as driver } from 'playwright-core';
import { chromium } from '../../scripts/lib/chromium.mjs';
import { at, shown } from '../../scripts/lib/project.mjs';

const [homeostat, floor] = process.argv.slice(2);
if (floor === undefined) {
  console.error('node examples/iot-factory/screenshots.mjs HOMEOSTAT_URL FLOOR_URL');
  process.exit(2);
}

const VIEW = { width: 1440, height: 900 };
const views = [
  { file: 'iot-factory.png', url: floor, shows: '.tile.red' },
  { file: 'iot-factory-overview.png', url: homeostat, shows: 'main' },
];
const patience = 300_000;

async function untilMixed() {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(1000)) {
    const { tiles } = await (await fetch(`${floor}/tiles`)).json();
    const count = (state) => tiles.filter((tile) => tile.state === state).length;
    if (count('red') >= 2 && count('amber') >= 1 && count('green') >= 5) return;
  }
  throw new Error(`not within ${patience / 1000} s: two machines with an incident, one to look at, five as usual`);
}

const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
try {
  const pages = [];
  for (const { url, shows } of views) {
    const page = await browser.newPage({ viewport: VIEW, colorScheme: 'light' });
    await page.goto(url);
    await page.waitForSelector(shows, { timeout: patience });
    pages.push(page);
  }
  await untilMixed();
  await sleep(1200);
  for (const [i, page] of pages.entries()) {
    const path = at('docs', 'images', views[i].file);
    await page.screenshot({ path });
    console.log(`Wrote ${shown(path)}`);
  }
} finally {
  await browser.close();
}
