/** What every threshold promises. */
import type { Threshold } from '../core/contracts.ts';
import type { ThresholdDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { expectSame, expectThat, type Check } from './check.ts';
import { sampleOptions } from './options.ts';
import { streams } from './streams.ts';

function bytes(definition: ThresholdDefinition, threshold: Threshold): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(definition.version);
  threshold.snapshot(writer);
  return writer.end();
}

function limits(threshold: Threshold, scores: Float64Array): number[] {
  return Array.from(scores, (score, i) => threshold.limit(i * 1000, score));
}

function eachStream(check: (scores: Float64Array, name: string) => void): void {
  for (const [name, scores] of Object.entries(streams(300, 1))) check(scores, name);
}

/** The checks of every definition. */
export function thresholdChecks(definitions: readonly ThresholdDefinition[]): Check[] {
  return definitions.flatMap((definition) => {
    const create = () => definition.create(sampleOptions(definition));
    const copy = (threshold: Threshold) => definition.restore(new SnapshotReader(bytes(definition, threshold), definition.version), sampleOptions(definition));
    const promises: Record<string, () => void> = {
      'has a sample that fits its options': () => void sampleOptions(definition),
      'always has a limit': () =>
        eachStream((scores, name) =>
          limits(create(), scores).forEach((limit, i) => expectThat(!Number.isNaN(limit), `${name}: no limit for score ${scores[i]}`)),
        ),
      'says the same of the same scores': () => eachStream((scores, name) => expectSame(limits(create(), scores), limits(create(), scores), name)),
      'goes on from a snapshot to the last bit': () =>
        eachStream((scores, name) => {
          const whole = limits(create(), scores);
          const threshold = create();
          for (let at = 0; at < scores.length; at += 10) {
            const restored = copy(copy(threshold));
            expectSame(limits(restored, scores.subarray(at)), whole.slice(at), `${name}, restored at score ${at}`);
            limits(threshold, scores.subarray(at, at + 10));
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
