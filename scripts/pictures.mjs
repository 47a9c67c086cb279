/**
 * Takes the pictures of the guides: runs from dist/ the commands of docs/guides that write one with --svg, just as they stand there, and keeps the pictures in docs/images.
 * Of a page written with --html the picture is what a browser shows of it first, where a guide has a picture of that name.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium as driver } from 'playwright-core';
import { chromium } from './lib/chromium.mjs';
import { at, shown } from './lib/project.mjs';

const MOST_BYTES = 60_000;
const VIEW = { width: 1200, height: 1240 };

/** Blocks of commands that write a picture or the stream for one, of one page. */
function blocksOf(text) {
  return Array.from(text.matchAll(/<!-- run -->\n+```sh\n(.*?)\n```/gs), ([, code]) => code).filter((code) =>
    /--svg|--example|logs example|--html logs-/.test(code),
  );
}

/** A folder in which `homeostat` is a command. */
function workshop() {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-pictures-'));
  const command = join(folder, 'homeostat');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${at('dist', 'cli', 'main.js')}" "$@"\n`);
  chmodSync(command, 0o755);
  return { folder, env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, NO_COLOR: '1' } };
}

function keep(folder, name) {
  const { size } = statSync(join(folder, name));
  if (size > MOST_BYTES) throw new Error(`${name} has ${size} bytes, and ${MOST_BYTES} are allowed; draw fewer detectors`);
  const path = at('docs', 'images', name);
  copyFileSync(join(folder, name), path);
  console.log(`Wrote ${shown(path)}, ${size} bytes`);
}

/** A picture of each page that a guide shows one of. */
async function photograph(folder, guides) {
  const pages = readdirSync(folder).filter((file) => file.endsWith('.html') && guides.includes(`../images/${file.replace('.html', '.png')}`));
  if (pages.length === 0) return;
  const browser = await driver.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
  try {
    for (const file of pages) {
      const view = await browser.newPage({ viewport: VIEW, colorScheme: 'light' });
      await view.goto(pathToFileURL(join(folder, file)).href);
      const path = at('docs', 'images', file.replace('.html', '.png'));
      await view.screenshot({ path });
      console.log(`Wrote ${shown(path)}, ${statSync(path).size} bytes`);
    }
  } finally {
    await browser.close();
  }
}

const { folder, env } = workshop();
try {
  mkdirSync(at('docs', 'images'), { recursive: true });
  const guides = readdirSync(at('docs', 'guides')).map((page) => readFileSync(at('docs', 'guides', page), 'utf8'));
  for (const guide of guides) {
    for (const code of blocksOf(guide)) {
      execFileSync('sh', ['-e', '-c', code], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    }
  }
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.svg'))) keep(folder, name);
  await photograph(folder, guides.join('\n'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
