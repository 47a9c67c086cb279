import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import type { LineTable } from '../../core/lines.ts';
import { ANOMALOUS, emptyVerdicts, NO_ROW } from '../../core/verdicts.ts';
import { detectors } from '../../detectors/index.ts';
import { memoryStates } from '../../testing/memory-states.ts';
import { operatorChecks } from '../../testing/operator-suite.ts';
import { sampleOptions } from '../../testing/options.ts';
import { thresholds } from '../../thresholds/index.ts';
import { RateStage, type RateStageOptions } from './stage.ts';

const MINUTE = 60_000;
const ERROR = LEVELS.indexOf('error');
const INFO = LEVELS.indexOf('info');

const detector = detectors.find(({ name }) => name === 'ema')!;
const threshold = thresholds.find(({ name }) => name === 'sigma')!;

const OPTIONS: RateStageOptions = {
  every: MINUTE,
  max_templates: 200,
  detector,
  detectorOptions: sampleOptions({ ...detector, sample: { min_points: 5, min_spread: 1 } }),
  threshold,
  thresholdOptions: sampleOptions({ ...threshold, sample: { k: 5 } }),
  rollup: MINUTE,
  judge: 'auto',
  members: ['new-event', 'rate'],
  config: 'abc',
};

/** A number of lines at one time. */
type Lines = readonly [time: number, template: number, count?: number, level?: number];

function batchOf(lines: readonly Lines[], dictionary = new SeriesDictionary()): EventBuilder {
  const batch = new EventBuilder(dictionary, 2, 64, true);
  for (const [time, template, count = 1, level = INFO] of lines) {
    for (let k = 0; k < count; k++) {
      const row = batch.row(0, time, 0, batch.length, 0);
      batch.values[row * 2] = template;
      (batch.lines as LineTable).row(row, { start: 0, end: 0, message: 0, messageEnd: 0, component: 0, componentEnd: 0, level, stated: time });
    }
  }
  return batch;
}

interface Said {
  series: string;
  time: number;
  value: number;
  anomalous: boolean;
}

/** Says what the stage says of batches, each with the watermark behind it. */
function run(
  options: Partial<RateStageOptions>,
  batches: readonly { lines: readonly Lines[]; watermark: number }[],
): { said: Said[]; dictionary: SeriesDictionary; rollups: number } {
  const dictionary = new SeriesDictionary();
  const stage = new RateStage({ ...OPTIONS, ...options }, dictionary);
  const states = memoryStates(stage);
  const out = { events: new EventBuilder(dictionary, 1), verdicts: emptyVerdicts(1, 0), rollups: [] };
  const said: Said[] = [];
  const take = (): void => {
    const { verdicts } = out;
    for (let i = 0; i < verdicts.length; i++) {
      expect([verdicts.stage, verdicts.detector, verdicts.members[verdicts.member[i]], verdicts.config]).toEqual(['rate', 'auto', 'rate', 'abc']);
      expect([verdicts.partition[i], verdicts.offset[i], verdicts.place[i], verdicts.row[i]]).toEqual([NO_ROW, verdicts.time[i], 0, NO_ROW]);
      said.push({
        series: dictionary.get(verdicts.series[i]).key,
        time: verdicts.time[i],
        value: verdicts.values[i],
        anomalous: (verdicts.flags[i] & ANOMALOUS) !== 0,
      });
    }
    verdicts.length = 0;
  };
  for (const { lines, watermark } of batches) {
    stage.process(batchOf(lines, dictionary), states, out);
    take();
    stage.advance(watermark, states, out);
    take();
  }
  expect(out.events.length).toBe(0);
  return { said, dictionary, rollups: out.rollups.length };
}

function of(said: readonly Said[], series: string): [number, number][] {
  return said.filter((one) => one.series === series).map(({ time, value }) => [time / MINUTE, value]);
}

/** So many lines of template 1 a minute. */
function steady(minutes: number, count: number, from = 0): Lines[] {
  return Array.from({ length: minutes }, (_, i): Lines => [(from + i) * MINUTE + 1000, 1, count + (i % 3)]);
}

