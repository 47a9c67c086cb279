#!/usr/bin/env node
/**
 * Publishes the response times of a made web shop to a Redis channel, one JSON object each:
 * {"time":…,"series":"checkout","value":…,"unit":"ms","fault":"slow"}; `fault` says what is not normal, so that the page can say how much of it was found.
 * The n-th value depends on seed, rate and n alone.
 */
import { setInterval } from 'node:timers';
import { parseArgs } from 'node:util';
import { connect } from './redis.mjs';

const { values: given } = parseArgs({
  options: {
    rate: { type: 'string', default: '10' },
    seed: { type: 'string', default: '7' },
    channel: { type: 'string', default: 'response-times' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log('node generator.mjs [--rate 10] [--seed 7] [--channel response-times]     values a second; REDIS_URL names the server');
  process.exit(0);
}
const rate = Number(given.rate);
const seed = Number(given.seed);
if (!(rate > 0 && rate <= 10_000) || !Number.isInteger(seed)) {
  console.error(`generator: --rate ${given.rate} --seed ${given.seed}: a rate from above 0 to 10000 and a whole seed are needed`);
  process.exit(2);
}

/** Evenly from 0 to 1 for each place of each stream of chances: a hash of the three (mixing after MurmurHash3). */
function chance(place, stream) {
  let h = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) h = Math.imul(h ^ (h >>> 15), factor) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

const normal = (place) => Math.sqrt(-2 * Math.log(1 - chance(place, 0))) * Math.cos(2 * Math.PI * chance(place, 1));

/** Slow episodes: from `start` on for `length`, seconds within each period; `extra` ms on top. */
const SLOW = { period: 60, start: 10, length: 15, extra: 110 };
/** About one spike in so many seconds. */
const SPIKE_EVERY = 20;

/** Value number n, in ms, with what is wrong with it. */
function valueAt(n) {
  const seconds = n / rate;
  const usual = 120 + 8 * Math.sin((2 * Math.PI * seconds) / 300) + 9 * normal(n);
  const within = seconds % SLOW.period;
  if (within >= SLOW.start && within < SLOW.start + SLOW.length) return { value: usual + SLOW.extra, fault: 'slow' };
  if (seconds > SLOW.start / 2 && chance(n, 2) < 1 / (SPIKE_EVERY * rate)) return { value: usual * (2 + 2 * chance(n, 3)), fault: 'spike' };
  return { value: usual };
}

const client = await connect('generator');
console.log(`${rate} values a second, seed ${seed}, to the channel ${given.channel}`);

let next = 0;
const began = Date.now();
/** Publishes what is due by now; what cannot be published is lost, as with every publisher. */
function publish() {
  const due = Math.floor(((Date.now() - began) * rate) / 1000);
  for (; next <= due; next++) {
    const { value, fault } = valueAt(next);
    const event = { time: began + Math.round((next * 1000) / rate), series: 'checkout', value: Math.max(1, Number(value.toFixed(1))), unit: 'ms', fault };
    client.publish(given.channel, JSON.stringify(event)).catch(() => {});
  }
}
const timer = setInterval(publish, Math.max(5, Math.min(50, 1000 / rate)));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(timer);
    client.destroy();
    console.log(`published ${next} values`);
  });
}
