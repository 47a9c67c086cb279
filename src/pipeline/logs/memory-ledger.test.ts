import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECE } from '../../runtime/pieces.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { StateFile } from './state-file.ts';

describe('a file of states', () => {
  it('gives back what was put last under each key, and leaves nothing in its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'homeostat-states-'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.uint8Array({ maxLength: 300 })), { maxLength: 60 }), (puts) => {
        const file = new StateFile(folder);
        const expected = new Map<number, Uint8Array>();
        for (const [key, bytes] of puts) {
          file.put(key, bytes);
          expected.set(key, bytes);
        }
        expect(file.keys()).toEqual([...expected.keys()].sort((a, b) => a - b));
        for (const [key, bytes] of expected) expect(file.get(key)).toEqual(bytes);
        expect(file.get(99)).toBeUndefined();
        expect(readdirSync(folder)).toEqual([]);
        file.close();
      }),
    );
    await rm(folder, { recursive: true });
  });
});

describe('a ledger in memory', () => {
  it.each(['session', 'judge'])('keeps the pieces of a state of %s that did not change', (stage) => {
    const ledger = new MemoryLedger();
    const fill = (value: number, length: number): Uint8Array => new Uint8Array(length).fill(value);
    const size = 2 * PIECE + 10;
    const pieces = [
      { number: 1, data: fill(2, PIECE) },
      { number: 2, data: fill(3, 10) },
    ];
    ledger.apply([{ stage, key: 5, shape: 7, data: fill(1, PIECE), rest: { size, pieces } }]);
    ledger.apply([{ stage, key: 5, shape: 7, data: fill(4, PIECE), rest: { size, pieces: [{ number: 2, data: fill(5, 10) }] } }]);
    const [{ key, shape, data }] = ledger.committed(stage);
    expect([key, shape, data.length, data[0], data[PIECE], data[2 * PIECE]]).toEqual([5, 7, size, 4, 2, 5]);
    ledger.close();
  });

  it('takes a stage over under another shape', () => {
    const [one, other] = [new MemoryLedger(), new MemoryLedger()];
    one.apply([{ stage: 'judge', key: 1, shape: 7, data: Uint8Array.of(9) }]);
    other.copy('judge', 8, one);
    expect(other.lookup('judge', 1)).toEqual({ shape: 8, data: Uint8Array.of(9) });
  });
});
