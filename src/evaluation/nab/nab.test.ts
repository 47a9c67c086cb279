import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, type TestContext } from 'vitest';
import { NAB_PROFILES, readNab, readNabProfiles } from './corpus.ts';
import { perturb, PERTURBATIONS, type Perturbation } from './perturb.ts';
import { probationaryRows, scoreNab, type NabProfile, type NabSeries } from './scorer.ts';

const standard: NabProfile = { tpWeight: 1, fnWeight: 1, fpWeight: 0.11 };
const sigmoid = (x: number) => 2 / (1 + Math.exp(5 * x)) - 1;

/** Rows a second apart, with windows given by row. */
function series(rows: number, ...windows: [number, number][]): NabSeries {
  const times = Float64Array.from({ length: rows }, (_, i) => i * 1000);
  const values = times.map((t) => Math.sin(t / 7000) * 10);
  return { name: 'made', times, values, windows: windows.map(([from, to]) => [from * 1000, to * 1000] as const) };
}

/** Scores 1 at the given rows, 0 elsewhere. */
function firing(rows: number, ...at: number[]): Float64Array {
  const scores = new Float64Array(rows);
  for (const row of at) scores[row] = 1;
  return scores;
}

function standardScore(of: NabSeries, scores: ArrayLike<number>, profile = standard) {
  return scoreNab([of], [scores], { profile }).profile;
}

describe('the scorer of the Numenta benchmark', () => {
  const one = series(100, [50, 59]);

  it('gives 100 for the first row of each window, 0 for silence', () => {
    expect(standardScore(one, firing(100, 50))).toEqual({ score: 100, threshold: 1, found: 1, windows: 1, falseAlarms: 0 });
    expect(standardScore(one, firing(100))).toEqual({ score: 0, threshold: Infinity, found: 0, windows: 1, falseAlarms: 0 });
  });

  it('gives less the later in the window it fires, and counts the first alone', () => {
    // Row 55 is the sixth of ten: five are left with itself.
    const late = (100 * (1 + sigmoid(-0.5) / sigmoid(-1))) / 2;
    expect(standardScore(one, firing(100, 55)).score).toBeCloseTo(late, 10);
    expect(standardScore(one, firing(100, 55, 57, 59)).score).toBeCloseTo(late, 10);
    expect(standardScore(one, firing(100, 59)).score).toBeCloseTo((100 * (1 + sigmoid(-0.1) / sigmoid(-1))) / 2, 10);
  });

  it('takes a whole false alarm before and far behind a window, and part of one shortly behind', () => {
    expect(standardScore(one, firing(100, 30, 50)).score).toBeCloseTo(100 - (100 * 0.11) / 2, 10);
    expect(standardScore(one, firing(100, 50, 87)).score).toBeCloseTo(100 - (100 * 0.11) / 2, 10);
    expect(standardScore(one, firing(100, 50, 62)).score).toBeCloseTo(100 + 50 * 0.11 * sigmoid(3 / 9), 10);
    expect(standardScore(one, firing(100, 50, 62)).falseAlarms).toBe(1);
  });

  it('does not see the probationary period', () => {
    expect(standardScore(one, firing(100, 14, 50)).score).toBe(100);
    expect(standardScore(one, firing(100, 15, 50)).score).toBeLessThan(100);
    expect([100, 5000, 5007, 20_000].map(probationaryRows)).toEqual([15, 750, 750, 750]);
  });

  it('weighs by profile', () => {
    const two = series(100, [30, 39], [60, 69]);
    const profiles = { standard, low_FP: { ...standard, fpWeight: 0.22 }, low_FN: { ...standard, fnWeight: 2 } };
    const scores = scoreNab([two], [firing(100, 30, 99)], profiles);
    expect(scores.standard.score).toBeCloseTo((100 * (2 - 0.11)) / 4, 10);
    expect(scores.low_FP.score).toBeCloseTo((100 * (2 - 0.22)) / 4, 10);
    expect(scores.low_FN.score).toBeCloseTo((100 * (3 - 0.11)) / 6, 10);
  });

  it('chooses one threshold for all series, of which no score is cut in two', () => {
    const first = firing(100, 20);
    first[50] = 0.9;
    const scores = [first, firing(100)];
    scores[1][50] = 0.9;
    const { profile } = scoreNab([one, one], scores, { profile: standard });
    expect(profile).toMatchObject({ threshold: 0.9, found: 2, windows: 2, falseAlarms: 1 });
    expect(profile.score).toBeCloseTo((100 * (4 - 0.11)) / 4, 10);
    expect(scoreNab([one, one], [firing(100, 50), firing(100, 50).fill(1, 60, 64)], { profile: standard }).profile.falseAlarms).toBe(4);
  });

  it('counts a row without a score as silent, and refuses scores of another length', () => {
    const scores = firing(100, 50);
    scores.fill(NaN, 0, 40);
    expect(standardScore(one, scores).score).toBe(100);
    expect(() => standardScore(one, firing(99))).toThrow('100 rows, but 99 scores');
  });

  it('leaves out a window without a row, and takes the rows within one whose ends are missing', () => {
    const gaps = { ...one, times: one.times.filter((_, i) => i !== 50 && i !== 59), windows: [[50_000, 50_000] as const, [50_500, 59_000] as const] };
    expect(standardScore(gaps, firing(98, 50))).toMatchObject({ score: 100, windows: 1, falseAlarms: 0 });
    expect(standardScore(gaps, firing(98, 57)).found).toBe(1);
    expect(standardScore(gaps, firing(98, 58)).found).toBe(0);
  });

  it('leaves out a window that ends within the probationary period, not one that reaches out of it', () => {
    expect(standardScore(series(100, [5, 14], [50, 59]), firing(100, 50))).toMatchObject({ score: 100, windows: 1, falseAlarms: 0 });
    expect(standardScore(series(100, [6, 15], [50, 59]), firing(100, 15, 50))).toMatchObject({ found: 2, windows: 2, falseAlarms: 0 });
  });

  it('leaves a window at the first of rows with its last time', () => {
    const repeated = { ...one, times: one.times.map((t, i) => (i === 60 ? 59_000 : t)) };
    expect(standardScore(repeated, firing(100, 60)).found).toBe(0);
  });
});

