/** Takes the pictures of the examples: `node scripts/example-pictures.mjs NAME…` runs each example, waits for what its picture shows, and keeps it in docs/images. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium as driver } from 'playwright-core';
import { chromium } from './lib/chromium.mjs';
import { at, shown } from './lib/project.mjs';

/** `args` of its `run`; `ready` answers something true once the server shows what the picture is to show; `route` is behind the `#`, made of that answer. */
const pictures = {
  'response-time-redis': {
    args: ['ema', '--seed', '7', '--no-picture'],
    route: '/stream/response-times/checkout',
    shows: 'canvas',
    ready: async (get) => {
      const { items } = await get('incidents?pipeline=response-times');
      return items.length > 4 && items.some(({ state }) => state === 'Alerting');
    },
  },
  'cloud-infrastructure': {
    args: ['--past', '150', '--speed', '300'],
    route: (incident) => `/incidents/${incident.id}`,
    shows: '.incident canvas',
    ready: async (get) => {
      const { lagMs } = await get('pipelines/hosts');
      const { items } = await get('incidents?pipeline=hosts');
      return lagMs < 20_000 && items.find(({ state, anomalies }) => state === 'Alerting' && anomalies > 12);
    },
  },
  'hdfs-logs': {
    args: ['--past', '14', '--rate', '3000'],
    route: '/logs/pipeline/hdfs-kafka?tab=scores',
    shows: 'main canvas, main svg.plot, main svg',
    ready: async (get) => (await get('pipelines/hdfs-kafka/logs')).sessionsJudged > 5300,
  },
};
const patience = 360_000;

function start(name, args, data) {
  const child = spawn(at('examples', name, 'run'), [...args, '--port', '0', '--data', data, '--no-build'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-10_000);
      const found = /Open (http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (found) resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { child, address };
}

async function until(ready, get) {
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    const found = await ready(get);
    if (found) return found;
  }
  throw new Error(`not ready for its picture within ${patience / 1000} s`);
}

async function take(name, { args, route, shows, ready }) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-example-'));
  const { child, address } = start(name, args, folder);
  const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
  try {
    const url = await address;
    const found = await until(ready, async (path) => (await fetch(`${url}/api/v1/${path}`)).json());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
    await page.goto(`${url}/#${typeof route === 'string' ? route : route(found)}`);
    await page.waitForSelector(shows, { timeout: 10_000 });
    await wait(1500);
    const path = at('docs', 'images', `${name}.png`);
    await page.screenshot({ path });
    console.log(`Wrote ${shown(path)}`);
  } finally {
    await browser.close();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(pictures);
for (const name of asked) {
  if (pictures[name] === undefined) throw new Error(`no picture of ${name} is known: ${Object.keys(pictures).join(', ')}`);
  await take(name, pictures[name]);
}
