#!/usr/bin/env node
/**
 * How much faster two threads detect than one, and two processes that share a topic: fills a topic with a backlog, then lets the pipeline of homeostat.yaml
 * read it from its beginning, in a fresh data folder each time, the ways in turn. Says events a second, the ratio, and whether the verdicts are the same.
 * Beside the clock of the wall it says how much processor time each thread took: what the ratio would be where every thread has a core of its own.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../../scripts/services/ports.mjs';
import { ensureBuilt, homeostat, readEnv, runExample, server } from '../shared/example.mjs';
import { METRICS } from './made-hosts.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    hosts: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    trees: { type: 'string', default: '100' },
    ways: { type: 'string', default: '1 thread,2 threads,2 processes' },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (given.help) {
  console.log(`node load-test.mjs [--events 500000] [--hosts 64] [--rounds 3] [--trees 100] [--ways '1 thread,2 threads,2 processes'] [--no-build]
  KAFKA_BROKERS names a Kafka that is there already; its topic load-test-… is made and stays.`);
  process.exit(0);
}
const perTick = Number(given.hosts) * Object.keys(METRICS).length;
const ticks = Math.ceil(Number(given.events) / perTick);
const events = ticks * perTick;
/** The row of the last tick is still open. */
const rows = (ticks - 1) * Number(given.hosts);
const topic = `load-test-${process.pid}`;
/** What each process of a way is given. */
const WAYS = {
  '1 thread': [{ parallelism: 1 }],
  '2 threads': [{ parallelism: 2 }],
  '2 processes': [
    { parallelism: 1, partitions: '[0, 1]' },
    { parallelism: 1, partitions: '[2, 3]' },
  ],
};
const ways = given.ways.split(',');

/** The pipeline `hosts` of homeostat.yaml, for one process of a way. */
function configuration({ partitions = 'all' }) {
  const [text] = readFileSync(join(here, 'homeostat.yaml'), 'utf8').split('\n  # The machine that all this runs on.');
  const own = text
    .replace("'${KAFKA_TOPIC:-metrics}'", `${topic}\n        partitions: ${partitions}\n        group: ${topic}-${partitions.replace(/\W/g, '')}`)
    .replace(/trees: \d+/, `trees: ${given.trees}`);
  // All hosts fall silent at the end of a backlog, and nobody is to be told of the past.
  return own.replace('incident:', 'order: { idle: 5s }\n    incident:').replace('notify: [{ log: {} }]', 'notify: []');
}

