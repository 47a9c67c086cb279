import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Rollup } from '../../core/contracts.ts';
import { Coarse, TIERS } from './tiers.ts';

const HOUR = 3_600_000;
const part = (minute: number, count: number): Rollup => ({
  series: 1,
  time: minute * 60_000,
  count,
  sum: count * minute,
  min: -count,
  max: count,
  anomalies: 1,
  maxScore: minute,
});

it('is the sum of its parts, however often and in whatever cut they come, over restarts', async () => {
  const step = fc.record({ back: fc.nat(5), forth: fc.integer({ min: 1, max: 90 }), restart: fc.boolean(), grow: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const fine = new Map<number, Rollup>();
      const coarse = new Map<number, Rollup>();
      let tier = new Coarse(TIERS[1], TIERS[0]);
      const read = async (_series: string, _finer: unknown, from: number, to: number): Promise<Rollup[]> =>
        [...fine.values()].filter(({ time }) => time >= from && time < to);
      let at = 0;
      for (const { back, forth, restart, grow } of steps) {
        if (restart) tier = new Coarse(TIERS[1], TIERS[0]);
        const begin = restart ? Math.max(0, at - back) : at + 1;
        for (let minute = begin; minute <= at + forth; minute += restart ? 1 : 7) {
          const each = [...(grow && !fine.has(minute * 60_000) ? [part(minute, 2)] : []), part(minute, 10 + (minute % 3))];
          for (const one of each) {
            fine.set(one.time, one);
            const bucket = await tier.add('p s', 's', one, read);
            coarse.set(bucket.time, bucket);
          }
        }
        at += forth;
      }
      for (const [start, { count, sum, min, max, anomalies, maxScore }] of coarse) {
        const parts = [...fine.values()].filter(({ time }) => Math.floor(time / HOUR) * HOUR === start);
        const total = (of: (one: Rollup) => number): number => parts.reduce((so, one) => so + of(one), 0);
        expect([count, sum, anomalies]).toEqual([total((one) => one.count), total((one) => one.sum), parts.length]);
        expect([min, max, maxScore]).toEqual([
          Math.min(...parts.map((one) => one.min)),
          Math.max(...parts.map((one) => one.max)),
          Math.max(...parts.map((one) => one.maxScore)),
        ]);
      }
    }),
    { numRuns: 60 },
  );
});
