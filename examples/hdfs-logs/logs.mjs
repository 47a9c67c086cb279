#!/usr/bin/env node
/**
 * Writes the log of a made file system as it comes: each line into a Kafka topic (its block as the key) and to the end of a file. The lines are those of
 * `homeostat logs example`, moved in time so that they begin `--past` hours ago; they go at `--rate` until they have caught up with the clock, then in
 * their own time. Which blocks go wrong is in the truth file from the beginning.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, createReadStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { homeostat } from '../shared/example.mjs';
import { sender } from '../shared/kafka.mjs';

const { values: given } = parseArgs({
  options: {
    folder: { type: 'string', default: 'data' },
    topic: { type: 'string', default: 'hdfs-logs' },
    lines: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    past: { type: 'string', default: '12' },
    rate: { type: 'string', default: '1500' },
    drift: { type: 'string', default: '4h' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log(`node logs.mjs [--folder data] [--topic hdfs-logs] [--lines 200000] [--seed 1] [--past 12] [--rate 1500] [--drift 4h]
  The folder gets hdfs.log, and truth.csv with the blocks that go wrong; hours of the past, lines a second while it catches up, and how often a release of
  the software changes the log. KAFKA_BROKERS names the brokers; when it is "none" only the file is written.`);
  process.exit(0);
}

const number = (name, least, most) => {
  const value = Number(given[name]);
  if (value >= least && value <= most) return value;
  console.error(`logs: --${name} ${given[name]}: a number from ${least} to ${most} is needed`);
  process.exit(2);
};
const rate = number('rate', 1, 1_000_000);
const past = number('past', 0, 10_000) * 3_600_000;
const lines = Math.floor(number('lines', 1, 1e9));
/** In containers the program is that of the image. */
const program = process.env.HOMEOSTAT_PROGRAM || homeostat;
const { folder } = given;
const made = join(folder, 'made.log');
const truth = join(folder, 'truth.csv');
const target = join(folder, 'hdfs.log');

/** Time in front of a line: 2024-01-01 00:00:14,169. */
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3})/;
const timeOf = (line) => {
  const [, day, clock, ms] = STAMP.exec(line);
  return Date.parse(`${day}T${clock}.${ms}Z`);
};
const moved = (line, by) => new Date(timeOf(line) + by).toISOString().replace('T', ' ').replace('.', ',').slice(0, 23) + line.slice(23);

async function make() {
  mkdirSync(folder, { recursive: true });
  const args = [program, 'logs', 'example', '--lines', String(lines), '--seed', given.seed, '--drift', given.drift, '--truth', truth];
  rmSync(made, { force: true });
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (chunk) => appendFileSync(made, chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`homeostat logs example ended with ${code}`);
}

/** Moves the times of the truth as those of the lines. */
function moveTruth(by) {
  const [head, ...rows] = readFileSync(truth, 'utf8').trimEnd().split('\n');
  const shifted = rows.map((row) => {
    const [session, time, kind] = row.split(',');
    return [session, new Date(Date.parse(time) + by).toISOString(), kind].join(',');
  });
  writeFileSync(truth, `${[head, ...shifted].join('\n')}\n`);
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let ended = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (ended = true));

async function write(to, by) {
  let waiting = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    appendFileSync(target, waiting.map((line) => `${line}\n`).join(''));
    await to?.send(waiting.map((line) => ({ key: /blk_-?\d+/.exec(line)?.[0] ?? '', value: line })));
    waiting = [];
  };
  const began = Date.now();
  let n = 0;
  let caughtUp = false;
  for await (const line of createInterface({ input: createReadStream(made) })) {
    const time = timeOf(line) + by;
    // While it is behind the rate holds it back, and then the clock.
    for (const due = Math.max(began + (n / rate) * 1000, time); !ended && Date.now() < due;) {
      await flush();
      if (!caughtUp && time > Date.now()) console.log('caught up with the clock');
      caughtUp ||= time > Date.now();
      await wait(Math.min(100, due - Date.now()));
    }
    if (ended) break;
    waiting.push(moved(line, by));
    n++;
    if (waiting.length >= 2000) await flush();
  }
  await flush();
  console.log(`${n} lines`);
}

await make();
const first = await new Promise((resolve) => createInterface({ input: createReadStream(made) }).once('line', resolve));
const by = Math.round(Date.now() - past - timeOf(first));
moveTruth(by);
const to = process.env.KAFKA_BROKERS === 'none' ? undefined : await sender(given.topic, { partitions: 2 });
writeFileSync(target, '');
console.log(`${lines} lines from ${new Date(timeOf(first) + by).toISOString()} on, seed ${given.seed}; blocks that go wrong are in ${truth}`);
await write(to, by);
await to?.close();
