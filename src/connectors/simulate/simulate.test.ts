import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { detectorOutput, type JsonValue, type Position, type ReadyEvents, type Source, type SourceBatch, type Truth } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import type { SourceContext } from '../../core/schema.ts';
import { ema } from '../../detectors/ema.ts';
import { sma } from '../../detectors/sma.ts';
import { componentOf } from '../../pipeline/config/components.ts';
import { registry } from '../../pipeline/config/registry.fixture.ts';
import { simulate } from './index.ts';

interface Row {
  series: string;
  time: number;
  value: number;
  offset: number;
}

const open: Source[] = [];
afterEach(() => Promise.all(open.splice(0).map((source) => source.close())));

function optionsOf(written: { [key: string]: JsonValue }) {
  return componentOf({ ...registry, sources: [simulate] }, 'source', { simulate: written }).options as never;
}

function create(written: { [key: string]: JsonValue }, now = () => 0, dictionary = new SeriesDictionary()) {
  const context: SourceContext = { pipeline: 'p', folder: '.', dictionary, journal: '', now, log: () => {} };
  const source = simulate.create(optionsOf(written), context);
  open.push(source);
  return { source, dictionary };
}

function rowsOf(batch: SourceBatch, dictionary: SeriesDictionary): Row[] {
  const out = new EventBuilder(dictionary);
  const { fill } = batch.records as ReadyEvents;
  fill(out);
  return Array.from({ length: out.length }, (_, i) => ({
    series: dictionary.get(out.series[i]).key,
    time: out.time[i],
    value: out.values[i],
    offset: out.offset[i],
  }));
}

/** Everything up to the end, or to `until` events. */
async function read(written: { [key: string]: JsonValue }, from?: Position, until = Infinity, now = () => 0) {
  const { source, dictionary } = create(written, now);
  const rows: Row[] = [];
  const truth: Truth[] = [];
  const positions: Position[] = [];
  const sizes: number[] = [];
  for await (const batch of source.open(from, new AbortController().signal)) {
    const got = rowsOf(batch, dictionary);
    rows.push(...got);
    sizes.push(got.length);
    truth.push(...(batch.truth ?? []));
    positions.push(JSON.parse(JSON.stringify(batch.position)) as Position);
    if (rows.length >= until) break;
  }
  return { rows, truth, positions, sizes, dictionary };
}

const SCENARIOS: Record<string, { [key: string]: JsonValue }> = {
  'response-time': { scenario: 'response-time', count: 9000 },
  sensors: { scenario: 'sensors', count: 9001, sensors: { machines: 7, fault_chance: 0.9, fault_every: '40s', recalibration: 0.01 } },
  cloud: { scenario: 'cloud', count: 9002, cloud: { hosts: 3, incident_chance: 0.9 } },
};

describe.each(Object.entries(SCENARIOS))('scenario %s', (_, options) => {
  it('gives the same events for the same seed, others for another', async () => {
    const [one, two, other] = await Promise.all([read(options), read(options), read({ ...options, seed: 2 })]);
    expect(two.rows).toEqual(one.rows);
    expect(two.truth).toEqual(one.truth);
    expect(other.rows).not.toEqual(one.rows);
  });

  it('goes on from the position after any event with the very same events and truth', async () => {
    const whole = await read(options);
    const last = whole.positions.at(-1) as { next: number };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: last.next }), async (next) => {
        const rest = await read(options, { ...last, next });
        expect(rest.rows).toEqual(whole.rows.filter(({ offset }) => offset >= next));
        expect(whole.truth.slice(whole.truth.length - rest.truth.length)).toEqual(rest.truth);
      }),
      { numRuns: 25 },
    );
  });

  it('hands over at most 4,096 events at once, in order of time, and ends after `count`', async () => {
    const { rows, sizes, positions } = await read(options);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
    expect(rows.every((row, i) => i === 0 || (row.time >= rows[i - 1].time && row.offset > rows[i - 1].offset))).toBe(true);
    expect((positions.at(-1) as { next: number }).next).toBe(options.count);
    expect(rows.every(({ time, value }) => Number.isInteger(time) && Number.isFinite(value))).toBe(true);
  });
});

