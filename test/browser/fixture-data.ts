/** Deterministic data for the dashboard's tests: pipelines, series, verdicts. Equal seeds give equal figures. */
import type { PipelineStatus, SeriesStatus } from '../../src/core/api.ts';
import type { Range } from '../../src/core/contracts.ts';
import type { Verdict } from '../../src/core/verdicts.ts';

export const MINUTE = 60_000;
const K = 3;
export const STEP = 1000;
const KINDS = ['cpu', 'memory', 'latency', 'disk', 'network'] as const;
const UNITS: Record<string, string> = { cpu: '%', memory: '%', latency: 'ms', disk: '%', network: 'MiB/s' };

/** A number in 0..1 that is always the same for the same two integers. */
export function noise(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

export interface Point {
  value: number;
  expected: number;
  spread: number;
  score: number;
  anomalous: boolean;
}

/** Series `index` at event time `time`: a wave, noise, and from time to time something unusual. */
export function pointAt(index: number, time: number): Point {
  const second = Math.floor(time / STEP);
  const base = index === 0 ? 200 : 20 + noise(index, 1) * 60;
  const size = base * 0.06;
  const expected = base + size * 1.4 * Math.sin(time / 90_000 + index);
  const wobble = (noise(index + 7, second) + noise(index + 8, second) + noise(index + 9, second) - 1.5) * size;
  const unusual = noise(index + 3, Math.floor(second / 7)) > (index % 41 === 0 ? 0.965 : 0.9985);
  const burst = unusual && noise(index + 4, second) > 0.4 ? size * (3.6 + 2 * noise(index, second)) : 0;
  const value = expected + wobble + burst;
  const score = Math.abs(value - expected) / (size * 0.75);
  return { value, expected, spread: size * 0.75 * K, score, anomalous: score > K };
}

/** Nothing was sent in these seconds: the charts must show a gap. */
export const inGap = (time: number): boolean => Math.floor(time / STEP) % 300 >= 210 && Math.floor(time / STEP) % 300 < 235;
const isLate = (index: number, second: number): boolean => noise(index + 11, second) > 0.988;

export const keyOf = (index: number): string => {
  if (index === 0) return 'checkout/response-time';
  return `host-${String(Math.floor((index - 1) / KINDS.length)).padStart(4, '0')}/${KINDS[(index - 1) % KINDS.length]}`;
};
export const pipelineOf = (index: number): string => (index === 0 ? 'response-times' : index % 4 === 0 ? 'factory-sensors' : 'hosts');

export const round = (x: number): number => Number(x.toFixed(4));

export function seriesAt(index: number, now: number): SeriesStatus {
  const time = Math.floor(now / STEP) * STEP;
  const { value, score, anomalous } = pointAt(index, time);
  const key = keyOf(index);
  const kind = key.split('/')[1];
  const warmup = index % 997 === 996;
  return {
    pipeline: pipelineOf(index),
    index,
    key,
    labels: index === 0 ? { service: 'checkout', site: 'berlin' } : { host: key.split('/')[0], site: index % 3 === 0 ? 'berlin' : 'oslo' },
    unit: UNITS[kind] ?? 'ms',
    time,
    value: round(value),
    score: warmup ? null : round(score),
    threshold: K,
    anomalous: !warmup && anomalous,
    warmup,
  };
}

export function verdictAt(index: number, time: number, late = false): Verdict {
  const { value, expected, spread, score, anomalous } = pointAt(index, time);
  const { key, labels, unit, pipeline } = seriesAt(index, time);
  return {
    id: `${index}-${time}`,
    kind: 'point',
    pipeline,
    series: key,
    labels,
    unit,
    time: new Date(time).toISOString(),
    values: [round(value)],
    score: late ? null : round(score),
    threshold: late ? null : K,
    anomalous: !late && anomalous,
    onset: !late && anomalous ? 1 : 0,
    expected: late ? null : round(expected),
    lower: late ? null : round(expected - spread),
    upper: late ? null : round(expected + spread),
    detector: 'ema',
    config: '5d1c0f2a',
    late,
    revises: null,
    cause: { partition: 0, offset: time, place: 0 },
  };
}

/** Stored rows begin six hours before `now`. */
export function rangeOf(index: number, from: number, to: number, points: number, now: number): Range {
  const first = Math.ceil(Math.max(from, now - 360 * MINUTE) / STEP) * STEP;
  const last = Math.min(to, now);
  const raw = Math.max(0, (last - first) / STEP) <= points;
  const resolution = raw ? 0 : Math.ceil((last - first) / points / STEP) * STEP;
  const width = raw ? STEP : resolution;
  const range: Required<Range> = {
    resolution,
    time: [],
    mean: [],
    min: [],
    max: [],
    expected: [],
    lower: [],
    upper: [],
    score: [],
    threshold: [],
    anomalous: [],
    late: [],
  };
  for (let time = Math.floor(first / width) * width; time <= last; time += width) if (!inGap(time)) pushRow(range, index, time, raw);
  return range;
}

function pushRow(range: Required<Range>, index: number, time: number, raw: boolean): void {
  const { value, expected, spread, score, anomalous } = pointAt(index, time);
  const late = raw && isLate(index, time / STEP);
  const low = raw ? value : value - spread * 0.7;
  const high = raw ? value : Math.max(value + spread * 0.7, anomalous ? value : 0);
  range.time.push(time);
  range.mean.push(round(value));
  range.min.push(round(low));
  range.max.push(round(high));
  for (const [column, cell] of [
    [range.expected, expected],
    [range.lower, expected - spread],
    [range.upper, expected + spread],
    [range.score, score],
    [range.threshold, K],
  ] as const) {
    column.push(late ? null : round(cell));
  }
  range.anomalous.push(!late && anomalous ? 1 : 0);
  range.late.push(late ? 1 : 0);
}

export function pipelinesAt(now: number, series: number): PipelineStatus[] {
  const started = now - 5400_000;
  const shared = {
    threshold: 'sigma k=3',
    config: '5d1c0f2a9b',
    epoch: 1,
    parallelism: 1,
    startedAt: started,
    watermark: now - 200,
    lagBytes: null,
    recovery: { seconds: 0.42, checkpoint: 5120 },
    backlogNotices: 3,
    logs: false,
    truth: null,
    report: ['time column "time": ISO 8601', 'value column "value"'],
  };
  const status = (name: string, source: string, detector: string, known: number, eventsPerSecond: number, openIncidents: number): PipelineStatus => ({
    ...shared,
    name,
    source,
    detector,
    condition: name === 'factory-sensors' ? 'degraded' : 'ok',
    parts: ['source', 'engine', 'history', 'ledger', 'receiver webhook#0'].map((part) => {
      const ill = name === 'factory-sensors' && part === 'receiver webhook#0';
      return {
        part,
        condition: ill ? 'degraded' : 'ok',
        reason: ill ? 'http://127.0.0.1:9093 refused the connection; 4 notices wait, the next attempt is in 12 s' : '',
        since: ill ? now - 184_000 : started,
      };
    }),
    eventsPerSecond: eventsPerSecond * (0.9 + 0.2 * noise(known, Math.floor(now / 1000))),
    verdictsPerSecond: eventsPerSecond,
    lagMs: 180 + known / 20,
    counts: {
      records: known * 5400,
      events: known * 5400,
      verdicts: known * 5399,
      anomalies: Math.round(known * 1.7),
      late: Math.round(known / 9),
      deadLetters: name === 'hosts' ? 3 : 0,
      deadLettersDropped: 0,
      gaps: 0,
      bytes: known * 400_000,
    },
    checkpoint: { number: 54_000, at: now - 90, durationMs: 7.4, bytes: 48_000 + known * 60, intervalMs: 100 },
    queues: [
      { name: 'decoded', used: name === 'hosts' ? 7 : 1, limit: 16 },
      { name: 'outbox', used: name === 'factory-sensors' ? 640 : 0, limit: 1000 },
    ],
    series: { known, hot: Math.min(known, 20_000), limit: 100_000 },
    openIncidents,
  });
  return [
    status('response-times', 'simulate response-time', 'ema span=20', 1, 10, 1),
    status('hosts', 'http', 'ema span=60', Math.ceil(((series - 1) * 3) / 4), 7500, 1),
    status('factory-sensors', 'file sensors.csv', 'sma window=120', Math.floor((series - 1) / 4), 2500, 1),
  ];
}
