import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../core/verdicts.ts';
import { visibleLength } from '../terminal.ts';
import { plot } from './plot.ts';
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
    revises: null,
    cause: { partition: 0, offset: 0, place: 0 },
    ...more,
  };
}

describe('the table', () => {
  it('aligns numbers to the right and leaves out what is the same everywhere', () => {
    expect(table([verdict(0, 3.5), verdict(1500, 123.456, { values: [7] })], 80, plain)).toBe(
      [
        'time                       value  expected  from    to   score',
        '1970-01-01 00:00:00      42.1235        10     8  12.5    3.50',
        '1970-01-01 00:00:01.500        7        10     8  12.5  123.46',
        '',
      ].join('\n'),
    );
  });

  it('is never wider than the terminal: names of series are cut first', () => {
    const long = verdict(0, 9, { series: 'region=europe-west,host=a-very-long-name-of-a-host,metric=cpu_utilisation_percent' });
    const lines = table([verdict(0, 4), long], 80, plain).split('\n');
    for (const line of lines) expect(visibleLength(line)).toBeLessThanOrEqual(80);
    expect(lines[2]).toContain('…');
  });

  it('moves no cursor, whatever a series is called', () => {
    const text = table([verdict(0, 4, { series: 'cpu\u001b[2J\u0007\n' }), verdict(0, 5, { series: 'b' })], 80, plain);
    expect(text).toContain('cpu\ufffd[2J\ufffd');
    expect(text.split('\n')).toHaveLength(table([verdict(0, 4), verdict(0, 5, { series: 'b' })], 80, plain).split('\n').length);
  });

  it('counts wide characters twice', () => {
    const lines = table([verdict(0, 4, { series: '温度' }), verdict(0, 5, { series: 'cpu' })], 80, plain).split('\n');
    expect(visibleLength(lines[1])).toBe(visibleLength(lines[2]));
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
  it('are those with the highest scores, in order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (scores, most) => {
        const strongest = new Strongest(most);
        scores.forEach((score, i) => strongest.add(score, () => verdict(i * 1000, score)));
        const kept = strongest.byTime();
        const expected = scores.toSorted((a, b) => b - a).slice(0, most);
        expect(kept.map(({ score }) => score!).sort((a, b) => b - a)).toEqual(expected);
        expect(kept.map(({ time }) => time)).toEqual(kept.map(({ time }) => time).toSorted());
        expect(strongest.seen).toBe(scores.length);
      }),
    );
  });
});
