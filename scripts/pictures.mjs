/** Takes the pictures of the guides: runs from dist/ the commands of docs/guides that write one with --svg, just as they stand there, and keeps the pictures in docs/images. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { at, shown } from './lib/project.mjs';

const MOST_BYTES = 60_000;

/** Blocks of commands that write a picture or the stream for one, of one page. */
function blocksOf(text) {
  return Array.from(text.matchAll(/<!-- run -->\n+```sh\n(.*?)\n```/gs), ([, code]) => code).filter((code) => /--svg|--example/.test(code));
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

const { folder, env } = workshop();
try {
  mkdirSync(at('docs', 'images'), { recursive: true });
  for (const page of readdirSync(at('docs', 'guides'))) {
    for (const code of blocksOf(readFileSync(at('docs', 'guides', page), 'utf8'))) {
      execFileSync('sh', ['-e', '-c', code], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    }
  }
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.svg'))) keep(folder, name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
