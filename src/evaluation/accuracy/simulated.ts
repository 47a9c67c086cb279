/** How many of the made anomalies a detector finds at one false alarm per 10,000 rows, and how many false alarms that really is. */
import { detectorOutput, resetOutput, type Detector } from '../../core/contracts.ts';
import { CounterRandom } from '../../core/random.ts';
import type { DetectorDefinition } from '../../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { definitionOf, type Component } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { alarmsAbove, limitFor } from '../measures/alerts.ts';
import type { AnomalyKind } from '../simulators/anomalies.ts';
import type { BaseName } from '../simulators/bases.ts';
import { spikeEvidence } from '../simulators/oracle.ts';
import { cleanStream, kindsFor, streamWith, type SimulatedStream } from '../simulators/streams.ts';

/** How much is simulated of each base. */
export interface SimulationScale {
  /** Streams with an anomaly of each kind. */
  streams: number;
  /** Clean streams that the limit is chosen on, and as many others that false alarms are counted on. */
  clean: number;
  /** Rows of each clean stream behind the warm-up. */
  cleanRows: number;
}

export const FULL_SCALE: SimulationScale = { streams: 20, clean: 10, cleanRows: 10_000 };

/** Two weeks: every season has been seen twice. */
const WARM_UP = 4_032;
/** The anomaly begins within a day behind the warm-up. */
const WITHIN = 288;
/** Rows behind its end in which it may still be found. */
const GRACE = 5;
/** Scores above the limit that are no farther apart are one alarm. */
const MERGE = 20;
const ROWS_PER_ALARM = 10_000;

/** What is found by one of the two things that a detector says. */
export interface FoundBy {
  /** Alarms per 10,000 rows of clean streams that the limit was not chosen on. */
  falseAlarms: number;
  found: Partial<Record<AnomalyKind, number>>;
  /** Share of stretches as long in clean streams in which the limit is crossed as well. */
  chance: Partial<Record<AnomalyKind, number>>;
}

export interface SimulatedFigures {
  score: FoundBy;
  /** Absent for a detector without onsets. */
  onset?: FoundBy;
  /** Share of the spikes that one who knows the base would find, who alarms as often; no detector can find more but by luck. */
  spikesByOracle: number;
}

interface Said {
  score: Float64Array;
  onset: Float64Array;
}

class Subject {
  readonly #definition: DetectorDefinition;
  readonly #options: never;
  readonly #out = detectorOutput(1);
  readonly #writer = new SnapshotWriter();

  constructor({ name, options }: Component) {
    this.#definition = definitionOf(registry, 'detector', name)!;
    this.#options = options as never;
  }

  get onsets(): boolean {
    return this.#definition.onsets === true;
  }

  create(): Detector {
    return this.#definition.create(this.#options, 1);
  }

