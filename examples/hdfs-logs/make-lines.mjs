#!/usr/bin/env node
/** Writes a file of so many log lines, 18 lines a block, two blocks of a hundred wrong: node make-lines.mjs COUNT [FILE]. Streams, so memory stays small. */
import { spawn } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { homeostat } from '../shared/example.mjs';

const [count, file = 'data/hdfs-large.log'] = process.argv.slice(2);
if (!(Number(count) >= 1)) {
  console.error('node make-lines.mjs COUNT [FILE]     COUNT lines into FILE (data/hdfs-large.log), and which blocks are wrong into FILE.truth.csv');
  process.exit(2);
}
const began = performance.now();
const child = spawn(process.execPath, [homeostat, 'logs', 'example', '--lines', String(Number(count)), '--truth', `${file}.truth.csv`], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => child.once('exit', resolve));
await pipeline(child.stdout, createWriteStream(file));
const code = await ended;
if (code !== 0) process.exit(code ?? 1);
const seconds = (performance.now() - began) / 1000;
console.log(`${file}: ${Number(count).toLocaleString('en')} lines, ${Math.round(statSync(file).size / 2 ** 20)} MiB in ${seconds.toFixed(0)} s`);
