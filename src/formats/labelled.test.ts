import { describe, expect, it } from 'vitest';
import type { JsonValue, MessageLabels, MessageRecords } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { csv } from './csv/index.ts';
import { CSV_DEFAULTS } from './csv/layout.ts';
import { json } from './json/index.ts';
import { JSON_DEFAULTS } from './json/options.ts';
import { LabelledDecoder } from './labelled.ts';

function messages(list: readonly [text: string, labels?: MessageLabels][], from = 0): MessageRecords {
  const bodies = list.map(([text]) => Buffer.from(text));
  let end = 0;
  return {
    kind: 'messages',
    partition: 0,
    offsets: Float64Array.from(list, (_, i) => from + i),
    ends: Uint32Array.from(bodies, (body) => (end += body.length)),
    bytes: Buffer.concat(bodies),
    arrivals: Float64Array.from(list, (_, i) => 1000 + i),
    labels: list.map(([, labels]) => labels),
  };
}

const overJson = (dictionary: SeriesDictionary, state?: JsonValue) =>
  new LabelledDecoder((into, kept) => json.create(JSON_DEFAULTS, into, kept), dictionary, state);

function decoded(decoder: LabelledDecoder, dictionary: SeriesDictionary, records: MessageRecords): [string, number, number][] {
  const out = new EventBuilder(dictionary);
  decoder.decode(records, out);
  return Array.from({ length: out.length }, (_, i) => [dictionary.get(out.series[i]).key, out.values[i], out.offset[i]]);
}

describe('labels of messages', () => {
  it("are part of the series, beside what the record says; the name of a series is the record's first", () => {
    const dictionary = new SeriesDictionary();
    const decoder = overJson(dictionary);
    const one = { machine: 'm1', series: 'temperature' };
    const rows = decoded(
      decoder,
      dictionary,
      messages([
        ['{"value":1}', one],
        ['{"value":2,"series":"own"}', one],
        ['{"value":3,"line":"b","machine":"said"}', { machine: 'm2' }],
        ['{"value":4}'],
        ['{"value":5}', { ...one }],
      ]),
    );
    expect(rows).toEqual([
      ['temperature{machine=m1}', 1, 0],
      ['own{machine=m1}', 2, 1],
      ['value{line=b,machine=said}', 3, 2],
      ['value', 4, 3],
      ['temperature{machine=m1}', 5, 4],
    ]);
    expect(dictionary.get(0).labels).toEqual({ machine: 'm1' });
    expect(dictionary.get(2).labels).toEqual({ line: 'b', machine: 'said' });
  });

  it('keep what was learnt of each set of labels by itself, also over a restart', () => {
    const dictionary = new SeriesDictionary();
    const create = (state?: JsonValue) => new LabelledDecoder((into, kept) => csv.create(CSV_DEFAULTS, into, kept), dictionary, state);
    const first = create();
    decoded(
      first,
      dictionary,
      messages([
        ['time,temperature\n1,20\n', { machine: 'a' }],
        ['time,humidity\n1,50\n', { machine: 'b' }],
      ]),
    );
    const second = create(JSON.parse(JSON.stringify(first.state())) as JsonValue);
    const rows = decoded(
      second,
      dictionary,
      messages(
        [
          ['time,temperature\n2,21\n', { machine: 'a' }],
          ['time,humidity\n2,51\n', { machine: 'b' }],
        ],
        2,
      ),
    );
    expect(rows.map(([key, value]) => [key, value])).toEqual([
      ['temperature{machine=a}', 21],
      ['humidity{machine=b}', 51],
    ]);
  });

  it('beyond max_series go to the dead letters, message by message', () => {
    const dictionary = new SeriesDictionary(1);
    const out = new EventBuilder(dictionary);
    overJson(dictionary).decode(
      messages([
        ['{"value":1}', { a: '1' }],
        ['{"value":2}', { a: '2' }],
        ['{"value":3}', { a: '3' }],
      ]),
      out,
    );
    expect([out.length, out.bad.map(({ code, offset }) => [code, offset])]).toEqual([
      1,
      [
        ['SERIES_LIMIT', 1],
        ['SERIES_LIMIT', 2],
      ],
    ]);
    expect(new TextDecoder().decode(out.bad[1].bytes)).toBe('{"value":3}');
  });

  it('are not gone through, however many there are, to say what the format chose', () => {
    const dictionary = new SeriesDictionary();
    let asked = 0;
    const decoder = new LabelledDecoder(
      (into, kept) => {
        const inner = json.create(JSON_DEFAULTS, into, kept);
        return { decode: (...given) => inner.decode(...given), state: () => inner.state(), report: () => (asked++, []) };
      },
      dictionary,
      undefined,
    );
    decoded(decoder, dictionary, messages(Array.from({ length: 1_000 }, (_, i) => ['{"value":1}', { host: `h${i}` }])));
    expect(decoder.report()).toEqual([]);
    expect(asked).toBeLessThan(20);
  });
});
