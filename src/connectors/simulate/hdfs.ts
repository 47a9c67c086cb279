/** Log of a file system that keeps each block on three nodes: a session a block, software that changes over time, and blocks that go wrong. */
import { CounterRandom } from '../../core/random.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';
import { anomalyOf, ANOMALIES } from './hdfs-anomalies.ts';
import type { Clockwork, LogScenario, SimulatedLine } from './scenario.ts';

export const hdfsOptions = Type.Object(
  {
    nodes: Type.Integer({ description: 'How many data nodes.', minimum: 3, maximum: 250, default: 20 }),
    life: quantity('duration', 'Longest time between the first and the last line of a block.', '1m'),
    anomaly_chance: Type.Number({ description: 'Chance that something goes wrong with a block.', minimum: 0, maximum: 1, default: 0.03 }),
    anomalies: Type.Array(Type.Union(ANOMALIES.map((name) => Type.Literal(name))), {
      description: 'What may go wrong.',
      minItems: 1,
      default: [...ANOMALIES],
    }),
    drift_every: quantity(
      'duration',
      'How often a release comes: new lines, new wording of old ones, another mix of reads and deletions; it reaches all blocks over half of that time. 0s: none.',
      '1h',
    ),
  },
  { additionalProperties: false, default: {}, description: 'For the scenario hdfs.' },
);

export type HdfsOptions = Static<typeof hdfsOptions>;

/** One line to come of a block, `at` ms after the block begins. */
export interface Step {
  what: string;
  at: number;
  level: string;
  component: string;
  message: string;
  /** True where the block goes wrong. */
  odd?: boolean;
}

/** Blocks that may begin within one tick, each with half a chance on average. */
const SLOTS = 2;
/** Lines of a block on average, by which a rate of lines becomes a rate of blocks. */
const LINES = 18;
/** How long after `life` a repeated or copied step may still come, ms. */
const LATEST = 2000;
/** The part of `life` that writing takes. */
const WRITING = 0.15;

/** Uniform numbers of one block, one after another. */
export class Draws {
  readonly #random: CounterRandom;
  readonly #block: number;
  #n = 0;

  constructor(random: CounterRandom, block: number) {
    this.#random = random;
    this.#block = block;
  }

  uniform(): number {
    return this.#random.at(this.#n++, this.#block).uniform();
  }

  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}

/** Streams of random numbers of releases; those of a block are 0 .. below this. */
const RELEASE = 2 ** 24;

/** The release in force at a tick: its number, which part of the blocks it has reached (0..1), and its mix. */
interface Release {
  number: number;
  spread: number;
  /** Blocks a tick, reads a block, share of blocks that are deleted. */
  load: number;
  reads: number;
  deletes: number;
}

class Hdfs implements LogScenario {
  readonly key = 'hdfs';
  readonly linesPerTick = LINES;
  readonly memory: number;
  readonly #options: HdfsOptions;
  readonly #clockwork: Clockwork;
  readonly #random: CounterRandom;

  constructor(options: HdfsOptions, seed: number, clockwork: Clockwork) {
    this.#options = options;
    this.#clockwork = clockwork;
    this.#random = new CounterRandom(seed);
    this.memory = Math.ceil((options.life + LATEST) / clockwork.interval) + 1;
  }

