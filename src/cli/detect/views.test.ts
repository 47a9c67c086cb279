import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../core/verdicts.ts';
import { visibleLength } from '../terminal.ts';
import { plot } from './plot.ts';
import { Episodes, type Episode } from './episodes.ts';
import { Strongest } from './strongest.ts';
import { table } from './table.ts';
import { Trace, Traces } from './trace.ts';

const plain = pc.createColors(false);

function verdict(time: number, score: number, more: Partial<Verdict> = {}): Verdict {
  return {
    id: '0',
    kind: 'point',
    pipeline: 'detect',
    series: 'cpu',
    labels: {},
    unit: '',
    time: new Date(time).toISOString(),
    values: [42.123456789],
    score,
    threshold: 3,
    anomalous: true,
    onset: 1,
    expected: 10,
    lower: 8,
    upper: 12.5,
    contributions: null,
    member: null,
    detector: 'ema',
    config: '0',
    late: false,
    subject: null,
    detail: null,
    revises: null,
    cause: { partition: 0, offset: 0, place: 0 },
    ...more,
  };
}

/** An episode of one row that is an alert. */
function episode(time: number, score: number, more: Partial<Verdict> = {}, rest: Partial<Episode> = {}): Episode {
  return { from: time, to: time, rows: 1, alert: true, score, verdict: verdict(time, score, more), ...rest };
}

describe('the table', () => {
  it('aligns numbers to the right and leaves out what is the same everywhere', () => {
    expect(table([episode(0, 3.5), episode(1500, 123.456, { values: [7] })], 80, plain)).toBe(
      [
        'from                       value  expected  low  high   score',
        '1970-01-01 00:00:00      42.1235        10    8  12.5    3.50',
        '1970-01-01 00:00:01.500        7        10    8  12.5  123.46',
        '',
      ].join('\n'),
    );
  });

  it('says how long an episode lasts, which part spoke, and where not all are alerts which are', () => {
    const bare = { expected: null, lower: null, upper: null };
    const rows = [
      episode(0, 3.5, { ...bare, member: 'level' }, { to: 90_000, rows: 4 }),
      episode(200_000, 4, { ...bare, member: 'shape' }, { alert: false }),
      episode(300_000, 2, { ...bare, member: 'level', anomalous: false }),
    ];
    expect(table(rows, 80, plain)).toBe(
      [
        'from                   lasts  alert    value  score  by',
        '1970-01-01 00:00:00  1.5 min  ●      42.1235   3.50  level',
        '1970-01-01 00:03:20        ·         42.1235   4.00  shape',
        '1970-01-01 00:05:00        ·  ●      42.1235   2.00  onset',
        '',
      ].join('\n'),
    );
  });

  it('is never wider than the terminal: names of series are cut first', () => {
    const long = episode(0, 9, { series: 'region=europe-west,host=a-very-long-name-of-a-host,metric=cpu_utilisation_percent' });
    const lines = table([episode(0, 4), long], 80, plain).split('\n');
    for (const line of lines) expect(visibleLength(line)).toBeLessThanOrEqual(80);
    expect(lines[2]).toContain('…');
  });

  it('keeps to 80 columns with a duration, a band and a member, and shows of the band what tells it apart', () => {
    const more = { values: [19.131], expected: 20.05661, lower: -2.09532, upper: 42.20853, member: 'forecast' };
    const rows = [episode(0, 6.58, more, { to: 1_200_000, rows: 3 }), episode(9e6, 1.1, { ...more, values: [20.5] })];
    const [head, first] = table(rows, 80, plain).split('\n');
    expect(head).toBe('from                  lasts   value  expected   low  high  score  by');
    expect(first).toBe('1970-01-01 00:00:00  20 min  19.131      20.1  -2.1  42.2   6.58  forecast');
    const pascal = table([episode(0, 9, { values: [101_400], expected: 101_325.21, lower: 101_315.4, upper: 101_335.1 })], 80, plain);
    expect(pascal).toContain('101325  101315  101335');
    const named = rows.map((row, i) => ({ ...row, verdict: { ...row.verdict, series: `machine-${i} temperature` } }));
    for (const line of table(named, 80, plain).split('\n')) expect(visibleLength(line)).toBeLessThanOrEqual(80);
    expect(table(named, 60, plain).split('\n')[0]).toMatch(/^from +series +value +low +high +score$/);
  });

  it('moves no cursor, whatever a series is called', () => {
    const text = table([episode(0, 4, { series: 'cpu\u001b[2J\u0007\n' }), episode(0, 5, { series: 'b' })], 80, plain);
    expect(text).toContain('cpu\ufffd[2J\ufffd');
    expect(text.split('\n')).toHaveLength(table([episode(0, 4), episode(0, 5, { series: 'b' })], 80, plain).split('\n').length);
  });

  it('counts wide characters twice', () => {
    const lines = table([episode(0, 4, { series: '温度' }), episode(0, 5, { series: 'cpu' })], 80, plain).split('\n');
    expect(visibleLength(lines[1])).toBe(visibleLength(lines[2]));
  });
});

