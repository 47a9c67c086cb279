/** The speed benchmark: what every detector and threshold costs, one task after another so that none slows another down. */
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { componentOf, definitionOf, type Component } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { Peers } from '../accuracy/peers.ts';
import type { MemoryFigures, Patience, Shape, SpeedFigures } from './measure.ts';
import { madeRows } from './rows.ts';
import { inProcess, performSpeed, type SpeedTask } from './tasks.ts';

export type Figure<F> = F | { why: string };

export interface DetectorSpeed {
  name: string;
  /** By shape: `1 column`, `8 columns`, `38 columns`, `1,000 series`, `100,000 series`. */
  speed: Record<string, Figure<SpeedFigures>>;
  /** By columns. */
  memory: Record<string, Figure<MemoryFigures>>;
  /** Rows per second of one column with a length four times shorter and longer than by default; for detectors with such an option. */
  lengths: { option: string; value: number; speed: Figure<SpeedFigures> }[];
}

export interface SpeedBenchmark {
  detectors: DetectorSpeed[];
  thresholds: { name: string; figures: Figure<{ perSecond: number; bytes: number; snapshotBytes: number }> }[];
  peers: { peer: string; of: string; width: number; rowsPerSecond: Figure<number>; version: string }[];
}

export interface SpeedRun {
  detectors: readonly string[];
  peers: boolean;
  quick: boolean;
  /** Whether each task has a process of its own. */
  apart: boolean;
  say(line: string): void;
}

export const SHAPES: Readonly<Record<string, Shape>> = {
  '1 column': { width: 1, series: 1 },
  '8 columns': { width: 8, series: 1 },
  '38 columns': { width: 38, series: 1 },
  '1,000 series': { width: 1, series: 1_000 },
  '100,000 series': { width: 1, series: 100_000 },
};

/** Options that say how much a detector looks back at, in the order in which one is chosen. */
const LENGTHS = ['window', 'span', 'sample', 'horizon'];

/** More than this for all series together is not tried, bytes. */
const MOST_BYTES = 1.5e9;
const MEMORY_ROWS = 3_000;
const MEMORY_INSTANCES = 2_000;

/** Peers that do the same as a detector of ours: measured on the same rows. */
const PAIRS: readonly { peer: string; of: string; width: number; rows: number; options: Record<string, number> }[] = [
  { peer: 'river-hst', of: 'half-space-trees', width: 8, rows: 4_000, options: { trees: 25, depth: 15 } },
  { peer: 'rcf-1', of: 'random-cut-forest', width: 8, rows: 18_000, options: {} },
  { peer: 'rcf-1', of: 'isolation-forest', width: 8, rows: 18_000, options: {} },
  { peer: 'rcf-4', of: 'auto', width: 1, rows: 18_000, options: {} },
  { peer: 'rcf-1', of: 'auto', width: 8, rows: 18_000, options: {} },
  { peer: 'rcf-1', of: 'auto', width: 38, rows: 6_000, options: {} },
];
/** Runs of which the fastest counts: a Java program compiles itself while it runs. */
const RUNS = { java: 5, python: 2 };

class Bench {
  readonly #run: SpeedRun;
  readonly #patience: Patience;

  constructor(run: SpeedRun) {
    this.#run = run;
    this.#patience = run.quick ? { warmRows: 50, warmSeconds: 0.05, seconds: 0.05 } : { warmRows: 3_000, warmSeconds: 2, seconds: 0.75 };
  }

