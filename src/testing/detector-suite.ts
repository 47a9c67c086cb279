/** What every detector promises. */
import { detectorOutput, resetOutput, type Detector } from '../core/contracts.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { expectSame, expectThat, type Check } from './check.ts';
import { sampleOptions } from './options.ts';
import { streams } from './streams.ts';

const LENGTH = 300;
const STEP_MS = 1000;

/** How many rows a detector may warm up with its sample options before the suite finds it too slow. */
const LONGEST_WARM_UP = 100_000;

/** One detector of one definition at one width. */
class Subject {
  readonly definition: DetectorDefinition;
  readonly width: number;
  readonly #options: never;

  constructor(definition: DetectorDefinition, width: number, definitions: readonly DetectorDefinition[]) {
    this.definition = definition;
    this.width = width;
    this.#options = sampleOptions(definition, definitions) as never;
  }

  create(): Detector {
    return this.definition.create(this.#options, this.width);
  }

  bytes(detector: Detector): Uint8Array {
    const writer = new SnapshotWriter();
    writer.begin(this.definition.version);
    detector.snapshot(writer);
    return writer.end();
  }

  copy(detector: Detector): Detector {
    return this.definition.restore(new SnapshotReader(this.bytes(detector), this.definition.version), this.#options, this.width);
  }

  /** Scores and learns rows `from` .. `to`; five numbers a row: the score and what came beside it. */
  run(detector: Detector, values: Float64Array, from = 0, to = values.length / this.width): number[] {
    const out = detectorOutput(this.width);
    const said: number[] = [];
    for (let i = from; i < to; i++) {
      const score = detector.score(i * STEP_MS, values, i * this.width, resetOutput(out));
      said.push(score, out.expected, out.below, out.above, out.onset);
      detector.learn(i * STEP_MS, values, i * this.width);
    }
    return said;
  }

  scores(values: Float64Array): number[] {
    return this.run(this.create(), values).filter((_, i) => i % 5 === 0);
  }

  /** Noise long enough to be warm, and the number of rows that took. */
  warmUp(): number {
    const detector = this.create();
    const values = streams(1000, this.width).noise;
    const out = detectorOutput(this.width);
    for (let i = 0; i < LONGEST_WARM_UP; i++) {
      const at = (i % 1000) * this.width;
      if (!Number.isNaN(detector.score(i * STEP_MS, values, at, out))) return i;
      detector.learn(i * STEP_MS, values, at);
    }
    throw new Error(`no score in ${LONGEST_WARM_UP} rows`);
  }
}

function eachStream(subject: Subject, check: (values: Float64Array, name: string) => void): void {
  for (const [name, values] of Object.entries(streams(LENGTH, subject.width))) check(values, name);
}

/** Going on from a snapshot (of what was restored from one) at every tenth row says the same as going on without one, to the last bit. */
function restores(subject: Subject): void {
  eachStream(subject, (values, name) => {
    const whole = subject.run(subject.create(), values);
    const detector = subject.create();
    for (let at = 0; at < LENGTH; at += 10) {
      const restored = subject.copy(subject.copy(detector));
      expectSame(subject.run(restored, values, at), whole.slice(at * 5), `${name}, restored at row ${at}`);
      subject.run(detector, values, at, at + 10);
    }
  });
}

function isDeterministic(subject: Subject): void {
  eachStream(subject, (values, name) => expectSame(subject.run(subject.create(), values), subject.run(subject.create(), values), name));
}

function scoreLearnsNothing(subject: Subject): void {
  const out = detectorOutput(subject.width);
  eachStream(subject, (values, name) => {
    const asked = subject.create();
    const plain = subject.create();
    for (let i = 0; i < LENGTH; i++) {
      const at = i * subject.width;
      for (let again = 0; again < 2; again++) asked.score(i * STEP_MS, values, ((i * 7) % LENGTH) * subject.width, out);
      expectSame([asked.score(i * STEP_MS, values, at, out)], [plain.score(i * STEP_MS, values, at, out)], `${name}, row ${i}`);
      asked.learn(i * STEP_MS, values, at);
      plain.learn(i * STEP_MS, values, at);
    }
    expectSame(subject.bytes(asked), subject.bytes(plain), `${name}, the snapshots`);
  });
}

function warmsUp(subject: Subject): void {
  eachStream(subject, (values, name) => expectThat(Number.isNaN(subject.scores(values)[0]), `${name}: the first row has a score before anything was learnt`));
  subject.warmUp();
}

function staysInBounds(subject: Subject): void {
  eachStream(subject, (values, name) => {
    const said = subject.run(subject.create(), values);
    said.forEach((x, k) => {
      expectThat(Math.abs(x) !== Infinity, `${name}, row ${Math.floor(k / 5)}: ${['score', 'expected', 'below', 'above', 'onset'][k % 5]} is ${x}`);
      if (k % 5 === 2 || k % 5 === 3) expectThat(!(x < 0), `${name}: the band has a negative width ${x}`);
      if (k % 5 === 4) expectThat(!(x < 0 || x > 1), `${name}: the onset ${x} is not within 0 and 1`);
    });
  });
}

/** Rows without any value get no score (a finite one where it judges times), and afterwards there are scores again. */
function toleratesMissing(subject: Subject): void {
  const detector = subject.create();
  const warm = subject.warmUp();
  const values = streams(1000, subject.width).noise;
  for (let i = 0; i <= warm; i++) {
    detector.score(i * STEP_MS, values, (i % 1000) * subject.width, resetOutput(detectorOutput(subject.width)));
    detector.learn(i * STEP_MS, values, (i % 1000) * subject.width);
  }
  for (const hole of [NaN, Infinity, -Infinity]) {
    const missing = new Float64Array(50 * subject.width).fill(hole);
    const said = subject.run(detector, missing);
    const fits = subject.definition.judges === 'times' ? Number.isFinite : Number.isNaN;
    for (let i = 0; i < said.length; i += 5) expectThat(fits(said[i]), `a row of nothing but ${hole} has the score ${said[i]}`);
  }
  const after = subject.run(detector, values, 0, 10);
  for (let i = 0; i < after.length; i += 5) expectThat(Number.isFinite(after[i]), 'a missing value has spoilt the state');
}

/** A change of a series that never changed is the most unusual thing it has shown, to whoever looks at values. */
function seesTheFirstChange(subject: Subject): void {
  if (subject.definition.judges === 'times') return;
  const flat = Math.max(subject.warmUp() * 2, 50);
  for (const level of [0, 5, -1e9, 1e12]) {
    const values = new Float64Array((flat + 1) * subject.width).fill(level);
    values.fill(level + 1000, flat * subject.width);
    const scores = subject.scores(values);
    const step = scores.pop()!;
    const before = scores.reduce((most, x) => (x > most ? x : most), -Infinity);
    expectThat(Number.isFinite(step) && step > before && step > 0, `flat at ${level}: the step scores ${step}, the flat part at most ${before}`);
  }
}

function keepsItsSize(subject: Subject): void {
  const values = streams(1000, subject.width).noise;
  const detector = subject.create();
  const size = (thousands: number) => {
    for (let i = 0; i < thousands; i++) subject.run(detector, values);
    return subject.bytes(detector).length;
  };
  const early = size(10);
  const late = size(40);
  expectThat(late <= early * 1.05 + 64, `the snapshot grew from ${early} to ${late} bytes between 10,000 and 50,000 rows`);
}

const PROMISES: Record<string, (subject: Subject) => void> = {
  'goes on from a snapshot to the last bit': restores,
  'says the same of the same rows': isDeterministic,
  'learns nothing by scoring': scoreLearnsNothing,
  'has no score while warming up, and one day has': warmsUp,
  'says no infinite number': staysInBounds,
  'tolerates missing values': toleratesMissing,
  'sees the first change of a flat series': seesTheFirstChange,
  'has a snapshot of bounded size': keepsItsSize,
};

/** What is only promised by a detector that learns. */
const OF_LEARNING: readonly string[] = ['has no score while warming up, and one day has', 'sees the first change of a flat series'];

/** The checks of every definition, with one column and, where it takes several, with three. */
export function detectorChecks(definitions: readonly DetectorDefinition[]): Check[] {
  return definitions.flatMap((definition) => {
    const widths = definition.columns === 'many' ? [1, 3] : [1];
    const valid = { name: `${definition.name} has a sample that fits its options`, run: () => void sampleOptions(definition, definitions) };
    const kept = Object.entries(PROMISES).filter(([promise]) => definition.learns !== false || !OF_LEARNING.includes(promise));
    const promises = widths.flatMap((width) =>
      kept.map(([promise, check]) => ({
        name: `${definition.name} ${promise}${width === 1 ? '' : ` (${width} columns)`}`,
        run: () => check(new Subject(definition, width, definitions)),
      })),
    );
    return [valid, ...promises];
  });
}
