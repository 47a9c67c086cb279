import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LEVELS, type JsonValue, type Position, type ReadyEvents, type Source, type Truth } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { componentOf } from '../../pipeline/config/components.ts';
import { registry } from '../../pipeline/config/registry.fixture.ts';
import { simulate } from './index.ts';

interface Line {
  time: number;
  stated: number;
  offset: number;
  text: string;
  level: string;
  component: string;
  message: string;
  block: string;
}

const open: Source[] = [];
afterEach(() => Promise.all(open.splice(0).map((source) => source.close())));

function create(written: { [key: string]: JsonValue }, now = () => 0) {
  const dictionary = new SeriesDictionary();
  const { options } = componentOf({ ...registry, sources: [simulate] }, 'source', { simulate: { scenario: 'hdfs', ...written } });
  const source = simulate.create(options as never, { pipeline: 'p', folder: '.', dictionary, journal: '', now, log: () => {} });
  open.push(source);
  return { source, dictionary };
}

function linesOf(records: ReadyEvents, dictionary: SeriesDictionary): Line[] {
  const out = new EventBuilder(dictionary, 1, 16, true);
  const { fill } = records;
  fill(out);
  const { bytes, start, end, message, messageEnd, component, componentEnd, level, stated } = out.lines!;
  const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString();
  return Array.from({ length: out.length }, (_, i) => {
    const whole = text(start[i], end[i]);
    const block = /blk_\d{18}/.exec(whole)![0];
    return {
      time: out.time[i],
      stated: stated[i],
      offset: out.offset[i],
      text: whole,
      level: LEVELS[level[i]],
      component: text(component[i], componentEnd[i]),
      message: text(message[i], messageEnd[i]),
      block,
    };
  });
}

async function read(written: { [key: string]: JsonValue }, from?: Position, now = () => 0) {
  const { source, dictionary } = create(written, now);
  const lines: Line[] = [];
  const truth: Truth[] = [];
  const positions: Position[] = [];
  for await (const batch of source.open(from, new AbortController().signal)) {
    lines.push(...linesOf(batch.records as ReadyEvents, dictionary));
    truth.push(...(batch.truth ?? []));
    positions.push(JSON.parse(JSON.stringify(batch.position)) as Position);
  }
  return { lines, truth, positions };
}

/** Messages of each block with its numbers taken out. */
function blocksOf(lines: readonly Line[]): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  for (const { block, message } of lines) {
    const text = message.replace(/\d+(\.\d+)*/g, '#');
    const there = blocks.get(block);
    if (there === undefined) blocks.set(block, [text]);
    else there.push(text);
  }
  return blocks;
}

const times = (texts: readonly string[], word: string): number => texts.filter((text) => text.startsWith(word)).length;

