import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Directory, LAST, NONE, NUMBERS } from './directory.ts';

/** Takes out all sessions, the one that was touched the longest ago first. */
function drained(directory: Directory): number[] {
  const slots: number[] = [];
  while (directory.open > 0) {
    directory.settle(directory.head);
    slots.push(directory.head);
    directory.remove(directory.head);
  }
  return slots;
}

describe('directory of sessions', () => {
  it('finds what is there and gives it out in the order of touch, as a map does', () => {
    const act = fc.tuple(fc.constantFrom('touch', 'touch', 'touch', 'remove', 'oldest'), fc.nat(40), fc.constantFrom(0, 1, 1, 20));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), fc.constantFrom(0, 5, 1000), (acts, stretch) => {
        const directory = new Directory(stretch);
        const want = new Map<number, number>();
        let time = 0;
        acts.forEach(([act, id, gap], touch) => {
          time += gap;
          // Few different sums, so that many share a place in the table.
          const [high, low] = [id % 3, id];
          const slot = directory.find(high ^ low, low);
          expect(slot).toBe(want.get(id) ?? NONE);
          if (act === 'oldest') {
            if (directory.head === NONE) return;
            const bound = directory.since(directory.head);
            directory.settle(directory.head);
            expect(directory.head).toBe([...want.values()][0]);
            expect(directory.since(directory.head)).toBe(directory.numbers[directory.head * NUMBERS + LAST]);
            expect(bound).toBeLessThanOrEqual(directory.since(directory.head));
            return;
          }
          if (act === 'remove') {
            if (slot !== NONE) directory.remove(slot);
            want.delete(id);
            return;
          }
          if (slot === NONE) want.set(id, directory.add(high ^ low, low, { now: time, touches: touch }));
          else {
            directory.touch(slot, { now: time, touches: touch });
            want.delete(id);
            want.set(id, slot);
          }
        });
        expect(directory.open).toBe(want.size);
        for (const [id, slot] of want) expect(directory.find((id % 3) ^ id, id)).toBe(slot);
        expect(drained(directory)).toEqual([...want.values()]);
      }),
      { numRuns: 300 },
    );
  });

  it('uses slots that became free again, the first ones first', () => {
    const directory = new Directory(10);
    for (let i = 0; i < 5000; i++) directory.add(i, 0, { now: i, touches: i });
    for (let i = 0; i < 5000; i += 2) directory.remove(directory.find(i, 0));
    for (let i = 0; i < 2500; i++) expect(directory.add(-i, 7, { now: 5000 + i, touches: 5000 + i })).toBe(2 * i);
    expect(directory.slots).toBe(5000);
    expect(directory.add(1, 8, { now: 9000, touches: 9000 })).toBe(5000);
  });

  it('keeps the cursor on the first that is still to be looked at', () => {
    const directory = new Directory(2);
    for (let i = 0; i < 3; i++) directory.add(i, 0, { now: i, touches: i });
    directory.settle(directory.cursor);
    expect(directory.cursor).toBe(0);
    directory.cursor = directory.next(directory.cursor);
    directory.touch(1, { now: 3, touches: 3 });
    expect(directory.cursor).toBe(2);
    directory.settle(directory.cursor);
    directory.remove(2);
    expect(directory.cursor).toBe(1);
    directory.settle(directory.cursor);
    directory.cursor = directory.next(directory.cursor);
    expect(directory.cursor).toBe(NONE);
    directory.touch(1, { now: 4, touches: 4 });
    expect(directory.cursor).toBe(1);
    expect(directory.since(1)).toBe(4);
  });
});
