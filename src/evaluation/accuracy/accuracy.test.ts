import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATA_SETS } from '../datasets/index.ts';
import { madeData } from '../datasets/made.fixture.ts';
import { averagePrecision } from '../measures/ranking.ts';
import { BASE_NAMES, type BaseName } from '../simulators/bases.ts';
import { kindsFor } from '../simulators/streams.ts';
import { measureAccuracy, type AccuracyFigures } from './accuracy.ts';
import { measureCalibration } from './calibration.ts';
import { madeTables } from './made-tables.ts';
import { calibrated, detectorOf, neighboursOf, planOf } from './plan.ts';
import { figuresOf, scoresOf, type SeriesFigures } from './scoring.ts';
import { measureSet, seriesOf, SetMeter, setNamed } from './sets.ts';
import { measureSimulated } from './simulated.ts';
import { accuracyBars, accuracyTables } from './tables.ts';
import { targetTable } from './targets.ts';

const data = madeData();
afterAll(() => rmSync(data, { recursive: true, force: true }));

const ema = detectorOf('ema');

describe('the plan', () => {
  it('is everything unless something is named', () => {
    const plan = planOf(undefined, undefined, false);
    expect(plan.sets).toEqual(DATA_SETS.map(({ name }) => name));
    expect([...plan.parts]).toEqual(['neighbours', 'perturbed', 'simulated', 'calibration', 'disturbances']);
    expect(plan.detectors).toContain('ema');
    expect(planOf(undefined, undefined, true).detectors.length).toBeLessThanOrEqual(3);
    expect(planOf(['smd', 'calibration'], ['ema'], true)).toEqual({ sets: ['smd'], parts: new Set(['calibration']), detectors: ['ema'] });
  });

  it('refuses a name that nothing has, with the one that was probably meant', () => {
    expect(() => planOf(['scab'], undefined, false)).toThrow('--only names scab; did you mean "skab"?');
    expect(() => planOf(undefined, ['emma'], false)).toThrow('--detectors names emma; did you mean "ema"?');
  });

  it('has neighbours of each number, one at a time, within what the option takes', () => {
    const around = neighboursOf('ema');
    expect(around.map(({ name }) => name)).toEqual(['span x 0.7', 'span x 1.4']);
    expect(around.map(({ component }) => component.options['span'])).toEqual([14, 28]);
    for (const { component } of neighboursOf('half-space-trees')) {
      const changed = Object.entries(component.options).filter(([key, value]) => detectorOf('half-space-trees').options[key] !== value);
      expect(changed).toHaveLength(1);
      expect(component.options['depth']).toBeLessThanOrEqual(16);
    }
  });
});

describe('a series', () => {
  const series = seriesOf(data, 'ms_cloud', {}).series[0];

  it('is scored by what came before: what follows changes nothing', () => {
    const { score, onset, seconds } = scoresOf(series, ema);
    const cut = scoresOf({ ...series, time: series.time.subarray(0, 300), values: series.values.subarray(0, 300) }, ema);
    expect(cut.score).toEqual(score.subarray(0, 300));
    expect(onset).toEqual(score);
    expect(seconds).toBeGreaterThan(0);
    expect(score.findIndex((x) => !Number.isNaN(x))).toBe(21);
  });

  it('is measured behind its warm-up only', () => {
    const score = Float64Array.from(series.labels, (label, i) => (i < 100 ? 9 : label));
    const set = { measured: 'ranking' } as const;
    const whole = { ...series, evaluateFrom: 0 };
    expect(figuresOf(set, whole, score, 2)).toMatchObject({
      name: 'rate-01',
      family: 'rates',
      rows: 600,
      ap: averagePrecision(series.labels, score),
      hit: NaN,
      seconds: 2,
    });
    const late = figuresOf(set, { ...series, evaluateFrom: 100 }, score, 2);
    expect([late.ap, late.auc]).toEqual([1, 1]);
    expect(late.vus).toBeGreaterThan(0.5);
  });
});

describe('a set', () => {
  it('can be measured in part: the shortest series, or some spread evenly', () => {
    const names = (extent: { rows?: number; series?: number }): string[] => seriesOf(data, 'skab', extent).series.map(({ name }) => name);
    expect(names({})).toHaveLength(4);
    expect(names({ series: 2 })).toEqual(['valve1/0', 'other/9']);
    expect(names({ rows: 1300 })).toEqual(['valve1/0', 'valve2/0']);
    expect(names({ rows: 1 })).toEqual(['valve1/0']);
    expect(measureSet(data, 'skab', ema, { series: 2 })).toMatchObject({ of: 4, series: [{ name: 'valve1/0' }, { name: 'other/9' }] });
  });

  it("gives the benchmark's own score only for the whole corpus", () => {
    const { nab } = measureSet(data, 'nab', ema, {});
    expect(Object.keys(nab!)).toEqual(['standard', 'reward_low_FP_rate', 'reward_low_FN_rate']);
    expect(nab!.standard).toBeGreaterThan(50);
    const [series] = seriesOf(data, 'nab', {}).series;
    const meter = new SetMeter(data, setNamed('nab'));
    meter.add(series, new Float64Array(1000), new Float64Array(1000), 1);
    expect(meter.figures(2).nab).toBeUndefined();
    expect(meter.figures(1).nab).toBeDefined();
  });
});

