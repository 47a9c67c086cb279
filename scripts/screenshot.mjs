/** Takes the pictures of docs/images: runs the demo from dist/ in a folder of its own, waits until an incident is open, and looks at the dashboard. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium as driver } from 'playwright-core';
import { chromium } from './lib/chromium.mjs';
import { at, shown } from './lib/project.mjs';

const views = [
  { file: 'dashboard.png', width: 1440, height: 900, colorScheme: 'light' },
  { file: 'dashboard-dark.png', width: 1440, height: 900, colorScheme: 'dark' },
  { file: 'dashboard-narrow.png', width: 390, height: 844, colorScheme: 'light' },
];
const patience = 120_000;

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

async function untilIncidentIsOpen(address) {
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    const answer = await fetch(`${address}/api/v1/incidents?open=true`);
    if (answer.ok && (await answer.json()).items.length > 0) return;
  }
  throw new Error(`no incident opened within ${patience / 1000} s`);
}

async function takePictures(address) {
  mkdirSync(at('docs', 'images'), { recursive: true });
  const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
  try {
    for (const { file, width, height, colorScheme } of views) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(address);
      await page.waitForSelector('canvas', { timeout: 30_000 }).catch(() => console.log(`${file}: the page shows no chart`));
      await wait(1500);
      const path = at('docs', 'images', file);
      await page.screenshot({ path });
      console.log(`Wrote ${shown(path)}`);
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'homeostat-screenshot-'));
const { child, address } = startDemo(folder);
try {
  const at = await address;
  await untilIncidentIsOpen(at);
  await takePictures(at);
} finally {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  rmSync(folder, { recursive: true, force: true });
}
