/** The accuracy benchmark: every detector and every peer over labelled sets and made streams, with the same causal protocol. */
import { messageOf } from '../../core/errors.ts';
import type { DisturbanceRow } from '../disturbances.ts';
import type { NabProfileName } from '../nab/corpus.ts';
import type { Perturbation } from '../nab/perturb.ts';
import { BASE_NAMES, type BaseName } from '../simulators/bases.ts';
import type { CalibrationFigures } from './calibration.ts';
import { Crew } from './crew.ts';
import { PEER_ROWS, Peers } from './peers.ts';
import { calibrated, CHIEF, compared, detectorOf, neighboursOf, type Plan } from './plan.ts';
import { PERTURBATION_NAMES, SetMeter, seriesOf, setNamed, takes, type Extent, type SetFigures } from './sets.ts';
import { FULL_SCALE, type SimulatedFigures } from './simulated.ts';
import type { Task, WorkKind, Answer } from './tasks.ts';

/** What one detector or peer gave: figures, or why there are none. */
export type Measured<F> = { name: string; peer: boolean } & ({ figures: F } | { why: string });

export interface AccuracyFigures {
  sets: Record<string, Measured<SetFigures>[]>;
  neighbours: Record<string, Measured<SetFigures>[]>;
  perturbed: { detector: string; how: Perturbation; seed: number; scores: Record<NabProfileName, number> }[];
  simulated: { detector: string; base: BaseName; figures: SimulatedFigures }[];
  calibration: { way: string; base: BaseName; figures: CalibrationFigures }[];
  disturbances: { detector: string; rows: DisturbanceRow[] }[];
  /** What could not be measured, and why. */
  failed: string[];
  versions: string[];
}

export interface AccuracyRun {
  data: string;
  plan: Plan;
  peers: boolean;
  quick: boolean;
  /** 0: everything in this thread. */
  threads: number;
  say(line: string): void;
  /** Hears the figures of each set and part when all of it is measured, so that an interrupted run has not been for nothing. */
  finished(part: string, figures: AccuracyFigures): void;
}

const nothing = (): AccuracyFigures => ({
  sets: {},
  neighbours: {},
  perturbed: [],
  simulated: [],
  calibration: [],
  disturbances: [],
  failed: [],
  versions: [],
});

/** Disturbed copies of the corpus of each kind. */
const PERTURBED_SEEDS = [1, 2];
const QUICK_SCALE = { streams: 3, clean: 2, cleanRows: 2_000 };

class Measurement {
  readonly #run: AccuracyRun;
  readonly #crew: Crew;
  readonly #extent: Extent;
  readonly #began = performance.now();
  readonly figures = nothing();

  constructor(run: AccuracyRun, crew: Crew) {
    this.#run = run;
    this.#crew = crew;
    this.#extent = run.quick ? { series: 3 } : {};
  }

  /** Our own tasks in the order in which the threads shall take them: set by set, since each thread keeps the set it read last. */
  async all(peers: Peers): Promise<void> {
    const { sets } = this.#run.plan;
    const peersOf = new Map<string, Promise<void>>();
    let before = Promise.resolve();
    for (const set of sets) {
      this.figures.sets[set] = [];
      const after = before.then(() => this.#peersOver(peers, set));
      peersOf.set(set, after);
      before = after;
    }
    await Promise.all([
      ...sets.map((set) => this.#part(set, [...this.#sets(set), ...this.#neighbours(set), ...(set === 'nab' ? this.#perturbed() : []), peersOf.get(set)!])),
      this.#part('simulated', this.#simulated()),
      this.#part('calibration', this.#calibration()),
      this.#part('disturbances', this.#disturbances()),
    ]);
  }

  async #part(part: string, work: readonly Promise<void>[]): Promise<void> {
    await Promise.all(work);
    if (work.length > 0) this.#run.finished(part, inOrder(partOf(this.figures, part), this.#run.plan));
  }

  async #peersOver(peers: Peers, set: string): Promise<void> {
    for (const { name, why } of peers.list) {
      const measured = await (why === undefined ? this.#peer(peers, set, name).then((figures) => ({ figures })) : Promise.reject(new Error(why))).catch(
        (thrown: unknown) => ({ why: messageOf(thrown) }),
      );
      this.#note(`${set}, ${name}`);
      this.figures.sets[set].push({ name, peer: true, ...measured });
    }
  }

  async #peer(peers: Peers, set: string, name: string): Promise<SetFigures> {
    const { series, of } = seriesOf(this.#run.data, set, { ...this.#extent, rows: PEER_ROWS[name] ?? Infinity });
    const meter = new SetMeter(this.#run.data, setNamed(set));
    for (const one of series) {
      const { scores, seconds, version } = await peers.run(name, one.values, one.width);
      meter.add(one, scores, scores, seconds);
      const text = `${name}: ${version}`;
      if (!this.figures.versions.includes(text)) this.figures.versions.push(text);
    }
    return meter.figures(of);
  }

  #sets(set: string): Promise<void>[] {
    return this.#run.plan.detectors
      .map((name) => detectorOf(name))
      .filter((component) => takes(component, setNamed(set)))
      .map((component) => this.#ranked(set, component.name, component, this.figures.sets[set]));
  }

  #neighbours(set: string): Promise<void>[] {
    const { plan, quick } = this.#run;
    if (quick || !plan.parts.has('neighbours') || !plan.detectors.includes(CHIEF)) return [];
    this.figures.neighbours[set] = [];
    return neighboursOf(CHIEF).map(({ name, component }) => this.#ranked(set, name, component, this.figures.neighbours[set]));
  }

  async #ranked(set: string, name: string, component: ReturnType<typeof detectorOf>, into: Measured<SetFigures>[]): Promise<void> {
    const figures = await this.#try(`${set}, ${name}`, { kind: 'set', data: this.#run.data, set, component, extent: this.#extent });
    if (figures !== undefined) into.push({ name, peer: false, figures });
  }

