/** What every threshold promises. */
import type { Threshold } from '../core/contracts.ts';
import type { ThresholdDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { expectSame, expectThat, type Check } from './check.ts';
import { sampleOptions } from './options.ts';
import { streams } from './streams.ts';

/** No finite score is larger. */
const LARGEST = 1e150;

/** Event times (ms) as they come: in step, far apart, all the same, standing still and leaping, going back. */
const TIMES: Record<string, (i: number) => number> = {
  'every second': (i) => i * 1000,
  'every hour of this century': (i) => 1_700_000_000_000 + i * 3_600_000,
  'at one time': () => 1_700_000_000_000,
  'standing still and leaping': (i) => Math.floor(i / 10) * 86_400_000 * 40,
  'going back': (i) => (i - (i % 7) * 3) * 600_000,
};

function bytes(definition: ThresholdDefinition, threshold: Threshold): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(definition.version);
  threshold.snapshot(writer);
  return writer.end();
}

function limits(threshold: Threshold, scores: Float64Array, timeOf = TIMES['every second'], from = 0): number[] {
  return Array.from(scores, (score, i) => threshold.limit(timeOf(from + i), score));
}

/** Scores are finite: a detector that has none for a row does not ask. */
function eachStream(check: (scores: Float64Array, timeOf: (i: number) => number, name: string) => void): void {
  for (const [name, values] of Object.entries(streams(300, 1))) {
    const scores = values.filter((x) => Math.abs(x) <= LARGEST);
    for (const [pace, timeOf] of Object.entries(TIMES)) check(scores, timeOf, `${name}, ${pace}`);
  }
}

/** The checks of every definition. */
export function thresholdChecks(definitions: readonly ThresholdDefinition[]): Check[] {
  return definitions.flatMap((definition) => {
    const create = () => definition.create(sampleOptions(definition));
    const copy = (threshold: Threshold) => definition.restore(new SnapshotReader(bytes(definition, threshold), definition.version), sampleOptions(definition));
    const promises: Record<string, () => void> = {
      'has a sample that fits its options': () => void sampleOptions(definition),
      'always has a limit': () =>
        eachStream((scores, timeOf, name) =>
          limits(create(), scores, timeOf).forEach((limit, i) => expectThat(limit > -Infinity, `${name}: the limit for score ${scores[i]} is ${limit}`)),
        ),
      'one day has a limit that is a number': () => {
        const threshold = create();
        const { noise } = streams(10_000, 1);
        const last = limits(threshold, noise, TIMES['every hour of this century']).pop()!;
        expectThat(Number.isFinite(last), `after 10,000 scores the limit is ${last}`);
      },
      'finds nothing in scores that never change, once it knows them': () => {
        for (const level of [0, 1e-9, 0.5, 1, 1e150]) {
          const said = limits(create(), new Float64Array(10_000).fill(level), TIMES['every hour of this century']);
          // A limit that knows nothing of the scores may lie below all of them.
          const found = said.filter((limit) => level > limit).length;
          expectThat(found === 0 || found === said.length, `${found} of 10,000 scores of ${level} are anomalous`);
        }
      },
      'says the same of the same scores': () =>
        eachStream((scores, timeOf, name) => expectSame(limits(create(), scores, timeOf), limits(create(), scores, timeOf), name)),
      'goes on from a snapshot to the last bit': () =>
        eachStream((scores, timeOf, name) => {
          const whole = limits(create(), scores, timeOf);
          const threshold = create();
          for (let at = 0; at < scores.length; at += 10) {
            const restored = copy(copy(threshold));
            expectSame(limits(restored, scores.subarray(at), timeOf, at), whole.slice(at), `${name}, restored at score ${at}`);
            limits(threshold, scores.subarray(at, at + 10), timeOf, at);
          }
        }),
      'has a snapshot of bounded size': () => {
        const threshold = create();
        const { noise } = streams(10_000, 1);
        limits(threshold, noise);
        const early = bytes(definition, threshold).length;
        for (let i = 0; i < 4; i++) limits(threshold, noise);
        const late = bytes(definition, threshold).length;
        expectThat(late <= early * 1.05 + 64, `the snapshot grew from ${early} to ${late} bytes between 10,000 and 50,000 scores`);
      },
    };
    return Object.entries(promises).map(([promise, run]) => ({ name: `${definition.name} ${promise}`, run }));
  });
}
