/** Takes the pictures of docs/images: runs the demo from dist/ in a folder of its own, waits until an incident is open, and looks at the dashboard. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium as driver } from 'playwright-core';
import { chromium } from './lib/chromium.mjs';
import { at, shown } from './lib/project.mjs';

/** `page` answers the address behind the `#` for the incident that is open; `shows` is what has to be there before the picture is taken. */
const stream = ({ pipeline, series }) => `/stream/${encodeURIComponent(pipeline)}/${encodeURIComponent(series[0])}`;
const views = [
  { file: 'dashboard.png', page: stream, shows: 'canvas', width: 1440, height: 900, colorScheme: 'light' },
  { file: 'dashboard-dark.png', page: stream, shows: 'canvas', width: 1440, height: 900, colorScheme: 'dark' },
  { file: 'dashboard-narrow.png', page: stream, shows: 'canvas', width: 390, height: 844, colorScheme: 'light' },
  { file: 'overview.png', page: () => '/', shows: 'main', width: 1440, height: 900, colorScheme: 'light' },
  { file: 'incident.png', page: ({ id }) => `/incidents/${id}`, shows: 'main', width: 1440, height: 900, colorScheme: 'light' },
];
/** Incidents of the demo's first stream before the picture: the last one is then open, and the chart has a past. */
const incidentsWanted = 5;
const patience = 360_000;

/** Starts the demo on a free port; answers its address once it says it. */
function startDemo(folder) {
  const child = spawn(process.execPath, [at('dist', 'cli', 'main.js'), 'demo', '--port', '0', '--data', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const address = new Promise((resolve, reject) => {
    let output = '';
    const look = (chunk) => {
      output += chunk;
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  return { child, address };
}

async function openIncident(address) {
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    const answer = await fetch(`${address}/api/v1/incidents?pipeline=response-time`);
    if (!answer.ok) continue;
    const { items } = await answer.json();
    const open = items.find(({ state }) => state === 'Alerting');
    if (open !== undefined && items.length >= incidentsWanted) return open;
  }
  throw new Error(`no incident was open within ${patience / 1000} s`);
}

/** Opens all views at once, so that they show the same moment. */
async function takePictures(address, incident) {
  mkdirSync(at('docs', 'images'), { recursive: true });
  const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
  try {
    const pages = [];
    for (const { page: route, shows, width, height, colorScheme } of views) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(`${address}/#${route(incident)}`);
      await page.waitForSelector(shows, { timeout: 10_000 });
      pages.push(page);
    }
    await wait(1000);
    for (const [i, page] of pages.entries()) {
      const path = at('docs', 'images', views[i].file);
      await page.screenshot({ path });
      console.log(`Wrote ${shown(path)}`);
    }
  } finally {
    await browser.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'homeostat-screenshot-'));
const { child, address } = startDemo(folder);
try {
  const url = await address;
  await takePictures(url, await openIncident(url));
} finally {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  rmSync(folder, { recursive: true, force: true });
}