describe('episodes', () => {
  /** Scores a second apart, each anomalous above 3; an onset where one is given. */
  function episodesOf(scores: readonly number[], onsets: Readonly<Record<number, number>> = {}, most = 0, distance: Readonly<Record<number, number>> = {}) {
    const episodes = new Episodes(most);
    scores.forEach((score, i) => {
      const onset = onsets[i] ?? 0;
      if (score > 3 || onset > 0.5) episodes.take(0, i * 1000, score, distance[i] ?? 0, onset, () => verdict(i * 1000, score));
      else episodes.calm(0);
    });
    return { ...episodes.end(), alerts: episodes.alerts };
  }

  it('hang together over fewer than five calm rows, and show their worst row', () => {
    const { kept } = episodesOf([0, 4, 9, 5, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 4], { 1: 1, 14: 0.5 });
    expect(kept.map(({ from, to, rows, alert, score }) => [from, to, rows, alert, score])).toEqual([
      [1000, 8000, 4, true, 9],
      [14_000, 14_000, 1, false, 4],
    ]);
    expect(kept[0].verdict.time).toBe('1970-01-01T00:00:02.000Z');
  });

  it('show the value farthest from what was expected where the score outlasts it, with the highest score', () => {
    const { kept } = episodesOf([0, 4, 8, 9, 5], {}, 0, { 1: 0.5, 2: 2, 3: 0.1 });
    expect([kept[0].score, kept[0].verdict.score, kept[0].verdict.time]).toEqual([9, 8, '1970-01-01T00:00:02.000Z']);
  });

  it('begin with an alert as well, and are counted when they are too many to keep', () => {
    const { kept, seen, alerts } = episodesOf([1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 5], { 0: 0.51, 6: 1 }, 1);
    expect([kept.map(({ score }) => score), seen, alerts]).toEqual([[9], 3, 2]);
  });
});

describe('the plot', () => {
  it('draws a line, the band dotted, and a bullet for an anomaly', () => {
    const trace = new Trace('cpu', '');
    for (let i = 0; i < 40; i++) trace.push(i * 1000, i === 30 ? 9 : i % 4, -1, 4, 5, i === 30);
    expect(plot(trace, 40, 6, plain).split('\n')).toEqual([
      'cpu  40 rows, 1 anomaly (2.5%)',
      '   9 ┤                          ●       ',
      '     │                         ⢰⢇       ',
      '     │                         ⢸⢸       ',
      '4.05 ┤⠁⠈⣠ ⠈⢀⡄⠈ ⣠⠈ ⢀⡄  ⣠ ⠁⢀⡄ ⠈⡄⠁⡸⢸ ⠈⢀⡄  ⡠',
      '     │ ⡜ ⡇⢠⠃⢸⢀⠎ ⡇⡰⠁⢣⢀⠎⠘⡄⡰⠁⢣⢀⠎⢸ ⡇ ⡇⢠⠃⢸ ⡜ ',
      '-0.9 ┤⠊  ⠘⠁  ⠋  ⠘⠁ ⠘⠁  ⠋  ⠘⠁  ⠋  ⠘⠁  ⠋  ',
      '     └──────────────────────────────────',
      '      1970-01-01 00:00:00',
      '',
    ]);
  });

  it('fits any width and any values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 200 }),
        fc.array(fc.tuple(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.boolean()), { minLength: 1, maxLength: 300 }),
        (width, rows) => {
          const trace = new Trace('series', '');
          for (const [i, [value, anomalous]] of rows.entries()) trace.push(i * 60_000, value, value - 1, value + 1, 5, anomalous);
          for (const line of plot(trace, width, 8, plain).split('\n')) expect(visibleLength(line)).toBeLessThanOrEqual(Math.max(width, 60));
        },
      ),
    );
  });

  it('says so where there are no values', () => {
    const trace = new Trace('cpu', '');
    trace.push(0, NaN, NaN, NaN, NaN, false);
    expect(plot(trace, 60, 6, plain)).toContain('no values');
  });
});

describe('a trace', () => {
  it('keeps extremes and the worst anomaly of however many rows, in bounded memory', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(), (rows, seed) => {
        const trace = new Trace('a', '');
        const spike = seed % rows;
        for (let i = 0; i < rows; i++) trace.push(i, i === spike ? 100 : i % 3, NaN, NaN, i === spike ? 50 : 4, i === spike || i % 1000 === 0);
        expect(trace.points.length).toBeLessThanOrEqual(2048);
        expect(Math.max(...trace.points.map(({ max }) => max))).toBe(100);
        expect(trace.points.reduce((sum, { anomalies }) => sum + anomalies, 0)).toBe(trace.anomalies);
        expect(trace.points.find(({ score }) => score === 50)).toMatchObject({ time: spike, value: 100 });
        expect(trace.points.at(-1)!.to).toBe(rows - 1);
      }),
      { numRuns: 20 },
    );
  });

  it('is made for the first series only', () => {
    const traces = new Traces(2);
    for (let i = 0; i < 5; i++) traces.of(i, () => ({ key: `s${i}`, unit: '' }));
    expect(traces.all.map(({ key }) => key)).toEqual(['s0', 's1']);
    expect(traces.untraced).toBe(3);
  });
});

describe('the strongest', () => {
  it('are those with the highest scores', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (scores, most) => {
        const strongest = new Strongest<{ score: number }>(most);
        scores.forEach((score) => strongest.add(score, () => ({ score })));
        const expected = scores.toSorted((a, b) => b - a).slice(0, most);
        expect(
          strongest
            .kept()
            .map(({ score }) => score)
            .sort((a, b) => b - a),
        ).toEqual(expected);
        expect(strongest.seen).toBe(scores.length);
      }),
    );
  });
});