describe('response-time', () => {
  it.each([
    ['sma', () => sma.create({ window: 20, min_spread: 0 }, 1)],
    ['ema', () => ema.create({ span: 20, min_spread: 0 }, 1)],
  ])('lets %s beyond 3 sigma see three of five values within the first minute, and in the normal phase see none', async (_, make) => {
    let opened = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { rows } = await read({ scenario: 'response-time', rate: '10/s', seed }, undefined, 1, () => Date.UTC(2026, 0, 1));
      expect(rows[0].series).toBe('response_time');
      const { rows: minute } = await read({ scenario: 'response-time', seed, count: 600, response_time: { spike_chance: 0 } });
      const detector = make();
      const out = detectorOutput(1);
      const anomalous = minute.map(({ time, value }) => {
        const score = detector.score(time, Float64Array.of(value), 0, out);
        detector.learn(time, Float64Array.of(value), 0);
        return score > 3 ? 1 : 0;
      });
      const at = anomalous.findIndex((_, i) => i > 4 && anomalous.slice(i - 4, i + 1).reduce((a: number, b) => a + b, 0) >= 3);
      expect(at === -1 || at >= 250).toBe(true);
      if (at >= 250 && at < 330) opened++;
    }
    expect(opened).toBeGreaterThanOrEqual(39);
  });

  it('says which values are not normal', async () => {
    const { rows, truth } = await read({ scenario: 'response-time', count: 4800, response_time: { spike_chance: 0.01 } });
    const kinds = new Map(truth.map(({ time, kind }) => [time, kind]));
    const usual = rows.filter(({ time }) => !kinds.has(time));
    expect(usual.every(({ value }) => Math.abs(value - 200) <= 3)).toBe(true);
    expect(usual.length / rows.length).toBeCloseTo(25 / 48, 1);
    expect(new Set(kinds.values())).toEqual(new Set(['ramp-up', 'high', 'ramp-down', 'spike']));
    expect(rows.filter(({ time }) => kinds.get(time) === 'high').every(({ value }) => value > 890)).toBe(true);
  });
});

describe('sensors', () => {
  const only = (fault: string) => ({
    scenario: 'sensors',
    count: 30_000,
    sensors: { machines: 2, faults: [fault], fault_chance: 1, fault_every: '40s', walk_points: 0 },
  });
  const bySeries = (rows: Row[], series: string) => new Map(rows.filter((row) => row.series === series).map(({ time, value }) => [time, value]));

  it('lets nothing arrive from a sensor that drops out', async () => {
    const { rows, truth } = await read(only('dropout'));
    expect(truth.length).toBeGreaterThan(1000);
    expect(rows.length).toBe(30_000 - truth.length);
    const seen = new Set(rows.map(({ series, time }) => `${series} ${time}`));
    expect(truth.some(({ series, time }) => seen.has(`${series} ${time}`))).toBe(false);
  });

  it('repeats one reading while a sensor is stuck', async () => {
    const { rows, truth } = await read(only('stuck'));
    const values = bySeries(rows, 'machine-1/sound');
    const stuck = truth.filter(({ series }) => series === 'machine-1/sound');
    for (const { time } of stuck) if (stuck.some((before) => before.time === time - 1000)) expect(values.get(time)).toBe(values.get(time - 1000));
  });

  it('shows a spike as one reading far from the others', async () => {
    const { rows, truth } = await read(only('spike'));
    const values = bySeries(rows, 'machine-2/temperature');
    const spikes = truth.filter(({ series }) => series === 'machine-2/temperature');
    expect(spikes.length).toBeGreaterThan(100);
    for (const { time } of spikes.slice(1, -1)) expect(values.get(time)! - values.get(time - 1000)!).toBeGreaterThan(0.9);
  });

  it('bounds the walk by its points, and recalibration shortens it', async () => {
    const spread = async (walk: object) => {
      const { rows } = await read({ scenario: 'sensors', count: 60_000, sensors: { machines: 2, faults: [], noise: 1, walk_step: 1, ...walk } });
      const values = [...bySeries(rows, 'machine-1/temperature').values()];
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) / 0.3;
    };
    expect(await spread({ walk_points: 0 })).toBeCloseTo(1, 1);
    expect(await spread({ walk_points: 99, recalibration: 0 })).toBeGreaterThan(6);
    expect(await spread({ walk_points: 99, recalibration: 0 })).toBeLessThan(14);
    expect(await spread({ walk_points: 99, recalibration: 0.2 })).toBeLessThan(4);
  });
});

