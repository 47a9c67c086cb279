/** An operator that fails: the record to blame goes to the dead letters at the second failure, and the rest goes on. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/core/api.ts';
import type { Ledger } from '../../../src/core/contracts.ts';
import { defineDetector, Type } from '../../../src/core/schema.ts';
import { ema } from '../../../src/detectors/ema.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { openJournalWriter } from '../../../src/runtime/journal/writer.ts';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { csv, lastStatus, prepared, saidOf, START, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { project, type Projection } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

const BAD = 666.666;
const byNumber = (a: number, b: number): number => a - b;
let isMended = false;

/** As `ema`, but it cannot stand one value. */
const fragile = defineDetector({
  ...ema,
  name: 'ema',
  options: Type.Object({ ...ema.options.properties }),
  create: (options, width) => guarded(ema.create(options, width)),
  restore: (reader, options, width) => guarded(ema.restore(reader, options, width)),
});

function guarded(detector: ReturnType<typeof ema.create>): ReturnType<typeof ema.create> {
  return {
    score: (time, values, at, out) => detector.score(time, values, at, out),
    learn: (time, values, at) => {
      if (!isMended && values[at] === BAD) throw new Error(`cannot stand ${BAD}`);
      detector.learn(time, values, at);
    },
    snapshot: (writer) => detector.snapshot(writer),
  };
}

const withFragile = (around: Surroundings): Surroundings => ({
  ...around,
  registry: { ...around.registry, detectors: around.registry.detectors.map((each) => (each.name === 'ema' ? fragile : each)) },
});

const isBad = (n: number): boolean => n === 100 || n === 101 || n === 700 || n === 899;
const poisoned = (line: string, n: number): string => (isBad(n) ? line.replace(/[^,]*$/, String(BAD)) : line);

/** All but the place in the source, which differs where records are absent. */
function without({ verdicts, incidents }: Projection): Pick<Projection, 'verdicts' | 'incidents'> {
  return { verdicts, incidents };
}

async function withoutThem(): Promise<Projection> {
  const rows = csv(900).trimEnd().split('\n');
  const clean = prepared(`${rows.filter((_, i) => i === 0 || !isBad(i - 1)).join('\n')}\n`);
  expect(await clean.run(yaml())).toBe('finished');
  return project(clean.data, 'p', false);
}

describe('an operator that fails on some records', () => {
  it('gives them to the dead letters with its reason after the second failure; the rest is as if they were absent', async () => {
    isMended = false;
    const broken = prepared(csv(900, poisoned));
    expect(await broken.run(yaml(), undefined, withFragile)).toBe('finished');
    expect(without(project(broken.data, 'p', false))).toEqual(without(await withoutThem()));
    const letters = project(broken.data, 'p').deadLetters.map((letter) => JSON.parse(letter) as { code: string; detail: string; text: string });
    expect(letters.length).toBe(4);
    for (const { code, detail, text } of letters) {
      expect(code).toBe('OPERATOR_FAILED');
      expect(detail).toBe(`The stage detect failed on a record: cannot stand ${BAD}`);
      expect(JSON.parse(text)).toMatchObject({ values: [BAD] });
    }
    const failures = broken.messages.filter((message) => message.type === 'log' && message.message.includes(`cannot stand ${BAD}`));
    expect(failures.length).toBe(8);
    expect(saidOf(broken, 'engine').some(({ condition, reason }) => condition === 'degraded' && reason.includes('cannot stand'))).toBe(true);
    expect(lastStatus(broken).counts).toMatchObject({ events: 900, deadLetters: 4, verdicts: 896 });
  });
});

/** Runs the pipeline, replays every dead letter of it, and stops once that is committed. */
async function replayAll(made: Ground, change: (around: Surroundings) => Surroundings, options: string): Promise<void> {
  const reader = openReader(made.data);
  const letters = reader.deadLetters({ pipeline: 'p', limit: 500 }).items;
  const stop = new AbortController();
  const running = made.run(options, stop.signal, (around) => {
    around.ledger.appendControl('p', { type: 'replay-dead-letters', ids: letters.map(({ id }) => id), by: 'me' });
    return change(around);
  });
  const [said] = await until(async () => {
    const { items } = reader.audit({ limit: 10 });
    return items.some(({ what }) => what === 'replay-dead-letters') ? items : undefined;
  }, 'the replay is in the audit');
  expect(said).toMatchObject({ by: 'me', what: 'replay-dead-letters' });
  expect(reader.deadLetters({ pipeline: 'p', limit: 500 }).items.filter(({ replayed }) => replayed).length).toBe(letters.length);
  stop.abort();
  await running;
  reader.close();
}

