import { describe, expect, it } from 'vitest';
import type { MessageRecords } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { LabelledDecoder } from '../labelled.ts';
import { value } from './index.ts';

function messages(texts: readonly string[], labels?: MessageRecords['labels']): MessageRecords {
  const parts = texts.map((text) => Buffer.from(text));
  let end = 0;
  return {
    kind: 'messages',
    partition: 0,
    offsets: Float64Array.from(texts, (_, i) => i * 100),
    ends: Uint32Array.from(parts, ({ length }) => (end += length)),
    bytes: Buffer.concat(parts),
    arrivals: Float64Array.from(texts, (_, i) => 1000 + i),
    ...(labels === undefined ? {} : { labels }),
  };
}

function decoded(records: MessageRecords, options: Record<string, unknown> = {}, limit?: number) {
  const dictionary = new SeriesDictionary(limit);
  const out = new EventBuilder(dictionary);
  new LabelledDecoder((into, state) => value.create(options as never, into, state), dictionary, undefined).decode(records, out);
  const rows = Array.from({ length: out.length }, (_, i) => `${dictionary.get(out.series[i]).key} ${out.time[i]} ${out.values[i]}`);
  return { rows, refused: out.bad.map(({ code, offset }) => `${code} ${offset}`), dictionary };
}

describe('the format value', () => {
  it('takes a number with blanks around it, at the time it came', () => {
    const { rows, refused } = decoded(messages(['21.5', ' -3e2\r\n', '\ufeff+.5', '0']));
    expect(rows).toEqual(['value 1000 21.5', 'value 1001 -300', 'value 1002 0.5', 'value 1003 0']);
    expect(refused).toEqual([]);
  });

  it('takes what is said to be missing as a missing value', () => {
    expect(decoded(messages(['', '  ', 'NaN', 'null', 'n/a', '-'])).rows.map((row) => row.split(' ')[2])).toEqual(Array(6).fill('NaN'));
  });

  it('refuses what is no number, with its place, and goes on', () => {
    const { rows, refused } = decoded(messages(['on', '1 2', '0x10', 'Infinity', '{"value":1}', '\u0000', '7']));
    expect(refused).toEqual(['RECORD_MALFORMED 0', 'RECORD_MALFORMED 100', 'RECORD_MALFORMED 200', 'RECORD_MALFORMED 300', 'RECORD_MALFORMED 400']);
    expect(rows).toEqual(['value 1005 NaN', 'value 1006 7']);
  });

  it('takes words where asked', () => {
    const { rows, refused } = decoded(messages(['on', 'OFF', 'true', 'False', 'open', 'closed', 'maybe', 'constructor']), { words: true });
    expect(rows.map((row) => row.split(' ')[2])).toEqual(['1', '0', '1', '0', '1', '0']);
    expect(refused).toEqual(['RECORD_MALFORMED 600', 'RECORD_MALFORMED 700']);
  });

  it('has the labels of the message and the name that it gives', () => {
    const labels = { series: 'temperature', line: 'a' };
    const { rows, dictionary } = decoded(messages(['1', '2', '3'], [labels, undefined, labels]), { unit: '°C' });
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['temperature{line=a}', 'value', 'temperature{line=a}']);
    expect(dictionary.get(0)).toMatchObject({ labels: { line: 'a' }, unit: '°C' });
  });

  it('refuses what is too long, and series beyond the bound', () => {
    expect(decoded(messages(['1'.repeat(5000)])).refused).toEqual(['RECORD_TOO_LARGE 0']);
    expect(decoded(messages(['1']), {}, 0).refused).toEqual(['SERIES_LIMIT 0']);
  });
});