  begun(tick: number): SimulatedLine[] {
    const { start, interval } = this.#clockwork;
    const release = this.#releaseAt(tick);
    const lines: SimulatedLine[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const draws = new Draws(this.#random, tick * SLOTS + slot);
      if (draws.uniform() >= release.load / SLOTS) continue;
      const begin = start + (tick + draws.uniform()) * interval;
      const session = `blk_${this.#name(tick * SLOTS + slot)}`;
      const { steps, kind } = this.#block(session, release, draws);
      const told = steps.findIndex(({ odd }) => odd === true);
      steps.forEach(({ at, level, component, message }, k) =>
        lines.push({ time: Math.round(begin + at), session, level, component, message, kind: k === told ? kind : '' }),
      );
    }
    return lines;
  }

  #releaseAt(tick: number): Release {
    const every = this.#options.drift_every;
    const age = every === 0 ? 0 : (tick * this.#clockwork.interval) / every;
    const number = Math.floor(age);
    const mix = (stream: number): number => (number === 0 ? 0.5 : this.#random.at(RELEASE + stream, number).uniform());
    return { number, spread: Math.min(1, (age - number) * 2), load: 0.7 + 0.6 * mix(0), reads: 3 * mix(1), deletes: 0.3 + 0.6 * mix(2) };
  }

  /** A number of 18 digits that does not tell the next one. */
  #name(block: number): string {
    const part = (stream: number): string => String(100_000_000 + this.#random.at(RELEASE + 8 + stream, block).below(900_000_000));
    return part(0) + part(1);
  }

  #block(id: string, release: Release, draws: Draws): { steps: Step[]; kind: string } {
    const version = release.number - (release.number > 0 && draws.uniform() >= release.spread ? 1 : 0);
    const steps = usualSteps(id, version, release, draws, this.#options);
    const { anomaly_chance: chance, anomalies } = this.#options;
    if (draws.uniform() >= chance) return { steps: inOrder(steps), kind: '' };
    const kind = anomalies[draws.below(anomalies.length)];
    return { steps: inOrder(anomalyOf(kind, id, inOrder(steps), draws)), kind };
  }
}

function inOrder(steps: readonly Step[]): Step[] {
  return steps.toSorted((a, b) => a.at - b.at);
}

/** Everything that happens to a block when all is well: written to three nodes, read, checked, copied, deleted. */
function usualSteps(id: string, version: number, { reads, deletes }: Release, draws: Draws, options: HdfsOptions): Step[] {
  const steps: Step[] = [];
  const add = (what: string, at: number, component: string, message: string, level = 'INFO'): void => void steps.push({ what, at, level, component, message });
  const node = (): string => `10.20.${1 + draws.below(4)}.${1 + draws.below(options.nodes)}`;
  const { life } = options;
  const size = draws.uniform() < 0.8 ? 67_108_864 : 1 + draws.below(67_108_864);
  const replicas = [node(), node(), node()];
  const job = draws.below(4000);
  add('allocate', 0, 'dfs.NameNode', `Allocated ${id} for /jobs/job_${job}/part-${draws.below(900)} on 3 nodes`);
  let written = 0;
  replicas.forEach((to, r) => {
    const from = r === 0 ? node() : replicas[r - 1];
    const began = life * WRITING * (0.05 + 0.15 * draws.uniform());
    const ended = life * WRITING * (0.4 + 0.3 * draws.uniform());
    const stored = ended + life * WRITING * 0.3 * draws.uniform();
    written = Math.max(written, stored);
    add('begin', began, 'dfs.DataNode', `Receiving ${id} from ${from}:${32_768 + draws.below(28_000)} to ${to}:50010`);
    add('stream', ended, 'dfs.PacketReader', `Stream ${r} of ${id} ended`);
    const took = Math.round(ended - began);
    add('end', ended + 1, 'dfs.DataNode', endText(id, size, from, took, version));
    add('store', stored, 'dfs.NameNode', `Replica of ${id} stored at ${to}:50010, size ${size}`);
  });
  const later = (): number => written + (life - written) * (0.05 + 0.6 * draws.uniform());
  if (version >= 2) add('seal', written + 1, 'dfs.NameNode', `Sealed ${id} under lease ${draws.below(100_000)}`);
  const readers = Math.round(reads * draws.uniform() * 1.5);
  for (let i = 0; i < readers; i++) add('read', later(), 'dfs.DataNode', readText(id, replicas[draws.below(3)], node(), draws.below(400), version));
  if (draws.uniform() < 0.4) add('check', later(), 'dfs.Scanner', `Checksum of ${id} is good`);
  if (version >= 4 && draws.uniform() < 0.3) add('tier', later(), 'dfs.Mover', `Moving ${id} to storage class cold, ${draws.below(90)} days old`);
  if (draws.uniform() < 0.1) {
    const at = later();
    const to = node();
    add('ask', at, 'dfs.NameNode', `Asked ${replicas[0]}:50010 to copy ${id} to ${to}:50010`);
    add('copy', at + 40, 'dfs.DataNode', `Copying ${id} to ${to}:50010`);
    add('store', at + 900, 'dfs.NameNode', `Replica of ${id} stored at ${to}:50010, size ${size}`);
  }
  if (draws.uniform() < deletes) {
    const at = written + (life - written) * (0.8 + 0.1 * draws.uniform());
    for (const replica of replicas) {
      add('expire', at, 'dfs.NameNode', `${id} is invalid on ${replica}:50010`);
      add('delete', at + life * 0.02 * (1 + draws.uniform()), 'dfs.Storage', deleteText(id, draws.below(64), version));
    }
  }
  return steps;
}

function endText(id: string, size: number, from: string, took: number, version: number): string {
  if (version === 0) return `Received ${id} of size ${size} from ${from}`;
  return `Received ${id} of size ${size} from ${from} in ${took} ms, checksum CRC32C`;
}

function readText(id: string, from: string, to: string, took: number, version: number): string {
  if (version < 3) return `${from}:50010 served ${id} to ${to}`;
  return `Read of ${id} by ${to} from ${from}:50010 took ${took} ms`;
}

function deleteText(id: string, folder: number, version: number): string {
  if (version < 5) return `Deleting ${id} file /data/disk1/current/sub${folder}/${id}`;
  return `Queued ${id} for deletion, volume /data/disk1, bucket ${folder}`;
}

export function hdfs(options: HdfsOptions, seed: number, clockwork: Clockwork): LogScenario {
  return new Hdfs(options, seed, clockwork);
}