describe('replayed dead letters', () => {
  const follow = yaml({ source: '{ file: { path: events.csv, chunk: 1KiB, follow: true, poll: 10ms } }' });

  /** Runs over the file until so many records of it are read, then stops. */
  async function readAll(made: Ground, records: number, change: (around: Surroundings) => Surroundings = (around) => around): Promise<void> {
    const stop = new AbortController();
    const running = made.run(follow, stop.signal, change);
    await until(
      async () => (made.messages.some((message) => message.type === 'status' && message.status.counts.records >= records) ? true : undefined),
      'all records are read',
    );
    stop.abort();
    expect(await running).toBe('stopped');
  }

  it('are decoded anew where they stood and counted once, and the stream keeps its layout', async () => {
    const made = prepared(csv(900, (line, n) => (n % 100 === 99 ? `${line}broken` : line)));
    await readAll(made, 900);
    const before = project(made.data, 'p');
    const { counts } = lastStatus(made);
    expect(before.deadLetters.length).toBe(9);
    await replayAll(made, (around) => around, follow);
    const after = project(made.data, 'p');
    // They are as broken as before, so each is a dead letter again, at the place it has always had.
    expect(after.deadLetters).toEqual([...before.deadLetters, ...before.deadLetters].sort());
    expect(lastStatus(made).counts).toMatchObject({ records: counts.records, events: counts.events, verdicts: counts.verdicts, deadLetters: 18 });
    appendFileSync(join(made.folder, 'events.csv'), `${START + 301_000},s0,100\n`);
    await readAll(made, 901);
    expect(lastStatus(made).counts).toMatchObject({ deadLetters: 18, events: counts.events + 1 });
  });

  it('become verdicts once the operator is mended, each once, at the place it came from; late where the stream has gone on', async () => {
    isMended = false;
    const made = prepared(csv(900, poisoned));
    const stop = new AbortController();
    let ledger: Ledger | undefined;
    const running = made.run(follow, stop.signal, (around) => {
      ledger = around.ledger;
      return withFragile(around);
    });
    const said = (test: (counts: Counts) => boolean): Promise<true> =>
      until(async () => (made.messages.some((message) => message.type === 'status' && test(message.status.counts)) ? true : undefined), 'the counts');
    await said(({ verdicts, deadLetters }) => verdicts === 896 && deadLetters === 4);
    expect(lastStatus(made).counts.events).toBe(900);
    const reader = openReader(made.data);
    const letters = await until(async () => {
      const { items } = reader.deadLetters({ pipeline: 'p', limit: 10 });
      return items.length === 4 ? items : undefined;
    }, 'the dead letters are committed');
    reader.close();
    isMended = true;
    const record = { type: 'replay-dead-letters' as const, ids: letters.map(({ id }) => id), by: 'me' };
    made.supervisor!.control({ sequence: ledger!.appendControl('p', record), pipeline: 'p', record });
    await said(({ verdicts }) => verdicts === 900);
    stop.abort();
    await running;
    expect(lastStatus(made).counts).toMatchObject({ events: 900, verdicts: 900, late: 3, deadLetters: 4 });
    const all = project(made.data, 'p').verdicts.map((text) => JSON.parse(text) as { values: number[]; late: boolean; place: { offset: number } });
    expect(all.length).toBe(900);
    const again = all.filter(({ values }) => values[0] === BAD);
    expect(again.map(({ place }) => place.offset).sort(byNumber)).toEqual(letters.map(({ offset }) => offset).sort(byNumber));
    // The last one is not behind the watermark.
    expect(again.filter(({ late }) => late).length).toBe(3);
  });
});

describe('replayed dead letters of pushed records', () => {
  it.each([
    ['csv', 'text/csv', (value: string) => `${csv(30)}${START + 60_000},s0,${value}\n`],
    ['json', 'application/json', (value: string) => `[{"time":${START},"series":"s","value":1},{"time":${START + 1000},"series":"s","value":"${value}"}]`],
  ])('(%s) never vanish: what is as broken as before is a dead letter again, at its place', async (format, type, body) => {
    const made = prepared();
    const options = yaml({ source: '{ http: {} }', format: `{ ${format}: {} }` });
    mkdirSync(join(made.data, 'journal'), { recursive: true });
    const writer = openJournalWriter(join(made.data, 'journal', 'p'));
    await writer.append({ body: Buffer.from(body('broken')), type, idempotencyKey: undefined });
    const stop = new AbortController();
    const running = made.run(options, stop.signal);
    await until(
      async () => (made.messages.some((message) => message.type === 'status' && message.status.counts.deadLetters === 1) ? true : undefined),
      'the record is refused',
    );
    stop.abort();
    await running;
    const before = project(made.data, 'p').deadLetters;
    expect(before.length).toBe(1);
    await replayAll(made, (around) => around, options);
    const after = project(made.data, 'p').deadLetters.map((letter) => JSON.parse(letter) as { code: string; place: number; offset: number; text: string });
    expect(after.length).toBe(2);
    expect(after[1]).toMatchObject({ code: after[0].code, offset: after[0].offset, text: after[0].text });
    await writer.close();
  });
});

describe('a timer that is poisoned', () => {
  it('is no reason for a loop without an end: the pipeline has failed, says why, and is tried again when told to', async () => {
    isMended = false;
    const bad = (line: string, n: number): string => (n === 300 ? line.replace(/[^,]*$/, String(BAD)) : line);
    const made = prepared(csv(900, bad));
    const options = yaml({ aggregate: '{ every: 1s, function: max }', restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 3 }' });
    const stop = new AbortController();
    const running = made.run(options, stop.signal, withFragile);
    const failed = await until(async () => saidOf(made, 'engine').find(({ condition }) => condition === 'failed'), 'the engine has failed');
    expect(failed.reason).toContain(`cannot stand ${BAD}`);
    expect(failed.reason).toContain('given up after 3 attempts');
    isMended = true;
    made.supervisor!.control({ sequence: 1, pipeline: 'p', record: { type: 'restart-source', by: 'me' } });
    expect(await running).toBe('finished');
    expect(project(made.data, 'p').verdicts.length).toBe(900);
  });
});