describe('made streams', () => {
  it('are found at a limit that clean ones set, in kinds that suit', () => {
    const figures = measureSimulated('white', ema, { streams: 4, clean: 3, cleanRows: 4_000 });
    expect(figures.onset).toBeUndefined();
    const { found, chance, falseAlarms } = figures.score;
    expect(Object.keys(found)).toEqual(kindsFor('white'));
    expect(found.spike).toBeGreaterThanOrEqual(0.75);
    expect(found.leak).toBeLessThanOrEqual(1);
    expect(found['rows-gone']).toBe(0);
    expect(chance.spike).toBeLessThan(0.01);
    expect(falseAlarms).toBeGreaterThan(0);
    expect(falseAlarms).toBeLessThan(6);
  });

  it('say whether a threshold keeps its promise', () => {
    const [budget, conformal] = calibrated(planOf(['calibration'], ['ema'], false));
    expect([budget.name, conformal.name]).toEqual(['ema, budget 2/week', 'ema, conformal 1%']);
    const weekly = measureCalibration('white', budget.choice, 2, 4);
    expect(weekly.weeks).toBe(8);
    expect(weekly.alertsAWeek).toBeGreaterThan(0.5);
    expect(weekly.alertsAWeek).toBeLessThan(5);
    expect(measureCalibration('white', conformal.choice, 1, 4).anomalous).toBeCloseTo(0.01, 2);
  });
});

describe('a run', () => {
  let figures: AccuracyFigures;
  const heard: string[] = [];
  const finished: string[] = [];
  beforeAll(async () => {
    const plan = { ...planOf(undefined, ['ema', 'envelope'], true), parts: new Set(['perturbed', 'calibration', 'disturbances'] as const) };
    figures = await measureAccuracy({
      data,
      plan,
      peers: false,
      quick: true,
      threads: 0,
      say: (line) => heard.push(line),
      finished: (part) => finished.push(part),
    });
  }, 120_000);

  it('measures every set with every detector that takes it, and says so', () => {
    expect(figures.failed).toEqual([]);
    expect(finished.toSorted()).toEqual([...DATA_SETS.map(({ name }) => name), 'calibration', 'disturbances'].toSorted());
    expect(Object.keys(figures.sets)).toEqual(DATA_SETS.map(({ name }) => name));
    for (const set of DATA_SETS) {
      expect(figures.sets[set.name].map(({ name }) => name)).toContain('ema');
      expect(heard.some((line) => line.endsWith(`${set.name}, ema`))).toBe(true);
    }
    expect(figures.calibration).toHaveLength(BASE_NAMES.length * 4);
    expect(new Set(figures.perturbed.map(({ detector }) => detector))).toEqual(new Set(['envelope']));
    expect(figures.disturbances.map(({ detector }) => detector)).toEqual(['envelope', 'ema']);
  });

  it('becomes tables and a drawing', () => {
    const tables = [...targetTable(figures), ...accuracyTables(figures), ...madeTables(figures)];
    for (const { head, rows, title } of tables) for (const row of rows) expect(row, title).toHaveLength(head.length);
    const of = (title: string) => tables.find((table) => table.title.startsWith(title))!;
    expect(of('ucr').rows.find(([name]) => name === 'ema')![1]).toBe('1 of 1');
    expect(of('nab: ').head.slice(1, 4)).toEqual(['standard', 'low FP', 'low FN']);
    expect(of('skab by family').head).toEqual(['detector', 'valve1', 'other']);
    expect(of('nab, perturbed').rows.at(-1)![1]).toBe('mean');
    expect(of('Do thresholds').rows).toHaveLength(BASE_NAMES.length);
    expect(accuracyBars(figures).map(({ title }) => title)).toEqual(DATA_SETS.map(({ name }) => name));
  });

  it('says what failed, and goes on', async () => {
    const plan = { sets: ['ucr'], parts: new Set<never>(), detectors: ['ema'] };
    const run = { data, plan, peers: false, quick: false, threads: 0, say: () => {}, finished: () => {} };
    await expect(measureAccuracy({ ...run, data: '/nowhere' })).rejects.toMatchObject({ code: 'BENCH_DATA_MISSING' });
  });
});

