/** The failure table for logs, where it differs from that for numbers: lines that are late, from the future, too long, or no text. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/verdicts.ts';
import { openReader } from '../../src/stores/sqlite/reader.ts';
import { lastStatus } from '../support/failing.ts';
import { line, linesOf } from '../support/hostile-logs.ts';
import { ground, type Ground } from '../support/in-process.ts';
import { projectLogs, type LogProjection } from '../support/log-oracle.ts';
import { logYaml, MAX_LINE } from '../support/log-scenario.ts';

const LINES = 4000;
const yaml = logYaml({ follow: false });
const job = (i: number): string => line(i, `blk_${i >> 2} step ${['one', 'two', 'three', 'four'][i % 4]}`);

const opened: Ground[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.remove();
});

function prepared(files: Record<string, Buffer>): Ground {
  const made = ground();
  opened.push(made);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(made.folder, name), content);
  return made;
}

const logOf = (of: (i: number) => string): Buffer => Buffer.concat([...linesOf(LINES, of)]);

async function read(files: Record<string, Buffer>, config = yaml): Promise<{ made: Ground; found: LogProjection }> {
  const made = prepared(files);
  expect(await made.run(config)).toBe('finished');
  return { made, found: await projectLogs(made.data, config) };
}

const total = ({ templates }: LogProjection): number => templates.reduce((sum, { count }) => sum + count, 0);
const sessionsOf = ({ verdicts }: LogProjection): Set<string | null> =>
  new Set(verdicts.map((text) => JSON.parse(text) as Verdict).flatMap(({ kind, subject }) => (kind === 'session' ? [subject] : [])));

describe('late lines', () => {
  it('count at the time of the line before: none is lost, and none is late', async () => {
    const { made, found } = await read({ 'app.log': logOf((i) => (i % 20 === 7 ? line(Math.max(0, i - 3000), `blk_${i >> 2} step late`) : job(i))) });
    expect(lastStatus(made).counts).toMatchObject({ events: LINES, late: 0, deadLetters: 0 });
    expect(total(found)).toBe(LINES);
    expect(sessionsOf(found).size).toBe(LINES / 4);
  });

  it('of one file beside another that is ahead are merged by time', async () => {
    const two = logYaml({ follow: false }).replace('path: app.log', 'path: "app*.log"');
    const [ahead, behind] = [logOf((i) => line(i + 1000, `blk_${i} one`)), logOf((i) => line(i, `blk_${i} two`))];
    const { made, found } = await read({ 'app1.log': ahead, 'app2.log': behind }, two);
    expect(lastStatus(made).counts).toMatchObject({ events: 2 * LINES, late: 0, deadLetters: 0 });
    expect(total(found)).toBe(2 * LINES);
    expect(sessionsOf(found).size).toBe(LINES);
  });
});

describe('lines from the future', () => {
  const future = (i: number): string => job(i).replace('2026-01-05', '9999-12-31');

  it.each([
    ['now and then', (i: number): boolean => i % 500 === 250],
    ['many in a row', (i: number): boolean => i > 1000 && i < 2000],
    ['at the beginning', (i: number): boolean => i < 5],
  ])('%s: they and those behind them count at a time that there was', async (_, isFuture) => {
    const { made, found } = await read({ 'app.log': logOf((i) => (isFuture(i) ? future(i) : job(i))) });
    expect(lastStatus(made).counts).toMatchObject({ events: LINES, deadLetters: 0 });
    expect(total(found)).toBe(LINES);
    expect(found.overview.last).toBe('2026-01-05T00:00:39.990Z');
  });

  it('only: they are dead letters, with their text', async () => {
    const { made, found } = await read({ 'app.log': logOf(future) });
    expect(lastStatus(made)).toMatchObject({ condition: 'finished', counts: { events: 0, deadLetters: LINES } });
    expect(JSON.parse(found.deadLetters[0])).toMatchObject({ code: 'RECORD_TOO_EARLY', text: expect.stringContaining('blk_') as string });
  });
});

describe('broken lines', () => {
  const isLong = (i: number): boolean => i % 1000 === 500;
  const soiled = logOf((i) => (isLong(i) ? `${job(i).trimEnd()} ${'x'.repeat(MAX_LINE)}\n` : job(i)));

  it('that are too long are rows as far as they fit, and dead letters with that much', async () => {
    const { made, found } = await read({ 'app.log': soiled });
    expect(lastStatus(made).counts).toMatchObject({ events: LINES, deadLetters: LINES / 1000 });
    expect(total(found)).toBe(LINES);
    for (const text of found.deadLetters) {
      const letter = JSON.parse(text) as { offset: number; code: string; text: string };
      expect(letter.code).toBe('RECORD_TOO_LARGE');
      expect(soiled.subarray(letter.offset).toString().startsWith(letter.text)).toBe(true);
    }
  });

  it('that were cut are not counted again when they are replayed', async () => {
    const { made, found } = await read({ 'app.log': soiled });
    const reader = openReader(made.data);
    const ids = reader.deadLetters({ pipeline: 'p', limit: 100 }).items.map(({ id }) => id);
    reader.close();
    const outcome = await made.run(yaml, undefined, (around) => {
      around.ledger.appendControl('p', { type: 'replay-dead-letters', ids, by: 'me' });
      return around;
    });
    expect(outcome).toBe('finished');
    const again = await projectLogs(made.data, yaml);
    expect(total(again)).toBe(total(found));
    expect(again.verdicts).toEqual(found.verdicts);
  });

  it('that make the whole no text are one dead letter, and stop nothing', async () => {
    const { made, found } = await read({ 'app.log': Buffer.alloc(50_000, 'job\0\0\0\x01 \n') });
    expect(lastStatus(made)).toMatchObject({ condition: 'finished', counts: { events: 0, deadLetters: 1 } });
    expect(JSON.parse(found.deadLetters[0])).toMatchObject({ code: 'RECORD_MALFORMED', detail: expect.stringContaining('it is binary') as string });
  });
});