  async detector(name: string): Promise<DetectorSpeed> {
    const definition = definitionOf(registry, 'detector', name)!;
    const component = componentOf(registry, 'detector', name);
    const result: DetectorSpeed = { name, speed: {}, memory: {}, lengths: [] };
    const widths = definition.columns === 'many' ? [1, 8] : [1];
    for (const width of widths) result.memory[width] = await this.#memory(component, width);
    for (const [shape, of] of Object.entries(SHAPES)) {
      if (of.width > 1 && definition.columns === 'one') result.speed[shape] = { why: 'one column' };
      else result.speed[shape] = this.#tooLarge(result.memory[1], of) ?? (await this.#speed(component, of));
    }
    result.lengths = await this.#lengths(component);
    this.#run.say(
      `${name}: ${Object.entries(result.speed)
        .map(([shape, one]) => `${shape} ${'why' in one ? one.why : Math.round(one.rowsPerSecond)}`)
        .join(', ')}`,
    );
    return result;
  }

  #do<K extends SpeedTask['kind']>(task: SpeedTask<K>): ReturnType<typeof inProcess<K>> {
    return this.#run.apart ? inProcess(task) : Promise.resolve().then(() => performSpeed(task));
  }

  #speed(component: Component, shape: Shape): Promise<Figure<SpeedFigures>> {
    return orWhy(this.#do({ kind: 'speed', component, shape, patience: this.#patience }));
  }

  #memory(component: Component, width: number): Promise<Figure<MemoryFigures>> {
    const { quick } = this.#run;
    return orWhy(this.#do({ kind: 'memory', component, width, rows: quick ? 50 : MEMORY_ROWS, most: quick ? 100 : MEMORY_INSTANCES }));
  }

  #tooLarge(memory: Figure<MemoryFigures>, { series }: Shape): { why: string } | undefined {
    if (series === 100_000 && this.#run.quick) return { why: 'not in a quick run' };
    if (series === 1 || 'why' in memory || memory.bytes * series <= MOST_BYTES) return undefined;
    return { why: `would need ${((memory.bytes * series) / 1e9).toFixed(1)} GB` };
  }

  async #lengths({ name, options }: Component): Promise<DetectorSpeed['lengths']> {
    const option = LENGTHS.find((one) => typeof options[one] === 'number');
    if (option === undefined || this.#run.quick) return [];
    const result: DetectorSpeed['lengths'] = [];
    for (const factor of [0.25, 4]) {
      const value = Math.round((options[option] as number) * factor);
      result.push({ option, value, speed: await this.#speed({ name, options: { ...options, [option]: value } }, SHAPES['1 column']) });
    }
    return result;
  }

  async threshold(name: string): Promise<SpeedBenchmark['thresholds'][number]> {
    const sample = definitionOf(registry, 'threshold', name)!.sample;
    const component = componentOf(registry, 'threshold', { [name]: sample });
    const figures = await orWhy(this.#do({ kind: 'threshold', component, seconds: this.#patience.seconds, instances: this.#run.quick ? 10 : 2_000 }));
    return { name, figures };
  }

  async peers(peers: Peers): Promise<SpeedBenchmark['peers']> {
    const result: SpeedBenchmark['peers'] = [];
    for (const { peer, of, width, rows, options } of PAIRS) {
      if (!this.#run.detectors.includes(of)) continue;
      const found = peers.list.find(({ name }) => name === peer);
      if (found === undefined) continue;
      const values = madeRows(width).subarray(0, (this.#run.quick ? 200 : rows) * width);
      let version = '';
      const figure = await orWhy(
        found.why === undefined
          ? timesOf(peers, peer, values, width, options).then((heard) => {
              ({ version } = heard);
              return values.length / width / heard.seconds;
            })
          : Promise.reject(new Error(found.why)),
      );
      result.push({ peer, of, width, rowsPerSecond: figure, version });
      this.#run.say(`${peer}, ${width} columns: ${typeof figure === 'number' ? Math.round(figure) : figure.why}`);
    }
    return result;
  }
}

/** The fastest of several runs over the same rows. */
async function timesOf(
  peers: Peers,
  peer: string,
  values: Float64Array,
  width: number,
  options: Record<string, number>,
): Promise<{ seconds: number; version: string }> {
  const best = { seconds: Infinity, version: '' };
  for (let left = peer.startsWith('rcf') ? RUNS.java : RUNS.python; left > 0; left--) {
    const { seconds, version } = await peers.run(peer, values, width, options);
    if (seconds < best.seconds) Object.assign(best, { seconds, version });
  }
  return best;
}

function orWhy<F>(figures: Promise<F>): Promise<Figure<F>> {
  return figures.catch((thrown: unknown) => ({ why: messageOf(thrown) }));
}

/** Throws OPTION_INVALID for a detector that does not exist. */
export async function measureSpeed(run: SpeedRun): Promise<SpeedBenchmark> {
  const known = registry.detectors.map(({ name }) => name);
  const unknown = run.detectors.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new HomeostatError('OPTION_INVALID', { detail: `no detector is called ${unknown}; there are ${known.join(', ')}` });
  const bench = new Bench(run);
  const result: SpeedBenchmark = { detectors: [], thresholds: [], peers: [] };
  for (const name of known.filter((one) => run.detectors.includes(one))) result.detectors.push(await bench.detector(name));
  for (const { name } of registry.thresholds) result.thresholds.push(await bench.threshold(name));
  const peers = await Peers.load(run.peers);
  try {
    result.peers = await bench.peers(peers);
  } finally {
    peers.close();
  }
  return result;
}
