import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineShapes } from './line-shapes.ts';
import { hashMessage } from './words.ts';

/** Bytes of lines, each with room behind it, and where they stand. */
function laid(lines: readonly string[]): { bytes: Uint8Array; spans: [number, number][] } {
  const bytes = Buffer.from(`${lines.join('\n')}\n123456`, 'latin1');
  let at = 0;
  const spans = lines.map((line): [number, number] => [at, (at += line.length + 1) - 1]);
  return { bytes, spans };
}

function hashOf(bytes: Uint8Array, from: number, to: number): string {
  const hash = { high: 0, low: 0 };
  hashMessage(bytes, from, to, hash);
  return `${hash.high} ${hash.low}`;
}

/** Learns a line for good; only some of those that are shown are learnt. */
function teach(shapes: LineShapes, bytes: Uint8Array, from: number, to: number, slot: number): void {
  for (let n = 0; n < 100 && shapes.find(bytes, from, to) < 0; n++) shapes.learn(bytes, from, to, slot);
}

describe('shapes of lines', () => {
  it('know only lines that have the hash of the line that they were learnt from', () => {
    const part = fc.constantFrom('Received', 'block', 'blk_', '-', '12', '7', '3456789', '10.2', '.', '..', ' ', '  ', ':', '=', '/', 'x', '\t');
    const line = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => `Bloc${parts.join('')}`);
    fc.assert(
      fc.property(fc.array(line, { minLength: 2, maxLength: 12 }), (lines) => {
        const { bytes, spans } = laid(lines);
        const shapes = new LineShapes();
        const [learnt, ...others] = spans;
        teach(shapes, bytes, ...learnt, 3);
        for (const [from, to] of others) {
          if (shapes.find(bytes, from, to) < 0) continue;
          expect(shapes.find(bytes, from, to)).toBe(3);
          expect(hashOf(bytes, from, to)).toBe(hashOf(bytes, ...learnt));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('know lines that differ in their values, also where they begin with one', () => {
    const { bytes, spans } = laid([
      'Received block blk_-3544583377289625738 of size 67108864 from /10.250.19.102',
      'Received block blk_8 of size 1 from /10.250.6.4',
      '10.251.43.21:50010:Got exception while serving blk_-1 to /10.251.43.21:',
      '1.2:5:Got exception while serving blk_1934 to /10:',
      'Received block blk_8 of size 1  from /10.250.6.4',
      'Received block blk_8 of size 1 from /10.250.6.4.',
    ]);
    const shapes = new LineShapes();
    teach(shapes, bytes, ...spans[0], 5);
    teach(shapes, bytes, ...spans[2], 6);
    expect(spans.map(([from, to]) => shapes.find(bytes, from, to))).toEqual([5, 5, 6, 6, -1, -1]);
    shapes.clear();
    expect(shapes.find(bytes, ...spans[0])).toBe(-1);
  });

  it('forget the oldest of those that begin alike', () => {
    const { bytes, spans } = laid(['line a', 'line b', 'line c', 'line d', 'line e']);
    const shapes = new LineShapes();
    spans.forEach(([from, to], slot) => teach(shapes, bytes, from, to, slot));
    expect(spans.map(([from, to]) => shapes.find(bytes, from, to))).toEqual([-1, 1, 2, 3, 4]);
  });
});
