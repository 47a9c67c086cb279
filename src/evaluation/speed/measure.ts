/** Times detectors and thresholds in this process, and weighs what they keep. */
import { detectorOutput, resetOutput, type Detector, type DetectorOutput, type Threshold } from '../../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { CounterRandom } from '../../core/random.ts';
import { definitionOf, type Component } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { madeRows, ROW_MS, TABLE_ROWS } from './rows.ts';

/** What is timed: rows of `width` columns of so many series in turn. */
export interface Shape {
  width: number;
  series: number;
}

/** How long is measured. */
export interface Patience {
  /** Rows that each series has learnt before, unless that takes longer than `warmSeconds`. */
  warmRows: number;
  warmSeconds: number;
  seconds: number;
}

export interface SpeedFigures {
  rowsPerSecond: number;
  /** Rows that each series had learnt when the measuring began. */
  warmRows: number;
}

/** Rows that are run before the clock is looked at. */
const CHUNK = 2_000;

class Herd {
  readonly #detectors: Detector[];
  readonly #values: Float64Array;
  readonly #width: number;
  readonly #out: DetectorOutput;
  #row = 0;
  #series = 0;
  /** Keeps the scores from being optimised away. */
  sum = 0;

  constructor(component: Component, { width, series }: Shape) {
    this.#detectors = Array.from({ length: series }, () => created(component, width));
    this.#values = madeRows(width);
    this.#width = width;
    this.#out = detectorOutput(width);
  }

  get rows(): number {
    return this.#row;
  }

  /** The next so many rows, one of each series in turn. */
  run(count: number): void {
    for (let k = 0; k < count; k++) {
      const at = ((this.#row + this.#series * 131) % TABLE_ROWS) * this.#width;
      const detector = this.#detectors[this.#series];
      const time = this.#row * ROW_MS;
      this.sum += detector.score(time, this.#values, at, resetOutput(this.#out));
      detector.learn(time, this.#values, at);
      if (++this.#series < this.#detectors.length) continue;
      this.#series = 0;
      this.#row++;
    }
  }
}

function created({ name, options }: Component, width: number): Detector {
  return definitionOf(registry, 'detector', name)!.create(options, width);
}

/** Seconds that this process has worked on a processor: on a machine that others use as well the clock on the wall says more about them. */
function workSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Runs chunks until so many seconds of work are done; returns how many rows in how many seconds. */
function timed(seconds: number, run: (count: number) => void, isDone: () => boolean = () => false): { count: number; seconds: number } {
  const began = workSeconds();
  let count = 0;
  let spent = 0;
  while (spent < seconds && !isDone()) {
    run(CHUNK);
    count += CHUNK;
    spent = workSeconds() - began;
  }
  return { count, seconds: spent };
}

/** The fastest of five stretches: in the others the caches were shared with more. */
function bestRate(seconds: number, run: (count: number) => void): number {
  const rates = Array.from({ length: 5 }, () => {
    const { count, seconds: spent } = timed(seconds / 5, run);
    return count / spent;
  });
  return Math.max(...rates);
}

export function detectorSpeed(component: Component, shape: Shape, { warmRows, warmSeconds, seconds }: Patience): SpeedFigures {
  const herd = new Herd(component, shape);
  timed(
    warmSeconds,
    (count) => herd.run(count),
    () => herd.rows >= warmRows,
  );
  const warm = herd.rows;
  return { rowsPerSecond: bestRate(seconds, (count) => herd.run(count)), warmRows: warm };
}

/** Scores per second of one threshold. */
export function thresholdSpeed({ name, options }: Component, seconds: number): number {
  const threshold = definitionOf(registry, 'threshold', name)!.create(options);
  const scores = madeScores();
  let i = 0;
  let sum = 0;
  const run = (count: number): void => {
    for (let k = 0; k < count; k++, i++) sum += threshold.limit(i * ROW_MS, scores[i % scores.length]);
  };
  timed(seconds / 2, run);
  const rate = bestRate(seconds, run);
  return sum === 0 ? NaN : rate;
}

function madeScores(): Float64Array {
  const random = new CounterRandom(4);
  return Float64Array.from({ length: 65_536 }, (_, i) => Math.abs(random.at(0, i).normal()));
}

export interface MemoryFigures {
  /** Bytes of one series in memory, mean over `instances`. */
  bytes: number;
  instances: number;
  /** Rows that each has learnt. */
  rows: number;
  snapshotBytes: number;
  /** Of the median snapshot. */
  writeMicroseconds: number;
  readMicroseconds: number;
}

/** Bytes in use after everything unreachable is gone; `external` holds the array buffers. */
function bytesInUse(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Work that feeding instances may take, s. */
const FEEDING = 2;

/** Weighs instances that have learnt `rows` rows each: as many as can be fed in some seconds, between 24 and `most`. */
export function detectorMemory(component: Component, width: number, rows: number, most: number): MemoryFigures {
  const values = madeRows(width);
  const out = detectorOutput(width);
  const feed = (detector: Detector, s: number): void => {
    for (let row = 0; row < rows; row++) {
      const at = ((row + s * 131) % TABLE_ROWS) * width;
      detector.score(row * ROW_MS, values, at, resetOutput(out));
      detector.learn(row * ROW_MS, values, at);
    }
  };
  // What the code itself and what is shared by all series needs is there before the scales are read.
  for (let s = 0; s < 3; s++) feed(created(component, width), s);
  const kept: Detector[] = [];
  const before = bytesInUse();
  const began = workSeconds();
  while (kept.length < most && (kept.length < 24 || workSeconds() - began < FEEDING)) {
    const detector = created(component, width);
    feed(detector, kept.length);
    kept.push(detector);
  }
  const bytes = (bytesInUse() - before) / kept.length;
  return { bytes, instances: kept.length, rows, ...snapshotFigures(component, width, kept[0]) };
}

const SNAPSHOTS = 41;

function snapshotFigures({ name, options }: Component, width: number, detector: Detector): Omit<MemoryFigures, 'bytes' | 'instances' | 'rows'> {
  const definition = definitionOf(registry, 'detector', name)!;
  const writer = new SnapshotWriter();
  const write = (): Uint8Array => {
    writer.begin(definition.version);
    detector.snapshot(writer);
    return writer.view();
  };
  const bytes = write().slice();
  return {
    snapshotBytes: bytes.length,
    writeMicroseconds: medianMicroseconds(write),
    readMicroseconds: medianMicroseconds(() => definition.restore(new SnapshotReader(bytes, definition.version), options, width)),
  };
}

function medianMicroseconds(work: () => unknown): number {
  const spent = Array.from({ length: SNAPSHOTS }, () => {
    const began = performance.now();
    work();
    return 1000 * (performance.now() - began);
  });
  return spent.sort((a, b) => a - b)[SNAPSHOTS >> 1];
}

export function thresholdMemory({ name, options }: Component, instances: number): { bytes: number; snapshotBytes: number } {
  const definition = definitionOf(registry, 'threshold', name)!;
  const scores = madeScores();
  const made = (): Threshold => {
    const threshold = definition.create(options);
    for (let i = 0; i < 1_000; i++) threshold.limit(i * ROW_MS, scores[i]);
    return threshold;
  };
  made();
  const kept: Threshold[] = [];
  const before = bytesInUse();
  while (kept.length < instances) kept.push(made());
  const bytes = (bytesInUse() - before) / kept.length;
  const writer = new SnapshotWriter();
  writer.begin(definition.version);
  kept[0].snapshot(writer);
  return { bytes, snapshotBytes: writer.end().length };
}