describe('targets', () => {
  const one = (ap: number, hit: number): SeriesFigures => ({ name: 's', family: 'f', rows: 1, ap, auc: 0.95, vus: 0, hit, seconds: 1 });
  const measured = (name: string, peer: boolean, series: SeriesFigures[]) => ({ name, peer, figures: { series, of: series.length } });
  const nothing: AccuracyFigures = { sets: {}, neighbours: {}, perturbed: [], simulated: [], calibration: [], disturbances: [], failed: [], versions: [] };

  it('stand beside what was reached and what the peer did', () => {
    const [table] = targetTable({
      ...nothing,
      sets: {
        ucr: [
          measured(
            'auto',
            false,
            Array.from({ length: 14 }, (_, i) => one(0, i < 9 ? 1 : 0)),
          ),
        ],
        smd: [measured('auto', false, [one(0.6, NaN), one(0.5, NaN)]), measured('rcf-4', true, [one(0.3, NaN)])],
        ms_cloud: [measured('auto', false, [one(0.7, NaN)])],
      },
      perturbed: [
        { detector: 'auto', how: 'noise', seed: 1, scores: { standard: 76, reward_low_FP_rate: 0, reward_low_FN_rate: 0 } },
        { detector: 'auto', how: 'every-second', seed: 1, scores: { standard: 69, reward_low_FP_rate: 0, reward_low_FN_rate: 0 } },
      ],
      simulated: [
        { detector: 'auto', base: 'white', figures: { score: { falseAlarms: 1, found: { spike: 1 }, chance: {} }, spikesByOracle: 1 } },
        { detector: 'auto', base: 'heavy', figures: { score: { falseAlarms: 1, found: { spike: 0.9 }, chance: {} }, spikesByOracle: 0.05 } },
      ],
      calibration: [{ way: 'auto, budget 2/week', base: 'white', figures: { alertsAWeek: 1.5, anomalous: 0, weeks: 50 } }],
    });
    expect(table.rows).toEqual([
      ['ucr, hits of 14', '>= 9', '9', '–', 'yes'],
      ['ms_cloud, AP', '>= .770', '.700', '–', 'no'],
      ['smd, AP', '>= .500', '.550', '.300', 'yes'],
      ['smd, ROC-AUC', '>= .900', '.950', '.950', 'yes'],
      ['nab, mean over perturbed copies', '>= 75', '76.00', '–', 'yes'],
      ['nab, every second row', '>= 70', '69.00', '–', 'no'],
      ['made spike, found (mean, worst base)', '>= 95%', '95%, 90%', '–', 'no'],
      ['made spike, of bases in which an oracle finds them', '>= 95%', '100%, 100%', '–', 'yes'],
      ['budget of two a week, alerts a week over the bases', '1 to 4', '1.50 to 1.50', '–', 'yes'],
    ]);
    expect(targetTable(nothing)).toEqual([]);
  });

  it('show what an oracle finds of the spikes, and the mean of the bases in which it does', () => {
    const said = (base: BaseName, spike: number, spikesByOracle: number): AccuracyFigures['simulated'][number] => ({
      detector: 'auto',
      base,
      figures: { score: { falseAlarms: 1, found: { spike, stuck: 1 }, chance: {} }, spikesByOracle },
    });
    const [table] = madeTables({ ...nothing, simulated: [said('white', 0.9, 1), said('heavy', 0.1, 0.05)] });
    const place = table.head.indexOf('spike');
    expect(table.head[place + 1]).toBe('spike, oracle');
    expect(table.rows.map((row) => [row[0], row[place], row[place + 1], row.at(-1)])).toEqual([
      ['white', '90%', '100%', '1.00'],
      ['heavy', '10%', '5%', '1.00'],
      ['mean', '50%', '53%', '1.00'],
      ['mean where the oracle finds 95%', '90%', '100%', '1.00'],
    ]);
    expect(new Set(table.rows.map((row) => row.length))).toEqual(new Set([table.head.length]));
  });

  it('have the median of the neighbours beside the default', () => {
    const table = accuracyTables({
      ...nothing,
      sets: { smd: [measured('auto', false, [one(0.6, NaN)])] },
      neighbours: {
        smd: [measured('a x 0.7', false, [one(0.4, NaN)]), measured('a x 1.4', false, [one(0.58, NaN)]), measured('b x 0.7', false, [one(0.61, NaN)])],
      },
    }).find(({ title }) => title.startsWith('Neighbouring'))!;
    expect(table.rows).toEqual([['smd', '.600', '.580', '.400 (a x 0.7)', '.610', '3']]);
  });
});
