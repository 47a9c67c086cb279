import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verdictTexts } from '../../core/verdicts.ts';
import { sampleVerdicts } from '../../testing/history-suite.ts';
import { Spool, type Append } from './spool.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'homeostat-spool-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'data', 'waiting.bin');
const open = (limit = 1e6): Spool => new Spool(path(), limit);
const names = { get: (index: number) => ({ key: `s${index}` }) };
const append = (id: number): Append => ({
  pipeline: 'p',
  verdicts: [
    Object.assign(
      sampleVerdicts(
        [
          { time: id, series: 3, value: -0 },
          { time: id + 0.5, series: 5, value: NaN },
        ],
        2,
      ),
      { texts: verdictTexts(2) },
    ),
  ],
  rollups: [{ series: 7, time: id, count: 1, sum: 2, min: -Infinity, max: 3, anomalies: 0, maxScore: -Infinity }],
  names,
});

it('gives back what was put, the oldest first, with every bit and the names of its series', () => {
  const spool = open();
  expect([spool.isEmpty, spool.peek()]).toEqual([true, undefined]);
  for (const id of [1, 2]) expect(spool.put(append(id))).toBe(true);
  for (const id of [1, 2]) {
    const { pipeline, verdicts, rollups, names: got } = spool.peek()!;
    expect({ pipeline, verdicts: [...verdicts], rollups: [...rollups] }).toEqual({ pipeline: 'p', verdicts: append(id).verdicts, rollups: append(id).rollups });
    expect([3, 5, 7, 9].map((index) => got.get(index).key)).toEqual(['s3', 's5', 's7', '#9']);
    spool.taken();
  }
  expect([spool.isEmpty, spool.waiting, statSync(path()).size]).toEqual([true, 0, 0]);
  spool.close();
});

it('still has everything after its process ended, also what was half done', () => {
  const spool = open();
  for (const id of [1, 2, 3]) spool.put(append(id));
  spool.taken();
  spool.close();
  const again = open();
  const times: number[] = [];
  for (let next = again.peek(); next !== undefined; next = again.peek()) {
    times.push(next.rollups[0].time);
    again.taken();
  }
  expect(times).toEqual([1, 2, 3]);
  again.close();
});

it.each(['cut off', 'overwritten', 'only begun'])('leaves out an end that is %s, which was never acknowledged', (what) => {
  const spool = open();
  spool.put(append(1));
  const whole = statSync(path()).size;
  if (what === 'only begun') appendFileSync(path(), Buffer.of(9, 0));
  else {
    spool.put(append(2));
    truncateSync(path(), statSync(path()).size - 5);
    if (what === 'overwritten') appendFileSync(path(), Buffer.alloc(5, 0xa5));
  }
  spool.close();
  const again = open();
  expect([again.waiting, statSync(path()).size]).toEqual([whole, whole]);
  expect(again.put(append(4))).toBe(true);
  again.taken();
  expect(again.peek()!.rollups[0].time).toBe(4);
  again.close();
});

it('keeps what lies behind a part that was damaged, and says that one is lost', () => {
  const spool = open();
  const begins: number[] = [];
  for (const id of [1, 2, 3]) {
    begins.push(spool.waiting);
    spool.put(append(id));
  }
  spool.close();
  const bytes = readFileSync(path());
  bytes[begins[1] + 20] ^= 1;
  writeFileSync(path(), bytes);
  const again = open();
  expect(again.damaged).toBe(1);
  const times: number[] = [];
  for (let next = again.peek(); next !== undefined; next = again.peek()) {
    times.push(next.rollups[0].time);
    again.taken();
  }
  expect([times, again.isEmpty, again.waiting]).toEqual([[1, 3], true, 0]);
  again.close();
});

it('is bounded, and has room again when it is empty', () => {
  const spool = open(3_000);
  let taken = 0;
  while (spool.put(append(taken))) taken++;
  expect(taken).toBeGreaterThan(0);
  expect(statSync(path()).size).toBeLessThanOrEqual(3_000);
  for (let i = 0; i < taken; i++) spool.taken();
  expect(spool.put(append(9))).toBe(true);
  spool.close();
});

it('puts a frame in its place, also behind the rest of one that failed', () => {
  const spool = open();
  spool.put(append(1));
  appendFileSync(path(), 'the beginning of a frame');
  spool.put(append(2));
  const times: number[] = [];
  for (let next = spool.peek(); next !== undefined; next = spool.peek()) {
    times.push(next.rollups[0].time);
    spool.taken();
  }
  expect(times).toEqual([1, 2]);
  spool.close();
});

it('does not take what it cannot read for nothing', () => {
  const spool = open();
  spool.put(append(1));
  writeFileSync(path(), Buffer.alloc(statSync(path()).size, 7));
  expect(() => spool.peek()).toThrowError(expect.objectContaining({ code: 'LEDGER_IO' }) as Error);
  expect(spool.waiting).toBeGreaterThan(0);
  spool.close();
});
