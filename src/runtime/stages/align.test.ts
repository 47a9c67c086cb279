import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { memoryStates } from '../../testing/memory-states.ts';
import { operatorChecks } from '../../testing/operator-suite.ts';
import { Aggregate } from './aggregate.ts';
import { createAlign, type AlignOptions } from './align.ts';

const OPTIONS: AlignOptions = { by: 'host', columns: ['cpu', 'memory'], columnLabel: 'metric', every: 1000, fill: 'last', maxAge: 3000 };

/** web-1: 0 cpu, 1 memory; web-2: 2 cpu (by its key), 3 memory; 4 no host; 5 no such column. */
function inputOf(): SeriesDictionary {
  const input = new SeriesDictionary();
  input.intern('web-1/cpu', { host: 'web-1', metric: 'cpu' });
  input.intern('web-1/memory', { host: 'web-1', metric: 'memory' });
  input.intern('cpu{host=web-2,path=/}', { host: 'web-2', path: '/' });
  input.intern('web-2/memory', { host: 'web-2', metric: 'memory' });
  input.intern('cpu', { metric: 'cpu' });
  input.intern('web-1/disk', { host: 'web-1', metric: 'disk' });
  return input;
}

type Event = readonly [series: number, time: number, value: number];

function batchOf(events: readonly Event[], dictionary: SeriesDictionary): EventBuilder {
  const batch = new EventBuilder(dictionary);
  events.forEach(([series, time, value], i) => batch.add(series, time, value, 0, i, 0));
  return batch;
}

function run(options: Partial<AlignOptions>, events: readonly Event[], output = new SeriesDictionary(), input = inputOf()) {
  const operator = createAlign({ ...OPTIONS, ...options }, input, output);
  const states = memoryStates(operator);
  const out = { events: new EventBuilder(output, 2), verdicts: emptyVerdicts(1, 0), rollups: [] };
  operator.process(batchOf(events, input), states, out);
  operator.advance(Infinity, states, out);
  return Array.from({ length: out.events.length }, (_, i) => [
    output.get(out.events.series[i]).key,
    out.events.time[i],
    ...out.events.values.subarray(i * 2, i * 2 + 2),
  ]);
}

describe('align', () => {
  it('makes one row per entity and interval of the newest values, at the end of the interval', () => {
    const events: Event[] = [
      [0, 100, 1],
      [2, 200, 5],
      [1, 300, 10],
      [0, 400, 2],
      [3, 999, 50],
      [0, 1000, 3],
      [1, 1500, 30],
    ];
    expect(run({}, events)).toEqual([
      ['host=web-1', 1000, 2, 10],
      ['host=web-2', 1000, 5, 50],
      ['host=web-1', 2000, 3, 30],
    ]);
  });

  it.each([
    ['none', [NaN, NaN]],
    ['zero', [0, 0]],
    ['last', [10, NaN]],
  ] as const)('fills with %s where a column has no value, `last` no longer than max_age', (fill, [soon, later]) => {
    const rows = run({ fill }, [
      [1, 500, 10],
      [0, 3000, 1],
      [0, 4000, 2],
    ]);
    const first = fill === 'zero' ? 0 : NaN;
    expect(rows).toEqual([
      ['host=web-1', 1000, first, 10],
      ['host=web-1', 4000, 1, fill === 'last' ? NaN : soon],
      ['host=web-1', 5000, 2, later],
    ]);
    expect(
      run({ fill, maxAge: 3500 }, [
        [1, 500, 10],
        [0, 3000, 1],
      ])[1],
    ).toEqual(['host=web-1', 4000, 1, soon]);
  });

  it('gives no row where nothing of the entity came, and leaves out what has no entity, no column or no value', () => {
    expect(
      run({}, [
        [4, 0, 1],
        [5, 0, 1],
        [0, 0, NaN],
        [0, 5000, 1],
      ]),
    ).toEqual([['host=web-1', 6000, 1, NaN]]);
  });

  it('names entities in the order of the input series, with their label, also within one dictionary', () => {
    const one = inputOf();
    run({}, [[3, 0, 1]], one, one);
    expect(one.all.slice(6).map(({ key, labels }) => [key, labels])).toEqual([
      ['host=web-1', { host: 'web-1' }],
      ['host=web-2', { host: 'web-2' }],
    ]);
    const rows = run({}, [[3, 0, 1]], one, one);
    expect(rows).toEqual([['host=web-2', 1000, NaN, 1]]);
    expect(one.size).toBe(8);
  });

  it('leaves out entities beyond the bound of the output dictionary', () => {
    expect(
      run(
        {},
        [
          [0, 0, 1],
          [2, 0, 1],
        ],
        new SeriesDictionary(1),
      ),
    ).toEqual([['host=web-1', 1000, 1, NaN]]);
  });
});

describe('align, as every operator', () => {
  const events = Array.from({ length: 150 }, (_, i): Event => [(i * i) % 6, Math.floor(i / 2) * 130, (i * 37) % 101]);
  for (const fill of ['none', 'last', 'zero'] as const) {
    const checks = operatorChecks({
      name: `align ${fill}`,
      make: (dictionary) => createAlign({ ...OPTIONS, fill }, dictionary, dictionary),
      dictionary: inputOf,
      input: batchOf(events, inputOf()),
      width: 2,
    });
    for (const check of checks) it(check.name, check.run);
  }
});

describe('aggregate before align', () => {
  it('gives its unit to series that were sent, not to entities', () => {
    const dictionary = inputOf();
    const aggregate = new Aggregate({ every: 1000, function: 'mean', filter: {}, unit: '%' }, dictionary);
    const align = createAlign(OPTIONS, dictionary, dictionary);
    const out = { events: new EventBuilder(dictionary, 2), verdicts: emptyVerdicts(1, 0), rollups: [] };
    for (let pass = 0; pass < 2; pass++) {
      aggregate.process(batchOf([], dictionary), memoryStates(aggregate), out);
      align.process(batchOf([], dictionary), memoryStates(align), out);
    }
    expect(dictionary.all.map(({ unit }) => unit)).toEqual([...Array<string>(6).fill('%'), '', '']);
  });
});
