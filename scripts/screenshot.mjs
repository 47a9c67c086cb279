/** Takes the pictures of docs/images: runs the demo from dist/ in a folder of its own, waits until an incident is open, and looks at the dashboard. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium as driver } from 'playwright-core';
import { chromium } from './lib/chromium.mjs';
import { at, shown } from './lib/project.mjs';

/** `page` answers the address behind the `#` for the incident that is open, and for a job over a log with an odd session of it; `shows` is what has to be there before the picture is taken. */
const stream = ({ pipeline, series }) => `/stream/${encodeURIComponent(pipeline)}/${encodeURIComponent(series[0])}`;
const views = [
  { file: 'dashboard.png', page: stream, shows: 'canvas', width: 1440, height: 900, colorScheme: 'light' },
  { file: 'dashboard-dark.png', page: stream, shows: 'canvas', width: 1440, height: 900, colorScheme: 'dark' },
  { file: 'dashboard-narrow.png', page: stream, shows: 'canvas', width: 390, height: 844, colorScheme: 'light' },
  { file: 'overview.png', page: () => '/', shows: 'main', width: 1440, height: 900, colorScheme: 'light' },
  { file: 'logs.png', page: ({ job }) => `/logs/job/${job}`, shows: '.figures', width: 1440, height: 900, colorScheme: 'light' },
  {
    file: 'logs-session.png',
    page: ({ job, session }) => `/logs/job/${job}/session/${encodeURIComponent(session)}`,
    shows: '.log-line',
    width: 1440,
    height: 900,
    colorScheme: 'light',
  },
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

/** Sends a made log to the demo; answers the job once it is done, and its oddest session. */
async function logJob(address) {
  const jobs = `${address}/api/v1/logs/jobs`;
  const log = execFileSync(process.execPath, [at('dist', 'cli', 'main.js'), 'logs', 'example'], { maxBuffer: 2 ** 26 });
  const made = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ file: 'example.log', size: log.length }) };
  const { id } = await (await fetch(jobs, made)).json();
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
  await fetch(`${jobs}/${id}/content`, { method: 'PATCH', headers, body: log });
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    if ((await (await fetch(`${jobs}/${id}`)).json()).state !== 'done') continue;
    const { sessions } = await (await fetch(`${jobs}/${id}/sessions?anomalous=true&limit=500`)).json();
    return { job: id, session: sessions.toSorted((a, b) => b.score - a.score)[0].session };
  }
  throw new Error(`the log was not read within ${patience / 1000} s`);
}

/** Opens all views at once, so that they show the same moment. */
async function takePictures(address, seen) {
  mkdirSync(at('docs', 'images'), { recursive: true });
  const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
  try {
    const pages = [];
    for (const { page: route, shows, width, height, colorScheme } of views) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(`${address}/#${route(seen)}`);
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
  const job = await logJob(url);
  await takePictures(url, { ...(await openIncident(url)), ...job });
} finally {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  rmSync(folder, { recursive: true, force: true });
}