describe('cloud', () => {
  it('has more to do by day than by night, and incidents that touch the figures they name', async () => {
    const options = { scenario: 'cloud', count: 5 * 8640, cloud: { hosts: 1, incident_chance: 1 } };
    const { rows, truth } = await read(options);
    const quiet = await read({ ...options, cloud: { hosts: 1, incident_chance: 0 } });
    expect(quiet.truth).toEqual([]);
    const mean = (hour: number) => {
      const values = quiet.rows.filter(({ series, time }) => series === 'host-1/cpu' && Math.floor(time / 3_600_000) % 24 === hour).map(({ value }) => value);
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    expect(mean(12)).toBeGreaterThan(mean(0) * 1.4);
    expect(new Set(truth.map(({ kind }) => kind))).toEqual(new Set(['cpu-saturation', 'memory-leak', 'network-loss', 'disk-full']));
    const marked = new Set(truth.map(({ series, time }) => `${series} ${time}`));
    rows.forEach((row, i) => {
      if (!marked.has(`${row.series} ${row.time}`)) expect(row.value).toBe(quiet.rows[i].value);
    });
  });
});

describe('pace', () => {
  it('keeps to the rate, starts at the clock, and lets event time pass as the clock does', async () => {
    const began = performance.now();
    const { rows, sizes } = await read({ scenario: 'sensors', rate: '900/s', count: 270 }, undefined, Infinity, () => 1_000_000 + performance.now() - began);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(2000);
    expect(sizes.length).toBeGreaterThan(2);
    expect(rows[0].time).toBeGreaterThanOrEqual(1_000_000);
    expect(rows[0].time).toBeLessThan(1_000_500);
    expect(rows.at(-1)!.time - rows[0].time).toBeCloseTo(29 * 10, 6);
  });

  it('catches up at once with what the clock says it has missed', async () => {
    const options = { scenario: 'response-time', rate: '100/s' };
    const first = await read(options, undefined, 1, () => 5_000_000);
    const began = performance.now();
    const late = await read(options, first.positions[0], 6000, () => 5_000_000 + 60_000 + performance.now() - began);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(late.rows.length).toBeGreaterThanOrEqual(6000);
    expect(late.rows[0].offset).toBe(first.rows.length);
  });

  it('goes on at its rate when the clock was put back', async () => {
    const options = { scenario: 'response-time', rate: '100/s' };
    const first = await read(options, undefined, 1, () => 5_000_000);
    const ahead = { ...(first.positions[0] as object), next: 50_000 } as Position;
    const began = performance.now();
    const { rows } = await read(options, ahead, 5, () => 4_000_000);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(rows[0].offset).toBe(50_000);
  });

  it('keeps event time continuous when the rate was changed between two runs', async () => {
    const first = await read({ scenario: 'response-time', rate: '100/s' }, undefined, 20, () => 5_000_000);
    const then = await read({ scenario: 'response-time', rate: '1000/s' }, first.positions.at(-1), 20, () => 5_000_300);
    expect(then.rows[0].time - first.rows.at(-1)!.time).toBeGreaterThan(0);
    expect(then.rows[0].time - first.rows.at(-1)!.time).toBeLessThanOrEqual(10.001);
    expect(then.rows[1].time - then.rows[0].time).toBeCloseTo(1, 6);
  });

  it('ends soon when it is told to stop while it waits', async () => {
    const { source } = create({ scenario: 'response-time', rate: '1/s' });
    const stop = new AbortController();
    const batches = source.open(undefined, stop.signal)[Symbol.asyncIterator]();
    await batches.next();
    const waiting = batches.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
  });
});

describe('limits', () => {
  it('refuses to go on from a position of another scenario or other series', async () => {
    const { positions } = await read({ ...SCENARIOS.sensors, count: 10 });
    await expect(read({ ...SCENARIOS.sensors, sensors: { machines: 8 } }, positions[0])).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expect(read({ scenario: 'cloud' }, positions[0])).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('hands series beyond max_series over as bad records', async () => {
    const { source, dictionary } = create({ scenario: 'cloud', count: 20 }, () => 0, new SeriesDictionary(4));
    for await (const batch of source.open(undefined, new AbortController().signal)) {
      const out = new EventBuilder(dictionary);
      const { fill } = batch.records as ReadyEvents;
      fill(out);
      expect([out.length, out.bad.length, out.bad[0].code]).toEqual([4, 16, 'SERIES_LIMIT']);
    }
  });
});
