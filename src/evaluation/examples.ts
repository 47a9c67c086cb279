/** Small made streams, one for each thing that detectors find; drawn where a detector is explained. */
import { CounterRandom } from '../core/random.ts';
import type { EXAMPLES } from '../core/schema.ts';

export type ExampleName = (typeof EXAMPLES)[number];

export interface ExampleStream {
  /** What happens in it, in a sentence. */
  story: string;
  /** Names of the columns. */
  columns: readonly string[];
  /** Ms. */
  time: Float64Array;
  /** Row-major. */
  values: Float64Array;
}

const ROWS = 1008;
const STEP_MS = 600_000;
const DAY = 144;
const BEGIN = Date.UTC(2026, 0, 5);

type Column = (i: number, noise: number) => number;

interface Plan {
  story: string;
  columns: Readonly<Record<string, Column>>;
  /** Rows that are not sent. */
  missing?: (i: number) => boolean;
  /** Delay of a row, ms. */
  late?: (i: number) => number;
}

const within = (i: number, from: number, to: number): boolean => i >= from && i < to;
const wave = (i: number): number => Math.sin((2 * Math.PI * i) / DAY);
/** A beat of period 24: a sharp rise, a slow fall. */
const beat = (i: number): number => Math.exp(-(((i % 24) - 6) ** 2) / 4) + 0.4 * Math.exp(-(((i % 24) - 15) ** 2) / 12);

const PLANS: Record<ExampleName, Plan> = {
  spikes: {
    story: 'Steady noise with three single spikes.',
    columns: { value: (i, e) => 50 + e + ([640, 760, 900].includes(i) ? 8 : 0) },
  },
  'level-shift': {
    story: 'Noise whose level jumps by five standard deviations and stays there.',
    columns: { value: (i, e) => 50 + e + (i >= 700 ? 5 : 0) },
  },
  drift: {
    story: 'Noise whose level begins to climb.',
    columns: { value: (i, e) => 50 + e + 6 * Math.min(1, Math.max(0, (i - 600) / 250)) },
  },
  variance: {
    story: 'Noise that swings four times as wide for a day.',
    columns: { value: (i, e) => 50 + e * (within(i, 700, 844) ? 4 : 1) },
  },
  'season-break': {
    story: 'A daily rhythm that is late by a quarter of a day from Saturday on.',
    columns: { value: (i, e) => 50 + 10 * wave(i >= 720 ? i - DAY / 4 : i) + e },
  },
  stuck: {
    story: 'A sensor that repeats its last value for ten hours.',
    columns: { value: (i, e) => (within(i, 700, 760) ? 50.4 : 50 + e) },
  },
  gaps: {
    story: 'Rows every ten minutes; none for eight hours, and later some that come late.',
    columns: { value: (_, e) => 50 + e },
    missing: (i) => within(i, 600, 648),
    late: (i) => (within(i, 800, 830) ? (i % 3) * 250_000 : 0),
  },
  shape: {
    story: 'A beat that repeats, and one beat of another shape at no unusual height.',
    columns: { value: (i, e) => 10 * beat(within(i, 720, 744) ? 743 - i + 720 : i) + 0.3 * e },
  },
  columns: {
    story: 'Load, requests and latency that move together, until latency goes its own way.',
    columns: {
      load: (i, e) => 50 + 10 * wave(i) + e,
      requests: (i, e) => 200 + 40 * wave(i) + 4 * e,
      latency: (i, e) => 20 + 5 * (within(i, 740, 790) ? -wave(i) : wave(i)) + 0.5 * e,
    },
  },
  'slow-leak': {
    story: 'A level that begins to climb too slowly for any one step to show.',
    columns: { value: (i, e) => 50 + e + Math.max(0, i - 500) * 0.015 },
  },
};

/** The stream of this name, always the same. */
export function exampleStream(name: ExampleName): ExampleStream {
  const { story, columns, missing, late } = PLANS[name];
  const random = new CounterRandom(7);
  const makers = Object.values(columns);
  const rows = Array.from({ length: ROWS }, (_, i) => i).filter((i) => missing?.(i) !== true);
  const values = new Float64Array(rows.length * makers.length);
  rows.forEach((i, row) => {
    makers.forEach((make, c) => {
      values[row * makers.length + c] = make(i, random.at(c, i).normal());
    });
  });
  return { story, columns: Object.keys(columns), time: Float64Array.from(rows, (i) => BEGIN + i * STEP_MS + (late?.(i) ?? 0)), values };
}
