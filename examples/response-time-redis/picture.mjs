#!/usr/bin/env node
/**
 * Draws the verdicts of a Redis channel in the terminal, as they come. On something that is no terminal it writes a line for each.
 * NO_COLOR leaves the colours out; the signs differ all the same.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chart, legend } from './chart.mjs';
import { connect } from './redis.mjs';

const { values: given } = parseArgs({
  options: {
    channel: { type: 'string', default: 'verdicts' },
    span: { type: 'string', default: '60' },
    series: { type: 'string' },
    title: { type: 'string', default: '' },
    below: { type: 'string' },
    once: { type: 'string' },
    width: { type: 'string' },
    height: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log(`node picture.mjs [--channel verdicts] [--span 60] [--series checkout]     seconds that are shown; REDIS_URL names the server
  --title TEXT    stands above;   --below FILE   the last lines of it stand below
  --once SECONDS [--width 100] [--height 24]     one picture after so long, written as text`);
  process.exit(0);
}
const span = Number(given.span) * 1000;
if (!(span > 0)) {
  console.error(`picture: --span ${given.span}: seconds above 0 are needed`);
  process.exit(2);
}
const once = given.once === undefined ? undefined : Number(given.once) * 1000;
const isTerminal = process.stdout.isTTY && once === undefined;
const colour = !process.env.NO_COLOR && (process.stdout.isTTY || Boolean(process.env.FORCE_COLOR));
const MOST = 200_000;

let points = [];
/** The one that is asked for, else the one that was seen first. */
let { series } = given;
let unit = '';
const counts = { verdicts: 0, anomalous: 0 };
let last;

function take(text) {
  const verdict = JSON.parse(text);
  series ??= verdict.series;
  if (verdict.kind !== 'point' || verdict.series !== series) return;
  const [value] = verdict.values;
  unit = verdict.unit;
  const point = { time: Date.parse(verdict.time), value, expected: verdict.expected, lower: verdict.lower, upper: verdict.upper, anomalous: verdict.anomalous };
  counts.verdicts++;
  if (verdict.anomalous) counts.anomalous++;
  last = { ...point, detector: verdict.detector, config: verdict.config };
  if (!isTerminal && once === undefined) return print(verdict.time, last);
  points.push(point);
  if (points.length > MOST) points = points.slice(-MOST / 2);
}

const short = (x) => (x === null ? '–' : x.toFixed(1));

function print(time, { value, lower, upper, anomalous, detector }) {
  const band = lower === null ? 'warming up' : `${short(lower)} to ${short(upper)}`;
  console.log(`${time} ${series} ${short(value)} ${unit} (${detector}: ${band})${anomalous ? ' ANOMALY' : ''}`);
}

/** The last lines of a file that others write. */
function tail(path, count) {
  let file;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 4096));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const BELOW = 4;

/** The whole screen, or the part of it that fits. */
function screen(width, height) {
  const now =
    last === undefined
      ? 'no verdict yet'
      : `${short(last.value)} ${unit}, expected ${last.lower === null ? 'later: warming up' : `${short(last.lower)} to ${short(last.upper)}`}`;
  const head = [
    ...(given.title === '' ? [] : [given.title]),
    `${series ?? given.channel}: ${now}${last === undefined ? '' : `   ${last.detector} ${last.config.slice(0, 8)}`}   ${counts.anomalous} of ${counts.verdicts} anomalous`,
    '',
  ].map((line) => line.slice(0, width));
  const below = given.below === undefined ? [] : ['', ...tail(given.below, BELOW)].map((line) => line.slice(0, width));
  const room = height - head.length - below.length - 1;
  const lines = [...head, ...chart(points, { width, height: room, to: Date.now(), span, unit, colour }), legend(colour), ...below];
  return lines.slice(0, height);
}

function draw() {
  points = points.filter(({ time }) => time > Date.now() - span);
  const lines = screen(process.stdout.columns || 80, process.stdout.rows || 24);
  process.stdout.write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join('\r\n')}\u001B[J`);
}

const client = await connect('picture');
await client.subscribe(given.channel, take);

let timer;
function end() {
  clearInterval(timer);
  client.destroy();
  if (isTerminal) process.stdout.write('\u001B[?25h\u001B[?1049l');
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
// Whoever read it has gone away.
process.stdout.on('error', () => process.exit(0));

if (isTerminal) {
  process.stdout.write('\u001B[?1049h\u001B[?25l\u001B[2J');
  process.stdout.on('resize', draw);
  timer = setInterval(draw, 250);
  draw();
} else if (once !== undefined) {
  timer = setTimeout(() => {
    console.log(screen(Number(given.width ?? 100), Number(given.height ?? 24)).join('\n'));
    end();
  }, once);
}
