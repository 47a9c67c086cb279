/** The dashboard in Chromium against the running program with 10,000 series: first paint, long tasks, size of the scripts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { inFolder, percentile, startProgram, until } from './support.mjs';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const yaml = `
data: ./data
pipelines:
  many:
    source: { simulate: { scenario: sensors, seed: 1, rate: 10000/s, sensors: { machines: 3334 } } }
    detect: { detector: ema }
    store: anomalies
  one:
    source: { simulate: { scenario: response-time, seed: 1, rate: 10/s } }
    detect: { detector: ema }
`;

async function withPage(work) {
  if (!existsSync(chromium)) throw new Error(`there is no ${chromium}`);
  const { chromium: launcher } = await import('playwright-core');
  return inFolder(async (folder) => {
    const running = await startProgram(folder, yaml);
    const browser = await launcher.launch({ executablePath: chromium, args: flags });
    try {
      await until(async () => (await running.status('many')).series.known >= 10_000, 60_000);
      return await work(running, browser);
    } finally {
      await browser.close();
      await running.stop();
    }
  });
}

function firstPaint() {
  return withPage(async (running, browser) => {
    const paints = [];
    for (let i = 0; i < 5; i++) {
      const page = await browser.newPage();
      await page.goto(`${running.url}/#/streams`);
      await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
      await page.close();
    }
    paints.sort((a, b) => a - b);
    return { figure: `median ${Math.round(percentile(paints, 0.5))} ms, largest ${Math.round(paints.at(-1))} ms of 5` };
  });
}

function longTasks() {
  return withPage(async (running, browser) => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      globalThis.tasks = [];
      new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
        buffered: true,
      });
    });
    await page.goto(`${running.url}/#/streams/one/response_time`);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    const tasks = await page.evaluate(() => globalThis.tasks);
    const over = tasks.filter((duration) => duration > 100);
    return { figure: `${over.length} over 100 ms, ${tasks.length} over 50 ms, longest ${Math.round(Math.max(0, ...tasks))} ms` };
  });
}

/** What a browser loads before the first page is there; pages that are loaded when they are opened come besides. */
async function size() {
  const dist = new URL('../dist/web/', import.meta.url);
  const all = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'));
  const page = readFileSync(new URL('index.html', dist), 'utf8');
  const kilobytes = (names) => (names.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(`assets/${name}`, dist))).length, 0) / 1024).toFixed(1);
  return { figure: `${kilobytes(all.filter((name) => page.includes(name)))} KB before the first page, ${kilobytes(all)} KB in all` };
}

export const benchmarks = [
  { id: 'dashboard-paint', what: 'first contentful paint, 10,000 series', target: '<= 1 s', run: firstPaint },
  { id: 'dashboard-tasks', what: 'long tasks in 60 s of a live chart while 10,000 series run', target: 'none over 100 ms', run: longTasks },
  { id: 'dashboard-size', what: 'JavaScript of the first load, gzip', target: '<= 60 KB', run: size },
];
