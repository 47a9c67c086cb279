/** Detectors side by side over what is stored of one series, in a thread that lives as long as that takes. */
import { Worker } from 'node:worker_threads';
import type { Comparison, ComponentView } from '../core/api.ts';
import type { JsonValue } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import type { CompareQuery, Reader } from '../core/live.ts';
import type { Rows } from './compare.ts';
import { componentOf, thresholdFor } from './config/index.ts';
import { registry } from './registry.ts';
import type { DetectChoice } from './scorer.ts';

/** Rows that are compared; of more, the means of so many buckets. */
const MOST_ROWS = 5000;
const MOST_WAYS = 8;
const FEWEST_ROWS = 2;
/** A comparison that takes longer is given up, ms. */
const PATIENCE = 60_000;

/** What the thread is given. */
export interface CompareTask {
  rows: Rows;
  choices: DetectChoice[];
  resolution: number;
}

export function detectorViews(): ComponentView[] {
  return registry.detectors.map(({ name, summary, about, columns }) => ({ name, summary, finds: about.finds, columns }));
}

/** One at a time, so that the pipelines keep their share of the machine. */
export class Comparisons {
  readonly #entry: URL;
  #running = false;

  /** `entry`: the built thread beside this file unless told otherwise. */
  constructor(entry: URL = new URL('./compare-thread.js', import.meta.url)) {
    this.#entry = entry;
  }

  /** Throws REQUEST_INVALID for detectors that do not fit or too few rows, OVERLOADED while another comparison runs. */
  async compare(query: CompareQuery, reader: Reader): Promise<Comparison> {
    const task = await taskOf(query, reader);
    if (this.#running) throw new HomeostatError('OVERLOADED', { what: 'comparisons', limit: '1 at a time' });
    this.#running = true;
    try {
      return await inThread(this.#entry, task);
    } finally {
      this.#running = false;
    }
  }
}

async function taskOf({ pipeline, series, from, to, detectors }: CompareQuery, reader: Reader): Promise<CompareTask> {
  const refuse = (detail: string): Error => new HomeostatError('REQUEST_INVALID', { detail });
  if (detectors.length === 0 || detectors.length > MOST_WAYS) throw refuse(`${detectors.length} detectors; between 1 and ${MOST_WAYS} can be compared`);
  const choices = detectors.map((given): DetectChoice => {
    const detector = componentOf(registry, 'detector', given as JsonValue, refuse);
    return { detector, threshold: thresholdFor(registry, detector.name), learn: 'always' };
  });
  const range = await reader.range(pipeline, series, from, to, MOST_ROWS);
  if (range.time.length < FEWEST_ROWS) throw refuse(`only ${range.time.length} rows are stored between these times`);
  const values = Float64Array.from(range.mean, (x) => x ?? NaN);
  return { rows: { key: '', unit: '', width: 1, time: Float64Array.from(range.time), values }, choices, resolution: range.resolution };
}

function inThread(entry: URL, task: CompareTask): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { workerData: task });
    const timer = setTimeout(() => {
      reject(new HomeostatError('OVERLOADED', { what: 'a comparison', limit: `${PATIENCE / 1000} s` }));
      void worker.terminate();
    }, PATIENCE);
    worker.once('message', (answer: Comparison) => resolve(answer));
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the thread that compares ended with code ${code}`));
    });
  });
}
