/** Opens the dashboard in this machine's Chromium and notes everything that must not happen. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect, type TestContext } from 'vitest';
import { chromium, places } from '../../scripts/lib/chromium.mjs';
import { DIST, type Fixture } from './fixture-server.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };

let browser: Browser | undefined;

/** Starts the browser once. Without one: fails where CI is set, else the tests are `not run` with the reason. */
export async function startBrowser(): Promise<void> {
  const executablePath = chromium();
  if (executablePath === undefined) {
    if (process.env.CI) throw new Error(`no Chromium at ${places.join(', ')}`);
    return;
  }
  if (!existsSync(join(DIST, 'index.html'))) throw new Error('dist/web is missing: run `npm run build` first');
  browser = await playwright.launch({ executablePath, args: FLAGS });
}

export async function stopBrowser(): Promise<void> {
  await browser?.close();
}

/** For beforeEach. */
export function needBrowser(context: TestContext): void {
  if (browser === undefined) context.skip(`no Chromium at ${places.join(', ')} (set CHROMIUM to its path)`);
}

export interface Opened {
  page: Page;
  /** Console errors, exceptions, violations of the policy, requests that leave the server. Failed loads are kept apart in `failedLoads`. */
  complaints: string[];
  failedLoads: string[];
  close(): Promise<void>;
}

export async function open(fixture: Pick<Fixture, 'url'>, hash: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser!.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const failedLoads: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    (message.text().startsWith('Failed to load resource') || message.text().includes('ERR_') ? failedLoads : complaints).push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('request', (request) => {
    if (!request.url().startsWith(fixture.url)) complaints.push(`request to ${request.url()}`);
  });
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)),
  );
  await page.goto(fixture.url + hash);
  return { page, complaints, failedLoads, close: () => context.close() };
}

/** Nothing sticks out at the side. */
export async function expectNoOverflow(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}