  #perturbed(): Promise<void>[] {
    const { plan, quick, data } = this.#run;
    if (!plan.parts.has('perturbed') || !plan.sets.includes('nab')) return [];
    const detectors = [CHIEF, 'envelope'].filter((name) => plan.detectors.includes(name));
    const seeds = quick ? PERTURBED_SEEDS.slice(0, 1) : PERTURBED_SEEDS;
    return detectors.flatMap((detector) =>
      PERTURBATION_NAMES.flatMap((how) =>
        seeds.map(async (seed) => {
          const scores = await this.#try(`nab ${how}, ${detector}`, { kind: 'perturbed', data, how, seed, component: detectorOf(detector) });
          if (scores !== undefined) this.figures.perturbed.push({ detector, how, seed, scores });
        }),
      ),
    );
  }

  #simulated(): Promise<void>[] {
    const { plan, quick } = this.#run;
    if (!plan.parts.has('simulated')) return [];
    const scale = quick ? QUICK_SCALE : FULL_SCALE;
    return compared(plan).flatMap((detector) =>
      BASE_NAMES.map(async (base) => {
        const figures = await this.#try(`simulated ${base}, ${detector}`, { kind: 'simulated', base, component: detectorOf(detector), scale });
        if (figures !== undefined) this.figures.simulated.push({ detector, base, figures });
      }),
    );
  }

  #calibration(): Promise<void>[] {
    const { plan, quick } = this.#run;
    if (!plan.parts.has('calibration')) return [];
    return calibrated(plan).flatMap(({ name, choice }) =>
      BASE_NAMES.map(async (base) => {
        const figures = await this.#try(`calibration ${base}, ${name}`, { kind: 'calibration', base, choice, streams: quick ? 1 : 10, weeks: quick ? 2 : 5 });
        if (figures !== undefined) this.figures.calibration.push({ way: name, base, figures });
      }),
    );
  }

  #disturbances(): Promise<void>[] {
    const { plan, quick } = this.#run;
    if (!plan.parts.has('disturbances')) return [];
    return compared(plan).map(async (detector) => {
      const rows = await this.#try(`disturbances, ${detector}`, { kind: 'disturbances', component: detectorOf(detector), series: quick ? 1 : 10 });
      if (rows !== undefined) this.figures.disturbances.push({ detector, rows });
    });
  }

  async #try<K extends WorkKind>(what: string, task: Task<K>): Promise<Answer<K> | undefined> {
    try {
      return await this.#crew.do(task);
    } catch (thrown) {
      this.figures.failed.push(`${what}: ${messageOf(thrown)}`);
      return undefined;
    } finally {
      this.#note(what);
    }
  }

  #note(what: string): void {
    this.#run.say(`${((performance.now() - this.#began) / 60_000).toFixed(1)} min: ${what}`);
  }
}

/** Measures what the plan names. Throws BENCH_DATA_MISSING before anything is measured when a set is not there. */
export async function measureAccuracy(run: AccuracyRun): Promise<AccuracyFigures> {
  for (const set of run.plan.sets) setNamed(set).list(run.data);
  const crew = new Crew(run.threads);
  const peers = await Peers.load(run.peers && run.plan.sets.length > 0);
  const measurement = new Measurement(run, crew);
  try {
    await measurement.all(peers);
  } finally {
    peers.close();
    await crew.close();
  }
  return inOrder(measurement.figures, run.plan);
}

/** The figures of one set or part alone; what failed is named by its begin. */
function partOf(all: AccuracyFigures, part: string): AccuracyFigures {
  const failed = all.failed.filter((what) => what.startsWith(part));
  if (part === 'simulated' || part === 'calibration' || part === 'disturbances') return { ...nothing(), failed, [part]: all[part] };
  const { sets, neighbours, perturbed, versions } = all;
  return {
    ...nothing(),
    failed,
    versions,
    sets: { [part]: sets[part] },
    neighbours: { [part]: neighbours[part] ?? [] },
    perturbed: part === 'nab' ? perturbed : [],
  };
}

/** Threads finish as they like; tables are in the order of the plan. */
function inOrder(figures: AccuracyFigures, plan: Plan): AccuracyFigures {
  const order = compared(plan);
  const place = ({ detector }: { detector: string }): number => order.indexOf(detector);
  const ways = calibrated(plan).map(({ name }) => name);
  figures.simulated.sort((a, b) => place(a) - place(b));
  figures.disturbances.sort((a, b) => place(a) - place(b));
  figures.perturbed.sort((a, b) => place(a) - place(b) || PERTURBATION_NAMES.indexOf(a.how) - PERTURBATION_NAMES.indexOf(b.how) || a.seed - b.seed);
  figures.calibration.sort((a, b) => ways.indexOf(a.way) - ways.indexOf(b.way));
  figures.failed.sort((a, b) => (a < b ? -1 : 1));
  figures.versions.sort((a, b) => (a < b ? -1 : 1));
  return figures;
}