describe('perturbed copies', () => {
  const corpus = [series(2000, [100, 150], [1000, 1100]), series(2000)];
  const copies = (how: Perturbation) => perturb(corpus, how, 7);

  it('are the same for the same seed, and others for another and for each series', () => {
    for (const how of Object.keys(PERTURBATIONS) as Perturbation[]) expect(copies(how)).toEqual(copies(how));
    expect(copies('noise')[0].values).not.toEqual(perturb(corpus, 'noise', 8)[0].values);
    expect(copies('noise')[0].values).not.toEqual(copies('noise')[1].values);
  });

  it('drop the share of rows that they say', () => {
    expect(Math.abs(copies('drop-10')[0].times.length - 1800)).toBeLessThan(60);
    expect(Math.abs(copies('drop-20')[0].times.length - 1600)).toBeLessThan(80);
    expect([...copies('every-second')[0].times.subarray(0, 3)]).toEqual([0, 2000, 4000]);
    expect(copies('drop-20')[0].windows).toEqual(corpus[0].windows);
  });

  it('cut the start and the windows that began there', () => {
    const [cut] = copies('cut-start');
    expect(cut.times[0]).toBe(200_000);
    expect(cut.values[0]).toBe(corpus[0].values[200]);
    expect(cut.windows).toEqual([[1_000_000, 1_100_000]]);
  });

  it('add noise of 5% of the spread of the differences', () => {
    const { values } = corpus[0];
    const root = (x: Float64Array) => Math.sqrt(x.reduce((sum, d) => sum + d * d, 0) / x.length);
    const added = root(copies('noise')[0].values.map((x, i) => x - values[i]));
    expect(added / root(values.subarray(1).map((x, i) => x - values[i]))).toBeCloseTo(0.05, 2);
  });
});

describe('the folder of the benchmark', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read', () => {
    folder = mkdtempSync(join(tmpdir(), 'nab-'));
    for (const name of ['data/b', 'data/a', 'labels', 'config']) mkdirSync(join(folder, name), { recursive: true });
    const windows = { 'b/two.csv': [['2014-04-10 07:15:00.000000', '2014-04-10 07:25:00.500000']], 'a/one.csv': [] };
    writeFileSync(join(folder, 'labels/combined_windows.json'), JSON.stringify(windows));
    writeFileSync(join(folder, 'data/a/one.csv'), 'timestamp,value\n2014-04-01 00:00:00,1.5\n');
    writeFileSync(join(folder, 'data/b/two.csv'), 'timestamp,value\n2014-04-01 00:00:00,-2\n2014-04-01 00:05:00,3e2\n');
    const costs = { CostMatrix: { tpWeight: 1, fnWeight: 2, fpWeight: 0.11, tnWeight: 1 } };
    writeFileSync(join(folder, 'config/profiles.json'), JSON.stringify(Object.fromEntries(NAB_PROFILES.map((name) => [name, costs]))));
    const [one, two] = readNab(folder);
    expect(one).toEqual({ name: 'a/one.csv', times: Float64Array.of(Date.UTC(2014, 3, 1)), values: Float64Array.of(1.5), windows: [] });
    expect(two.times[1] - two.times[0]).toBe(300_000);
    expect([...two.values]).toEqual([-2, 300]);
    expect(two.windows).toEqual([[Date.UTC(2014, 3, 10, 7, 15), Date.UTC(2014, 3, 10, 7, 25) + 500]]);
    expect(readNabProfiles(folder).reward_low_FN_rate).toEqual({ tpWeight: 1, fnWeight: 2, fpWeight: 0.11 });
  });
});

describe('the benchmark itself', () => {
  /** The corpus under HOMEOSTAT_DATA; it is not part of the project. */
  function data(context: TestContext): string {
    const folder = join(process.env['HOMEOSTAT_DATA'] ?? '', 'nab');
    if (process.env['HOMEOSTAT_DATA'] === undefined) context.skip('not run: HOMEOSTAT_DATA names no folder of benchmark data');
    if (!existsSync(folder)) context.skip(`not run: there is no ${folder}`);
    return folder;
  }

  function scores(folder: string, detector: (values: Float64Array) => Float64Array): string[] {
    const corpus = readNab(folder);
    const results = scoreNab(
      corpus,
      corpus.map((series) => detector(series.values)),
      readNabProfiles(folder),
    );
    return NAB_PROFILES.map((name) => results[name].score.toFixed(2));
  }

  it('gives a detector that fires at every 500th row what its own program gives', (context) => {
    expect(scores(data(context), (values) => values.map((_, i) => (i % 500 === 499 ? 1 : 0)))).toEqual(['23.55', '0.00', '34.67']);
  });

  it('gives an exponentially weighted z what its own program gives', (context) => {
    const rate = 1 / 200;
    const z = (values: Float64Array) => {
      let mean = values[0];
      let variance = 0;
      return values.map((x, i) => {
        const d = x - mean;
        const score = 1 - 1 / (1 + Math.abs(d) / Math.sqrt(variance + 1e-8));
        mean += rate * d;
        variance = (1 - rate) * (variance + rate * d * d);
        return i < 30 ? 0 : score;
      });
    };
    expect(scores(data(context), z)).toEqual(['40.80', '25.43', '48.34']);
  });
});
