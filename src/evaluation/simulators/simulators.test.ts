import { describe, expect, it } from 'vitest';
import { ANOMALIES, ANOMALY_KINDS } from './anomalies.ts';
import { BASE_NAMES, BASES, DAY, STEP_MS, type Base, type BaseName } from './bases.ts';
import { manyColumns } from './many.ts';
import { spikeEvidence } from './oracle.ts';
import { cleanStream, kindsFor, partsOf, streamWith } from './streams.ts';

const ROWS = 6000;
const AT = 3000;
const BEGIN = Date.UTC(2026, 0, 5);

const meanOf = (x: Float64Array): number => x.reduce((sum, one) => sum + one, 0) / x.length;
const centred = (x: Float64Array): Float64Array => {
  const mean = meanOf(x);
  return x.map((one) => one - mean);
};
const sdOf = (x: Float64Array): number => Math.sqrt(meanOf(centred(x).map((one) => one * one)));
/** Correlation of two columns. */
const correlation = (a: Float64Array, b: Float64Array): number => {
  const [p, q] = [centred(a), centred(b)];
  return meanOf(p.map((x, i) => x * q[i])) / sdOf(a) / sdOf(b);
};
/** What an anomaly changes. */
const changeOf = (base: BaseName, kind: (typeof ANOMALY_KINDS)[number], seed = 1): Float64Array => {
  const clean = cleanStream(base, ROWS, seed).values;
  return streamWith(base, kind, ROWS, AT, seed).values.map((x, i) => x - clean[i]);
};

describe.each(BASE_NAMES)('%s', (name) => {
  const base: Base = BASES[name];
  const clean = cleanStream(name, ROWS, 1);

  it('is the same for the same seed, differs for another, and does not depend on its length', () => {
    expect(cleanStream(name, ROWS, 1)).toEqual(clean);
    expect(cleanStream(name, ROWS, 2).values).not.toEqual(clean.values);
    expect(cleanStream(name, 100, 1).values).toEqual(clean.values.subarray(0, 100));
    expect([clean.truth, clean.kind, clean.time[1] - clean.time[0]]).toEqual([[], 'clean', STEP_MS]);
  });

  it.each(kindsFor(name))('with %s is as the clean one before it, and other at it', (kind) => {
    const struck = streamWith(name, kind, ROWS, AT, 1);
    expect(struck.values.subarray(0, AT)).toEqual(clean.values.subarray(0, AT));
    expect(struck.values.subarray(AT, AT + 400)).not.toEqual(clean.values.subarray(AT, AT + 400));
    const [{ from, to }] = struck.truth;
    expect(from).toBe(BEGIN + AT * STEP_MS);
    expect((to - from) / STEP_MS).toBe(ANOMALIES[kind].rows + (kind === 'rows-gone' ? 1 : 0));
    expect(struck.time).toHaveLength(kind === 'rows-gone' ? ROWS - 60 : ROWS);
  });

  it('has the noise and the kind of value that it says', () => {
    const { values } = clean;
    if (base.counts === true) expect(values.every((x) => x >= 0 && Number.isInteger(x))).toBe(true);
    if (base.season === undefined && base.counts !== true && name !== 'walk' && base.rounded === undefined) {
      expect(sdOf(values) / base.sd).toBeGreaterThan(0.9);
      expect(sdOf(values) / base.sd).toBeLessThan(1.1);
    }
    if (base.season !== undefined) {
      const residual = values.map((x, i) => (i < 7 * DAY ? 0 : (x - values[i - 7 * DAY]) / Math.SQRT2)).subarray(7 * DAY);
      expect(sdOf(residual) / base.sd).toBeGreaterThan(0.85);
      expect(sdOf(residual) / base.sd).toBeLessThan(1.15);
    }
  });
});