describe('rates of lines', () => {
  it('are said at the end of every interval but the first and the last, by level and by template', () => {
    const lines: Lines[] = [
      [30_000, 7, 120],
      [70_000, 7, 3],
      [80_000, 9, 1, ERROR],
      [130_000, 7, 4],
      [190_000, 7, 5],
    ];
    const { said, dictionary, rollups } = run({}, [{ lines, watermark: Infinity }]);
    expect(of(said, 'rate level=info')).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expect(of(said, 'rate template=7')).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expect(of(said, 'rate level=error')).toEqual([[3, 0]]);
    const known = dictionary.all.map(({ key, labels, unit }) => [key, labels, unit]);
    expect(known).toEqual([
      ['rate level=info', { level: 'info' }, 'lines'],
      ['rate template=7', { template: '7' }, 'lines'],
      ['rate level=error', { level: 'error' }, 'lines'],
    ]);
    expect(rollups).toBeGreaterThan(0);
  });

  it('are anomalous when far more or far fewer lines come than before', () => {
    const lines = [...steady(40, 50), ...steady(1, 500, 40), ...steady(20, 50, 41), ...steady(20, 50, 64)];
    const { said } = run({}, [{ lines, watermark: Infinity }]);
    const odd = said.filter(({ series, anomalous }) => series === 'rate template=1' && anomalous).map(({ time }) => time / MINUTE);
    expect(odd).toEqual(expect.arrayContaining([41, 62]));
    expect(odd.every((minute) => minute >= 41 && minute <= 65)).toBe(true);
  });

  it('count 0 in an interval without lines, and say nothing after an hour of silence', () => {
    const silent: Lines[] = [
      [0, 1, 200],
      [MINUTE, 1, 200],
      [MINUTE * 1000, 1, 7],
      [MINUTE * 1002, 1, 7],
    ];
    const counts = of(run({}, [{ lines: silent, watermark: Infinity }]).said, 'rate template=1');
    expect(counts.length).toBe(1 + 60 + 2);
    expect(counts.filter(([, count]) => count > 0)).toEqual([
      [2, 200],
      [1001, 7],
    ]);
    expect(counts.at(-1)).toEqual([1002, 0]);
    const stepwise = Array.from({ length: 300 }, (_, i) => ({ lines: [], watermark: (i + 2) * MINUTE * 3 }));
    const inSteps = [{ lines: silent.slice(0, 2), watermark: MINUTE }, ...stepwise, { lines: silent.slice(2), watermark: Infinity }];
    expect(of(run({}, inSteps).said, 'rate template=1')).toEqual(counts);
  });

  it('are watched for so many templates, those with the most lines first', () => {
    const lines: Lines[] = [
      [0, 5, 100],
      [0, 70_000, 300],
      [0, 6, 99],
      [0, 8, 200],
      [MINUTE, 6, 100],
      [MINUTE * 2, 6, 1],
    ];
    const watched = (max_templates: number): string[] =>
      run({ max_templates }, [{ lines, watermark: Infinity }])
        .dictionary.all.map(({ key }) => key)
        .filter((key) => key.includes('template'));
    expect(watched(10)).toEqual(['rate template=70000', 'rate template=8', 'rate template=5', 'rate template=6']);
    expect(watched(2)).toEqual(['rate template=70000', 'rate template=8']);
    expect(watched(0)).toEqual([]);
  });

  it('stay bounded when there is no end of new templates', () => {
    const many = Array.from({ length: 25_000 }, (_, i): Lines => [0, i]);
    const dictionary = new SeriesDictionary();
    const stage = new RateStage(OPTIONS, dictionary);
    const states = memoryStates(stage);
    const out = { events: new EventBuilder(dictionary, 1), verdicts: emptyVerdicts(1, 0), rollups: [] };
    const size = (): number => [...states.save().states.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    stage.process(batchOf([[0, 1, 150], ...many, [MINUTE - 1, 30_000, 200]], dictionary), states, out);
    expect(size()).toBeLessThan(400_000);
    stage.advance(MINUTE, states, out);
    expect(size()).toBeLessThan(2000);
    stage.process(
      batchOf(
        [
          [MINUTE, 1, 3],
          [MINUTE, 30_000, 200],
          [MINUTE * 2, 1, 4],
          [MINUTE * 3, 1, 1],
        ],
        dictionary,
      ),
      states,
      out,
    );
    expect(dictionary.all.map(({ key }) => key)).toEqual(['rate level=info', 'rate template=1', 'rate template=30000']);
  });

  it('are those of a plain count, however the input is cut', () => {
    const rows = fc.array(fc.tuple(fc.nat(90_000), fc.nat(2), fc.nat(3)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.nat(60), (gaps, cut) => {
        let time = 0;
        const lines = gaps.map(([gap, template, level]): Lines => [(time += gap), template, 40, level]);
        const whole = run({ max_templates: 2 }, [{ lines, watermark: Infinity }]).said;
        const cutOnce = [
          { lines: lines.slice(0, cut), watermark: lines[Math.min(cut, lines.length) - 1]?.[0] ?? 0 },
          { lines: lines.slice(cut), watermark: Infinity },
        ];
        expect(run({ max_templates: 2 }, cutOnce).said).toEqual(whole);
        for (const { series, time: end, value } of whole) {
          const here = lines.filter(([at]) => at >= end - MINUTE && at < end);
          const [, kind, name] = /rate (\w+)=(.*)/.exec(series)!;
          const matching = here.filter(([, template, , level]) => (kind === 'level' ? (LEVELS[level!] || 'none') === name : template === Number(name)));
          expect(value).toBe(40 * matching.length);
        }
      }),
    );
  });
});

describe('rate, as every operator', () => {
  const checks = operatorChecks({
    name: 'rate',
    make: (dictionary) => new RateStage({ ...OPTIONS, every: 1000 }, dictionary),
    dictionary: () => new SeriesDictionary(),
    input: batchOf(Array.from({ length: 250 }, (_, i): Lines => [i * 130 + (i > 200 ? 20_000 : 0), i % 2, 1, i % 4 === 0 ? ERROR : INFO])),
    width: 1,
  });
  for (const check of checks) it(check.name, check.run);
});
