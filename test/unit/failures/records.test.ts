/** Late, broken and too-early records: counted, kept, and no reason to stop. */
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { csv, lastStatus, prepared, START, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';

const ROWS = 2_000;
const isBroken = (n: number): boolean => n % 100 === 50;
const isLate = (n: number): boolean => n > 200 && n % 20 === 7;
const EARLY = 777;
const CENTURY = Date.UTC(2099, 0, 1);

function soiled(line: string, n: number): string {
  const [time, series, value] = line.split(',');
  if (n === EARLY) return `${CENTURY},${series},${value}`;
  if (isBroken(n)) return `${time},${series},broken`;
  if (isLate(n)) return `${Number(time) - 60_000},${series},${value}`;
  return line;
}

const count = (test: (n: number) => boolean): number => Array.from({ length: ROWS }, (_, n) => n).filter(test).length;

describe('a stream with 5% late, 1% broken and one record of the year 2099', () => {
  const late = count((n) => isLate(n) && !isBroken(n) && n !== EARLY);
  const broken = count(isBroken);

  it('gives every record its place: verdicts, late verdicts, or dead letters with reason, position and bytes', async () => {
    const text = csv(ROWS, soiled);
    const soiledGround = prepared(text);
    expect(await soiledGround.run(yaml({ order: '{ allowed_lateness: 5s }' }))).toBe('finished');
    const { counts, condition } = lastStatus(soiledGround);
    expect(condition).toBe('finished');
    expect(counts).toMatchObject({ records: ROWS, late, deadLetters: broken + 1, events: ROWS - broken - 1, verdicts: ROWS - broken - 1 });
    const { verdicts, deadLetters } = project(soiledGround.data, 'p');
    const parsed = verdicts.map((text) => JSON.parse(text) as Verdict);
    expect(parsed.filter((verdict) => verdict.late).length).toBe(late);
    expect(parsed.filter((verdict) => verdict.late).every(({ score, anomalous }) => score === null && !anomalous)).toBe(true);
    expect(deadLetters.length).toBe(broken + 1);
    const letters = deadLetters.map((letter) => JSON.parse(letter) as { offset: number; code: string; detail: string; text: string });
    for (const { offset, code, detail, text: bytes } of letters.filter((letter) => letter.code !== 'RECORD_TOO_EARLY')) {
      expect(code).toBe('RECORD_MALFORMED');
      expect(detail).not.toBe('');
      expect(text.slice(offset).startsWith(bytes)).toBe(true);
    }
    const early = letters.find((letter) => letter.code === 'RECORD_TOO_EARLY')!;
    expect(JSON.parse(early.text)).toMatchObject({ time: CENTURY });
    expect(early.detail).toMatch(/ahead/);
    expect(text.slice(early.offset).startsWith(String(CENTURY))).toBe(true);
  });

  it('says of the rest what it says without them', async () => {
    const dirty = prepared(csv(ROWS, soiled));
    const lines = csv(ROWS).trimEnd().split('\n');
    const clean = prepared(`${lines.filter((_, i) => i === 0 || !(isBroken(i - 1) || isLate(i - 1) || i - 1 === EARLY)).join('\n')}\n`);
    const options = yaml({ order: '{ allowed_lateness: 5s }' });
    await dirty.run(options);
    await clean.run(options);
    const said = (data: string): string[] =>
      project(data, 'p', false)
        .verdicts.map((text) => JSON.parse(text) as Verdict)
        .filter((verdict) => !verdict.late)
        .map((verdict) => JSON.stringify(verdict));
    expect(said(dirty.data)).toEqual(said(clean.data));
    const reader = openReader(dirty.data);
    expect(reader.verdicts({ pipeline: 'p', from: CENTURY - 1, to: Infinity, anomalousOnly: false, limit: 1 }).items).toEqual([]);
    expect(reader.verdicts({ pipeline: 'p', from: START - 61_000, to: START, anomalousOnly: false, limit: 1 }).items.length).toBe(1);
    reader.close();
  });
});