describe('bases', () => {
  it('are what their stories say', () => {
    const lag1 = (x: Float64Array): number => correlation(x.subarray(1), x.subarray(0, -1));
    expect(lag1(cleanStream('ar1', ROWS, 1).values)).toBeCloseTo(0.7, 1);
    expect(lag1(cleanStream('white', ROWS, 1).values)).toBeCloseTo(0, 1);
    const { values: zeros } = cleanStream('sparse', ROWS, 1);
    expect(zeros.filter((x) => x > 0).length / ROWS).toBeCloseTo(0.03, 2);
    expect(meanOf(zeros.filter((x) => x > 0))).toBeCloseTo(2, 0);
    const walk = cleanStream('walk', ROWS, 1).values;
    const days = walk.map((_, i) => (i % 100 === 0 ? meanOf(walk.subarray(i, i + 100)) : NaN)).filter((x) => !Number.isNaN(x));
    expect(sdOf(days)).toBeGreaterThan(0.5);
    const weekly = cleanStream('weekly', 7 * DAY, 1).values;
    expect(sdOf(weekly.subarray(0, DAY)) / sdOf(weekly.subarray(5 * DAY, 6 * DAY))).toBeGreaterThan(2);
    const heavy = cleanStream('heavy', ROWS, 1).values;
    expect(heavy.filter((x) => Math.abs(x - 10) > 5.84).length / ROWS).toBeCloseTo(0.01, 2);
    expect(new Set(cleanStream('flat', 1000, 1).values).size).toBeLessThan(12);
    const rate = cleanStream('counter-rate', ROWS, 1).values;
    const away = rate.map((x, i) => (i < DAY ? 0 : x - rate[i - DAY])).subarray(DAY);
    expect(lag1(away)).toBeLessThan(-0.1);
  });

  it('give the same numbers as ever', () => {
    expect(Object.fromEntries(BASE_NAMES.map((name) => [name, Number(cleanStream(name, 300, 7).values[299].toPrecision(8))]))).toMatchInlineSnapshot(`
      {
        "ar1": 21.006259,
        "counter-rate": 211.16018,
        "counts": 36,
        "daily": 108.16987,
        "flat": 21.05,
        "heavy": 11.675189,
        "sparse": 0,
        "walk": 100.3751,
        "weekly": 109.23102,
        "white": 51.432062,
      }
    `);
  });
});

describe('anomalies', () => {
  it('have the sizes that they say', () => {
    const rounded = (x: Float64Array): number[] => [...x].map((one) => Math.round(Math.abs(one) * 1000) / 1000);
    expect(rounded(changeOf('daily', 'spike').subarray(AT - 1, AT + 2))).toEqual([0, 12, 0]);
    expect(rounded(changeOf('daily', 'shift').filter((_, i) => i === AT || i === ROWS - 1))).toEqual([8, 8]);
    const drift = rounded(changeOf('white', 'drift'));
    expect([drift[AT + 249], drift[AT + 499], drift[ROWS - 1]]).toEqual([2.5, 5, 5]);
    expect(rounded(changeOf('white', 'leak'))[AT + 999]).toBe(10);
    const { values } = cleanStream('white', ROWS, 1);
    const wide = changeOf('white', 'variance');
    expect(wide[AT + 199]).toBeCloseTo(2 * (values[AT + 199] - 50), 9);
    expect(wide[AT + 200]).toBe(0);
    const stuck = streamWith('ar1', 'stuck', ROWS, AT, 1).values;
    expect(new Set(stuck.subarray(AT - 1, AT + 60)).size).toBe(1);
    expect(stuck[AT + 60]).not.toBe(stuck[AT]);
    expect(
      streamWith('white', 'zeros', ROWS, AT, 1)
        .values.subarray(AT, AT + 31)
        .filter((x) => x === 0),
    ).toHaveLength(30);
  });

  it('move the season by a quarter', () => {
    const { values } = streamWith('daily', 'season-break', ROWS, AT, 1);
    const clean = cleanStream('daily', ROWS, 1).values;
    const late = meanOf(values.subarray(AT).map((x, i) => (x - clean[AT + i - DAY / 4]) ** 2));
    expect(Math.sqrt(late) / Math.SQRT2).toBeCloseTo(2, 0);
    expect(
      Math.sqrt(
        meanOf(
          changeOf('daily', 'season-break')
            .subarray(AT)
            .map((x) => x * x),
        ),
      ),
    ).toBeGreaterThan(8);
  });

  it('go either way, but counts only up', () => {
    const ways = (base: BaseName): Set<number> => new Set(Array.from({ length: 20 }, (_, seed) => Math.sign(changeOf(base, 'spike', seed)[AT])));
    expect([...ways('white')].sort((a, b) => a - b)).toEqual([-1, 1]);
    expect([...ways('counts')]).toEqual([1]);
  });

  it('are only put where there is something to be found', () => {
    expect(kindsFor('sparse')).toEqual(['spike', 'shift', 'drift', 'rows-gone', 'leak']);
    expect(kindsFor('white')).not.toContain('season-break');
    expect(kindsFor('counts')).toEqual(ANOMALY_KINDS);
  });
});

