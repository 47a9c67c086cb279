import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Directory, NONE } from './directory.ts';

function listed(directory: Directory): number[] {
  const slots: number[] = [];
  for (let slot = directory.head; slot !== NONE; slot = directory.next(slot)) slots.push(slot);
  return slots;
}

describe('directory of sessions', () => {
  it('finds what is there and lists it in the order of touch, as a map does', () => {
    const act = fc.tuple(fc.constantFrom('touch', 'touch', 'remove'), fc.nat(40));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const directory = new Directory();
        const want = new Map<number, number>();
        acts.forEach(([act, id], time) => {
          // Few different sums, so that many share a place in the table.
          const [high, low] = [id % 3, id];
          const slot = directory.find(high ^ low, low);
          expect(slot).toBe(want.get(id) ?? NONE);
          if (act === 'remove') {
            if (slot !== NONE) directory.remove(slot);
            want.delete(id);
            return;
          }
          if (slot === NONE) want.set(id, directory.add(high ^ low, low, time));
          else {
            directory.touch(slot, time);
            want.delete(id);
            want.set(id, slot);
          }
        });
        expect(listed(directory)).toEqual([...want.values()]);
        expect(directory.open).toBe(want.size);
        for (const [id, slot] of want) expect(directory.find((id % 3) ^ id, id)).toBe(slot);
      }),
    );
  });

  it('uses slots that became free again, the first ones first', () => {
    const directory = new Directory();
    for (let i = 0; i < 5000; i++) directory.add(i, 0, i);
    for (let i = 0; i < 5000; i += 2) directory.remove(directory.find(i, 0));
    for (let i = 0; i < 2500; i++) expect(directory.add(-i, 7, i)).toBe(2 * i);
    expect(directory.slots).toBe(5000);
    expect(directory.add(1, 8, 0)).toBe(5000);
  });

  it('keeps the cursor on the first that is still to be looked at', () => {
    const directory = new Directory();
    for (let i = 0; i < 3; i++) directory.add(i, 0, i);
    directory.cursor = directory.next(directory.cursor);
    directory.touch(1, 3);
    expect(directory.cursor).toBe(2);
    directory.remove(2);
    expect(directory.cursor).toBe(1);
    directory.cursor = directory.next(directory.cursor);
    expect(directory.cursor).toBe(NONE);
    directory.touch(1, 4);
    expect(directory.cursor).toBe(1);
    expect(directory.last(1)).toBe(4);
  });
});
