#!/usr/bin/env node
/**
 * Sends the metrics of made hosts to a Kafka topic, one JSON object each, the host as its key:
 * {"time":…,"host":"web-1","metric":"cpu","value":41.2,"unit":"%","fault":"memory-leak"}; `fault` says what is not normal.
 * Begins `--past` minutes ago and goes at `--speed` until it has caught up with the clock; then in its own time.
 * `--backlog COUNT` sends so many as fast as it can, ends, and says the time of the last ones.
 */
import { parseArgs } from 'node:util';
import { sender } from '../shared/kafka.mjs';
import { hosts, metrics } from './made-hosts.mjs';

const { values: given } = parseArgs({
  options: {
    hosts: { type: 'string', default: '6' },
    every: { type: 'string', default: '5' },
    seed: { type: 'string', default: '3' },
    past: { type: 'string', default: '180' },
    speed: { type: 'string', default: '180' },
    topic: { type: 'string', default: 'metrics' },
    backlog: { type: 'string' },
    print: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log(`node hosts.mjs [--hosts 6] [--every 5] [--seed 3] [--past 180] [--speed 180] [--topic metrics]
  seconds between two values of a metric; minutes of the past, and how many times as fast they go. KAFKA_BROKERS names the brokers.
node hosts.mjs --backlog COUNT      sends so many records as fast as it can
node hosts.mjs --print              writes the --past minutes as NDJSON and sends nothing`);
  process.exit(0);
}

const number = (name, least, most) => {
  const value = Number(given[name]);
  if (value >= least && value <= most) return value;
  console.error(`hosts: --${name} ${given[name]}: a number from ${least} to ${most} is needed`);
  process.exit(2);
};
const count = Math.floor(number('hosts', 1, 10_000));
const every = number('every', 0.1, 3600);
const seed = Math.floor(number('seed', 0, 2 ** 31));
const speed = number('speed', 0.1, 100_000);
const past = Math.floor((number('past', 0, 1_000_000) * 60) / every);
const all = hosts({ seed, count, every });

/** Records of a tick, `origin` the time of tick 0 in seconds since 1970. */
function recordsAt(tick, origin) {
  const time = Math.round((origin + tick * every) * 1000);
  return all.flatMap((host) => host.at(tick, origin).map((reading) => ({ key: reading.host, value: JSON.stringify({ time, ...reading }) })));
}

const now = () => Date.now() / 1000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Ticks begin at whole multiples, which is where rows of aligned metrics end. */
const originAt = (second) => Math.floor(second / every) * every;

function print() {
  const origin = originAt(now() - past * every);
  for (let tick = 0; tick < past; tick++)
    process.stdout.write(
      `${recordsAt(tick, origin)
        .map(({ value }) => value)
        .join('\n')}\n`,
    );
}

/** A backlog has the same times whenever it is made. */
const BACKLOG_BEGINS = Date.UTC(2026, 0, 5, 6) / 1000;
const AT_ONCE = 10_000;

async function backlog() {
  const wanted = Math.floor(number('backlog', 1, 1e9));
  const to = await sender(given.topic, { partitions: 4 });
  const perTick = all.length * metrics.length;
  const ticks = Math.ceil(wanted / perTick);
  let waiting = [];
  for (let tick = 0; tick < ticks; tick++) {
    waiting.push(...recordsAt(tick, BACKLOG_BEGINS));
    if (waiting.length < AT_ONCE && tick < ticks - 1) continue;
    await to.send(waiting);
    waiting = [];
  }
  await to.close();
  console.log(`sent ${ticks * perTick} records of ${all.length} hosts, ${ticks} ticks`);
}

async function live() {
  const to = await sender(given.topic, { partitions: 4 });
  const origin = originAt(now() - past * every);
  let ended = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (ended = true));
  console.log(`${all.length} hosts, a value of each of their ${metrics.length} metrics every ${every} s, from ${past} values ago on, seed ${seed}`);
  const began = now();
  let caughtUp = false;
  for (let tick = 0; !ended;) {
    // The clock of the hosts runs faster until it is that of the wall.
    const clock = Math.min(now(), origin + (now() - began) * speed);
    if (!caughtUp && clock >= now() - every) {
      caughtUp = true;
      console.log('caught up with the clock');
    }
    const due = Math.floor((clock - origin) / every);
    const records = [];
    for (; tick <= due && records.length < AT_ONCE; tick++) records.push(...recordsAt(tick, origin));
    if (records.length > 0) await to.send(records);
    else await wait(100);
  }
  await to.close();
}

if (given.print) print();
else if (given.backlog !== undefined) await backlog();
else await live();
