/** A crash between history and ledger makes the engine write the same verdicts again, cut into other batches: nothing of it shows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ANOMALOUS, emptyVerdicts, type VerdictBatch } from '../../../src/core/verdicts.ts';
import { openHistory } from '../../../src/stores/sqlite/history.ts';

const START = 1_700_000_000_000;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Verdicts from..to - 1 of one series, a second apart, two of each time; their values rise. */
function batch(from: number, to: number): VerdictBatch {
  const out = Object.assign(emptyVerdicts(1, to - from), { length: to - from, stage: 'detect', detector: 'ema', config: 'c' });
  for (let i = from; i < to; i++) {
    const row = i - from;
    out.time[row] = START + Math.floor(i / 2) * 1000;
    out.values[row] = out.expected[row] = i;
    out.score[row] = i / 100;
    out.flags[row] = i % 50 === 0 ? ANOMALOUS : 0;
    out.idHigh[row] = i;
    out.idLow[row] = Math.imul(i, 0x9e3779b1);
    out.offset[row] = i;
  }
  return out;
}

function charted(appends: readonly (readonly [from: number, to: number])[], points: number) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-'));
  folders.push(folder);
  const history = openHistory(folder);
  for (const [from, to] of appends) void history.append('p', [batch(from, to)], []);
  const range = history.range('p', 0, START, START + 10_000_000, points);
  history.close();
  return range;
}

describe('verdicts that were appended twice, in other batches', () => {
  const once = [[0, 1000]] as const;
  const again = [
    [0, 301],
    [101, 555],
    [555, 1000],
    [970, 1000],
  ] as const;

  it.each([10, 100, 2_000])('show once in a chart of %i points', (points) => {
    expect(charted(again, points)).toEqual(charted(once, points));
  });
});