describe('many columns', () => {
  const clean = manyColumns(8, 4000, 3);

  it('move together, each with noise of its own', () => {
    const column = (c: number): Float64Array => clean.values.filter((_, i) => i % 8 === c);
    expect(Math.abs(correlation(column(0), column(1)))).toBeGreaterThan(0.4);
    expect([clean.width, clean.time.length, clean.values.length]).toEqual([8, 4000, 32000]);
  });

  it.each(['shift', 'decoupled'] as const)('have %s in some columns only', (kind) => {
    const struck = manyColumns(8, 4000, 3, { kind, at: 2000, columns: 2 });
    const changed = new Set([...struck.values.keys()].filter((i) => struck.values[i] !== clean.values[i]).map((i) => i % 8));
    expect([...changed].sort((a, b) => a - b)).toEqual(struck.columns);
    expect(struck.columns).toHaveLength(2);
    expect(struck.values.subarray(0, 2000 * 8)).toEqual(clean.values.subarray(0, 2000 * 8));
    expect((struck.truth[0].to - struck.truth[0].from) / STEP_MS).toBe(kind === 'shift' ? 100 : 200);
    const behind = struck.values.subarray(2300 * 8).some((x, i) => x !== clean.values[2300 * 8 + i]);
    expect(behind).toBe(kind === 'shift');
  });
});

describe('who knows the base', () => {
  it('has the likelihood ratio of normal noise', () => {
    const { level } = partsOf('daily', 200, 3);
    const stream = streamWith('daily', 'spike', 200, 100, 3);
    const evidence = spikeEvidence('daily', stream, 3, 90);
    const ratio = (i: number): number => {
      const z = (stream.values[i] - level[i]) / 2;
      return Math.log(Math.exp(6 * z - 18) + Math.exp(-6 * z - 18));
    };
    expect(evidence).toHaveLength(110);
    for (const i of [90, 100, 101]) expect(evidence[i - 90]).toBeCloseTo(ratio(i), 9);
  });

  it('knows that a count of a quiet series is one more than a Poisson number', () => {
    const ratioOf = (x: number): number => spikeEvidence('sparse', { values: Float64Array.of(0, x) }, 1, 1)[0];
    expect(ratioOf(6)).toBeCloseTo(Math.log(0.97 / 0.03 / (Math.exp(-1) / 120)), 9);
    expect(ratioOf(7)).toBeCloseTo(Math.log(720), 9);
    expect(ratioOf(5)).toBe(-Infinity);
  });

  it.each(BASE_NAMES)('%s: evidence of a clean value is finite or none, and that of most spikes is high unless tails are heavy', (name) => {
    const clean = spikeEvidence(name, cleanStream(name, 2000, 4), 4, 0).toSorted();
    expect(clean.some((x) => Number.isNaN(x) || x === Infinity)).toBe(false);
    const spikes = Array.from({ length: 40 }, (_, k) => spikeEvidence(name, streamWith(name, 'spike', 301, 300, 50 + k), 50 + k, 300)[0]);
    const found = spikes.filter((x) => x >= clean.at(-1)!).length;
    if (name === 'heavy') expect(found).toBeLessThan(20);
    else expect(found).toBeGreaterThan(32);
  });
});