  /** Scores and learns rows `from` to `to` - 1. */
  run(detector: Detector, { time, values }: Pick<SimulatedStream, 'time' | 'values'>, from: number, to: number): Said {
    const said = { score: new Float64Array(to - from), onset: new Float64Array(to - from) };
    for (let i = from; i < to; i++) {
      said.score[i - from] = detector.score(time[i], values, i, resetOutput(this.#out));
      said.onset[i - from] = this.#out.onset;
      detector.learn(time[i], values, i);
    }
    return said;
  }

  freeze(detector: Detector): Uint8Array {
    this.#writer.begin(this.#definition.version);
    detector.snapshot(this.#writer);
    return this.#writer.end();
  }

  thaw(bytes: Uint8Array): Detector {
    return this.#definition.restore(new SnapshotReader(bytes, this.#definition.version), this.#options, 1);
  }
}

function cleanRuns(subject: Subject, base: BaseName, scale: SimulationScale, seed: number): Said[] {
  return Array.from({ length: scale.clean }, (_, k) => {
    const stream = cleanStream(base, WARM_UP + scale.cleanRows, seed + k);
    const detector = subject.create();
    subject.run(detector, stream, 0, WARM_UP);
    return subject.run(detector, stream, WARM_UP, WARM_UP + scale.cleanRows);
  });
}

/** Seed of the stream that is struck, and at which row. */
function struckAt(k: number): { seed: number; at: number } {
  return { seed: 1_000 + k, at: WARM_UP + new CounterRandom(5).at(0, k).below(WITHIN) };
}

/** Of each kind and stream, what is said from its begin to the end of its grace. What comes before is the same for all kinds, and is run once. */
function struckRuns(subject: Subject, base: BaseName, scale: SimulationScale): Map<AnomalyKind, Said[]> {
  const kinds = kindsFor(base);
  const said = new Map<AnomalyKind, Said[]>(kinds.map((kind) => [kind, []]));
  for (let k = 0; k < scale.streams; k++) {
    const { seed, at } = struckAt(k);
    const detector = subject.create();
    subject.run(detector, cleanStream(base, at, seed), 0, at);
    const frozen = subject.freeze(detector);
    for (const kind of kinds) {
      const stream = streamWith(base, kind, at + 2_200, at, seed);
      const end = stream.time.findIndex((time) => time >= stream.truth[0].to);
      said.get(kind)!.push(subject.run(subject.thaw(frozen), stream, at, end + GRACE));
    }
  }
  return said;
}

function crosses(scores: ArrayLike<number>, limit: number): boolean {
  for (let i = 0; i < scores.length; i++) if (scores[i] > limit) return true;
  return false;
}

/** Share of the stretches of clean streams, `rows` long and side by side, in which the limit is crossed. */
function byChance(clean: readonly Float64Array[], limit: number, rows: number): number {
  let crossed = 0;
  let count = 0;
  for (const scores of clean) {
    for (let from = 0; from + rows <= scores.length; from += rows, count++) if (crosses(scores.subarray(from, from + rows), limit)) crossed++;
  }
  return crossed / count;
}

function foundBy(of: 'score' | 'onset', chosen: readonly Said[], counted: readonly Said[], struck: Map<AnomalyKind, Said[]>): FoundBy {
  const rows = counted.reduce((sum, said) => sum + said[of].length, 0);
  const limit = limitFor(
    chosen.map((said) => said[of]),
    Math.floor(rows / ROWS_PER_ALARM),
    MERGE,
  );
  const clean = counted.map((said) => said[of]);
  const alarms = clean.reduce((sum, scores) => sum + alarmsAbove(scores, limit, MERGE).length, 0);
  const figures: FoundBy = { falseAlarms: (alarms * ROWS_PER_ALARM) / rows, found: {}, chance: {} };
  for (const [kind, runs] of struck) {
    figures.found[kind] = runs.filter((said) => crosses(said[of], limit)).length / runs.length;
    figures.chance[kind] = byChance(clean, limit, runs[0][of].length);
  }
  return figures;
}

/** Share of the same spikes that are found by who knows the base, with a limit from the same clean streams. */
export function spikesByOracle(base: BaseName, scale: SimulationScale): number {
  const clean = Array.from({ length: scale.clean }, (_, k) => spikeEvidence(base, cleanStream(base, WARM_UP + scale.cleanRows, 1 + k), 1 + k, WARM_UP));
  const limit = limitFor(clean, Math.floor((scale.clean * scale.cleanRows) / ROWS_PER_ALARM), MERGE);
  const found = Array.from({ length: scale.streams }, (_, k) => {
    const { seed, at } = struckAt(k);
    return crosses(spikeEvidence(base, streamWith(base, 'spike', at + 1 + GRACE, at, seed), seed, at), limit);
  });
  return found.filter(Boolean).length / scale.streams;
}

export function measureSimulated(base: BaseName, component: Component, scale: SimulationScale): SimulatedFigures {
  const subject = new Subject(component);
  const chosen = cleanRuns(subject, base, scale, 1);
  const counted = cleanRuns(subject, base, scale, 500);
  const struck = struckRuns(subject, base, scale);
  return {
    score: foundBy('score', chosen, counted, struck),
    spikesByOracle: spikesByOracle(base, scale),
    ...(subject.onsets ? { onset: foundBy('onset', chosen, counted, struck) } : {}),
  };
}
