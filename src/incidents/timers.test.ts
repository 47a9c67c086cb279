import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Timers, type Timed } from './timers.ts';

it('rings the earliest time of each owner, in order of time and then of name', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(10)), { maxLength: 100 }), (sets) => {
      const owners: Timed[] = Array.from({ length: 21 }, (_, i) => ({ name: `n${String(i).padStart(2, '0')}`, queued: Infinity }));
      const timers = new Timers<Timed>();
      const least = new Map<number, number>();
      for (const [owner, at] of sets) {
        timers.set(owners[owner], at);
        least.set(owner, Math.min(at, least.get(owner) ?? Infinity));
      }
      const rung: [number, string][] = [];
      while (timers.next < Infinity) {
        const at = timers.next;
        const owner = timers.pop();
        if (owner !== undefined) rung.push([at, owner.name]);
      }
      const want = Array.from(least, ([owner, at]): [number, string] => [at, owners[owner].name]);
      expect(rung).toEqual(want.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)));
      expect(owners.every(({ queued }) => queued === Infinity)).toBe(true);
    }),
  );
});