/** Seconds of processor time by thread, in the order in which the threads were made. */
function threadTimes(pid) {
  const ids = readdirSync(`/proc/${pid}/task`)
    .map(Number)
    .sort((a, b) => a - b);
  return ids.map((id) => {
    const text = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}

class Process {
  #child;
  #exited;
  pid;
  url;

  constructor(folder, way, port, env) {
    mkdirSync(folder);
    const file = join(folder, 'homeostat.yaml');
    writeFileSync(file, configuration(way));
    this.url = `http://127.0.0.1:${port}/api/v1`;
    const args = [homeostat, 'run', file, '--port', String(port)];
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, ...env, PARALLELISM: String(way.parallelism) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.pid = this.#child.pid;
  }

  async status() {
    const answer = await fetch(`${this.url}/pipelines/hosts`).catch(() => undefined);
    if (this.#child.exitCode !== null) throw new Error(`Homeostat ended with ${this.#child.exitCode}`);
    return answer?.ok ? answer.json() : undefined;
  }

  /** All its verdicts but those of the open last rows, as texts. */
  async verdicts() {
    const found = [];
    for (let cursor = ''; cursor !== null;) {
      const page = await (await fetch(`${this.url}/verdicts?pipeline=hosts&limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).json();
      // Which partitions are read is part of the configuration, so its hash is another one.
      for (const { config: _config, ...verdict } of page.items) found.push(JSON.stringify(verdict));
      cursor = page.next;
    }
    return found;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sum = (numbers) => numbers.reduce((total, x) => total + x, 0);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** One run over the whole backlog. */
async function measure(way, env) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-load-'));
  const ports = await freePorts(WAYS[way].length);
  const processes = WAYS[way].map((each, p) => new Process(join(folder, String(p)), each, ports[p], env));
  try {
    const read = async (of = 'records') => {
      const all = await Promise.all(processes.map((each) => each.status()));
      return { count: sum(all.map((status) => status?.counts[of] ?? 0)), late: sum(all.map((status) => status?.counts.late ?? 0)) };
    };
    let first = 0;
    while ((first = (await read()).count) === 0) await wait(20);
    const before = processes.map(({ pid }) => threadTimes(pid));
    const began = performance.now();
    while ((await read()).count < events) await wait(50);
    const seconds = (performance.now() - began) / 1000;
    const after = processes.map(({ pid }) => threadTimes(pid));
    const load = loadavg()[0];
    // The last rows wait until it is certain that nothing older comes, and are shown once they are committed.
    while ((await read('verdicts')).count < rows) await wait(200);
    const { late } = await read();
    let verdicts = [];
    for (; verdicts.length < rows; await wait(200)) verdicts = (await Promise.all(processes.map((each) => each.verdicts()))).flat().sort();
    const hash = createHash('sha256').update(verdicts.join('\n')).digest('hex').slice(0, 16);
    const threads = after.map((times, p) => times.map((time, t) => time - (before[p][t] ?? 0)));
    return { perSecond: (events - first) / seconds, share: (events - first) / events, load, late, hash, verdicts: verdicts.length, threads };
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Seconds of processor time that follow one another: that of the engine's thread, and where it waits for threads that detect, that of the slower one; of
 * several processes that of the slower one. The threads are those with the most time beside the first, which serves the page.
 */
function critical(way, { threads, share }) {
  const of = threads.map(([, ...others]) => {
    const working = way === '2 threads' ? 3 : 1;
    const least = others.toSorted((a, b) => b - a)[working - 1];
    const [engine, ...stages] = others.filter((time) => time >= least).slice(0, working);
    return engine + Math.max(0, ...stages);
  });
  return Math.max(...of) / share;
}

async function work({ closing }) {
  readEnv();
  const kafka = await server('kafka', closing, { fullSpeed: true });
  const filling = spawn(process.execPath, [join(here, 'hosts.mjs'), '--backlog', String(events), '--hosts', given.hosts, '--topic', topic], {
    env: { ...process.env, ...kafka },
    stdio: 'inherit',
  });
  if ((await new Promise((resolve) => filling.once('exit', resolve))) !== 0) throw new Error('the topic could not be filled');
  const runs = Object.fromEntries(ways.map((way) => [way, []]));
  for (let round = 0; round < Number(given.rounds); round++) {
    // In turn, and each first once, so that a machine that becomes busier is not held against one of them.
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const run = await measure(way, kafka);
      runs[way].push(run);
      const times = run.threads
        .map((threads) =>
          threads
            .filter((time) => time >= 0.1)
            .map((time) => time.toFixed(1))
            .join(' '),
        )
        .join(' | ');
      console.log(
        `${way.padEnd(11)} ${Math.round(run.perSecond).toLocaleString('en').padStart(9)} events/s   processor seconds by thread ${times}   load ${run.load.toFixed(1)}   ` +
          `${run.verdicts.toLocaleString('en')} verdicts ${run.hash}${run.late > 0 ? ` ${run.late} late` : ''}`,
      );
    }
  }
  report(runs);
  return true;
}

function report(runs) {
  const hashes = new Set(Object.values(runs).flatMap((all) => all.map(({ hash }) => hash)));
  const base = { clock: median(runs[ways[0]].map(({ perSecond }) => perSecond)), cpu: median(runs[ways[0]].map((run) => critical(ways[0], run))) };
  console.log(`\n${availableParallelism()} cores, ${events.toLocaleString('en')} events, median of ${given.rounds} runs`);
  for (const [way, all] of Object.entries(runs)) {
    const clock = median(all.map(({ perSecond }) => perSecond));
    const cpu = median(all.map((run) => critical(way, run)));
    console.log(
      `${way.padEnd(11)} ${Math.round(clock).toLocaleString('en').padStart(9)} events/s, ${(clock / base.clock).toFixed(2)} times by the clock; ` +
        `${(base.cpu / cpu).toFixed(2)} times by processor time (${cpu.toFixed(1)} s that follow one another)`,
    );
  }
  console.log(hashes.size === 1 ? 'the verdicts of all runs are the same' : 'THE VERDICTS DIFFER');
  if (hashes.size > 1) process.exitCode = 1;
}

if (!given['no-build']) ensureBuilt();
await runExample({ work });
