/** Batches as brokers give them, also those that are rare: emptied by compaction, damaged, from before 1970. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { json } from '../../formats/json/index.ts';
import { batchOf, recordOf } from './batch.fixture.ts';
import { crc32c } from './crc32c.ts';
import { readBatches, type ReadRules } from './records.ts';

const rules: ReadRules = { from: 0, aborted: [], most: 2 ** 20, labels: undefined };
const TRANSACTIONAL = 16;
const MARKER = TRANSACTIONAL | 32;

function valuesIn(bytes: Buffer, more: Partial<ReadRules> = {}): string[] {
  const { records } = readBatches(bytes, 0, { ...rules, ...more });
  if (records === undefined) return [];
  return [...records.ends].map((end, i) => Buffer.from(records.bytes.subarray(records.ends[i - 1] ?? 0, end)).toString());
}

/** The end of a transaction: 0 is an abort, 1 a commit. */
const markerOf = (first: number, kind: 0 | 1, producer: bigint): Buffer =>
  batchOf({ first, attributes: MARKER, producer, body: recordOf(Buffer.alloc(6), 0, { key: Buffer.from([0, 0, 0, kind]) }), count: 1 });

describe('batches of records', () => {
  it('keep values, offsets and times, also times before 1970 and gaps of a compacted topic', () => {
    const time = Date.UTC(1969, 6, 20);
    const bytes = Buffer.concat([
      batchOf({ first: 5, values: ['a', null, 'b'], time }),
      batchOf({ first: 20, body: recordOf(Buffer.from('c'), 3, { timeDelta: -7 }), count: 1, lastDelta: 9, time }),
    ]);
    const { records, next, empty } = readBatches(bytes, 2, { ...rules, from: 5 });
    expect([...records!.offsets]).toEqual([5, 7, 23]);
    expect([...records!.arrivals!]).toEqual([time, time, time - 7]);
    expect(valuesIn(bytes)).toEqual(['a', 'b', 'c']);
    expect(next).toBe(30);
    expect(empty).toBe(1);
  });

  it('of producers that write no time have none, rather than one of 1969', () => {
    const { records } = readBatches(batchOf({ first: 0, values: ['{"value":1}', '{"value":2}'], time: -1 }), 0, rules);
    expect([...records!.arrivals!]).toEqual([NaN, NaN]);
    const dictionary = new SeriesDictionary();
    const out = new EventBuilder(dictionary);
    json.create({} as never, dictionary, undefined).decode(records!, out);
    expect(out.length).toBe(0);
    expect(out.bad.map(({ offset, code, detail }) => `${offset} ${code} ${detail}`)).toEqual([
      '0 RECORD_NO_TIME no field holds a time (fields: value)',
      '1 RECORD_NO_TIME no field holds a time (fields: value)',
    ]);
  });

  it('of aborted transactions are left out, those of others are not', () => {
    const bytes = Buffer.concat([
      batchOf({ first: 0, values: ['bad'], attributes: TRANSACTIONAL, producer: 7n }),
      batchOf({ first: 1, values: ['good'], attributes: TRANSACTIONAL, producer: 8n }),
      markerOf(2, 0, 7n),
      batchOf({ first: 3, values: ['later'], attributes: TRANSACTIONAL, producer: 7n }),
      markerOf(4, 1, 7n),
    ]);
    expect(valuesIn(bytes, { aborted: [{ producer: 7n, first: 0 }] })).toEqual(['good', 'later']);
  });

  it('that compaction has emptied are passed by, markers among them', () => {
    const bytes = Buffer.concat([
      batchOf({ first: 0, lastDelta: 4 }),
      batchOf({ first: 5, attributes: MARKER, producer: 7n }),
      batchOf({ first: 6, values: ['there'], attributes: TRANSACTIONAL, producer: 7n }),
    ]);
    expect(valuesIn(bytes)).toEqual(['there']);
    expect(readBatches(bytes, 0, rules).next).toBe(7);
  });

  it('with a length that cannot be end in an error', () => {
    for (const length of [-12, -1, 0, 48]) {
      const bytes = batchOf({ first: 0, values: ['a'] });
      bytes.writeInt32BE(length, 8);
      expect(() => readBatches(bytes, 0, rules), `${length}`).toThrow(/damaged/);
    }
  });

  it('that were damaged where they are kept are noticed, and those before them are handed over', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
    const second = batchOf({ first: 1, values: ['{"value":17}'] });
    second[second.length - 4] ^= 1;
    const bytes = Buffer.concat([batchOf({ first: 0, values: ['a'] }), second]);
    const before = readBatches(bytes, 3, rules);
    expect(before.next).toBe(1);
    expect(before.records!.ends).toHaveLength(1);
    expect(() => readBatches(second, 3, { ...rules, from: 1 })).toThrow(/partition 3 .*offset 1 .*damaged.*kafka-delete-records/);
  });

  it('that grow too large when unpacked name the option', () => {
    const body = gzipSync(recordOf(Buffer.alloc(5_000, 'a'), 0));
    const bytes = batchOf({ first: 0, attributes: 1, body, count: 1 });
    expect(valuesIn(bytes)).toEqual(['a'.repeat(5_000)]);
    expect(() => readBatches(bytes, 0, { ...rules, most: 1_000 })).toThrow(/max_unpacked/);
  });
});