describe('scenario hdfs', () => {
  it('gives the same lines for the same seed, others for another', async () => {
    const [one, two, other] = await Promise.all([read({ count: 9000 }), read({ count: 9000 }), read({ count: 9000, seed: 2 })]);
    expect(two).toEqual(one);
    expect(other.lines).not.toEqual(one.lines);
  });

  it('goes on from the position after any hand-over with the very same lines and truth', async () => {
    const whole = await read({ count: 6000, hdfs: { anomaly_chance: 0.3 } });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5999 }), async (next) => {
        const head = await read({ count: next, hdfs: { anomaly_chance: 0.3 } });
        const rest = await read({ count: 6000, hdfs: { anomaly_chance: 0.3 } }, head.positions.at(-1));
        expect([...head.lines, ...rest.lines]).toEqual(whole.lines);
        expect([...head.truth, ...rest.truth]).toEqual(whole.truth);
      }),
      { numRuns: 12 },
    );
  });

  it('writes lines in order of time, numbered, with what a file would hold', async () => {
    const { lines } = await read({ count: 5000 });
    expect(lines.map(({ offset }) => offset)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(lines.every(({ time }, i) => i === 0 || time >= lines[i - 1].time)).toBe(true);
    for (const { time, stated, text, level, component, message } of lines) {
      expect(stated).toBe(time);
      const clock = new Date(time).toISOString().slice(0, 23).replace('T', ' ').replace('.', ',');
      expect(text).toBe(`${clock} ${level.toUpperCase()} ${component}: ${message}`);
    }
  });

  it('keeps a block within its life, and lets as many go wrong as it was told', async () => {
    const { lines, truth } = await read({ count: 20_000, hdfs: { anomaly_chance: 0.1, life: '30s' } });
    const first = new Map<string, number>();
    for (const { block, time } of lines) first.set(block, first.get(block) ?? time);
    for (const { block, time } of lines) expect(time - first.get(block)!).toBeLessThanOrEqual(32_000);
    expect(new Set(truth.map(({ series }) => series)).size).toBe(truth.length);
    expect(truth.length / first.size).toBeGreaterThan(0.07);
    expect(truth.length / first.size).toBeLessThan(0.13);
    expect(new Set(truth.map(({ kind }) => kind)).size).toBe(5);
    const written = new Set(lines.map(({ block, time }) => `${block} ${time}`));
    expect(truth.every(({ series, time }) => written.has(`${series} ${time}`))).toBe(true);
  });

  it.each([
    [
      'missing-step',
      (texts: string[]) => ['Stream', 'Received', 'Replica'].some((word) => times(texts, word) < 3 + (word === 'Replica' ? times(texts, 'Asked') : 0)),
    ],
    ['exception', (texts: string[]) => texts.some((text) => text.includes('broke off'))],
    ['repeated-step', (texts: string[]) => times(texts, 'Replica') > 4],
    ['wrong-order', (texts: string[]) => texts.findIndex((text) => text.startsWith('Replica')) < texts.findIndex((text) => text.startsWith('Receiving'))],
    ['new-event', (texts: string[]) => texts.some((text) => /no space|belongs to no file|is wrong at|expired after/.test(text))],
  ])('shows %s in the lines of a block, and in no block that is well', async (kind, shows) => {
    const { lines, truth } = await read({ count: 10_000, hdfs: { anomaly_chance: 0.2, anomalies: [kind], drift_every: '0s' } });
    const odd = new Set(truth.map(({ series }) => series));
    // Blocks that begin late are not whole.
    const whole = new Set(lines.slice(0, 9000).map(({ block }) => block));
    const begins = new Map(lines.map(({ block, time }) => [block, time]));
    for (const [block, texts] of blocksOf(lines)) {
      if (whole.has(block) && begins.get(block)! < lines[9000].time) expect([block, shows(texts)]).toEqual([block, odd.has(block)]);
    }
    expect(odd.size).toBeGreaterThan(50);
  });

  it('brings new lines with every release, little by little, and none without', async () => {
    const texts = (lines: readonly Line[]): Set<string> => new Set([...blocksOf(lines).values()].flat());
    const calm = { anomaly_chance: 0, life: '20s' };
    const still = texts((await read({ count: 60_000, hdfs: { ...calm, drift_every: '0s' } })).lines);
    const { lines } = await read({ count: 60_000, hdfs: { ...calm, drift_every: '10m' } });
    const start = lines[0].time;
    const during = (from: number, to: number): Set<string> => texts(lines.filter(({ time }) => time >= start + from * 60_000 && time < start + to * 60_000));
    expect([...during(0, 10)].every((text) => still.has(text))).toBe(true);
    expect([...during(10, 20)].some((text) => text.includes('checksum CRC#C'))).toBe(true);
    expect([...during(10, 13)].some((text) => /^Received \S+ of size # from #$/.test(text))).toBe(true);
    expect([...during(16, 20)].some((text) => /^Received \S+ of size # from #$/.test(text))).toBe(false);
    expect([...during(25, 30)].some((text) => text.startsWith('Sealed'))).toBe(true);
  });

  it('keeps to the rate on average, and lets event time pass as the clock does', async () => {
    const began = performance.now();
    const now = (): number => 5_000_000 + performance.now() - began;
    const first = await read({ count: 50, rate: '2000/s', hdfs: { life: '1s' } }, undefined, now);
    expect(first.lines[0].time).toBeGreaterThanOrEqual(5_000_000);
    expect(first.lines.at(-1)!.time).toBeLessThanOrEqual(now());
    const later = await read({ count: 20_000, rate: '2000/s', hdfs: { life: '1s' } }, first.positions.at(-1), () => 5_000_000 + 30_000);
    const took = (later.lines.at(-1)!.time - first.lines[0].time) / 1000;
    expect(20_000 / took).toBeGreaterThan(1600);
    expect(20_000 / took).toBeLessThan(2400);
  });

  it('refuses a pipeline that reads no lines, and the position of another scenario', async () => {
    const { source, dictionary } = create({ count: 10 });
    for await (const batch of source.open(undefined, new AbortController().signal)) {
      const { fill } = batch.records as ReadyEvents;
      expect(() => fill(new EventBuilder(dictionary))).toThrow('has no `parse`');
    }
    await expect(read({ count: 10 }, { scenario: 'cloud' })).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});
