import { describe, expect, it } from 'vitest';
import type { MessageRecords } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { json } from '../formats/json/index.ts';
import { JSON_DEFAULTS } from '../formats/json/options.ts';
import { fromSenders, GapDecoder, gapMessage } from './gaps.ts';

describe('gaps in a journal', () => {
  it('are noted at their place, and no message beside them is lost', () => {
    const gap = { from: 1000, to: 2000, reason: 'the subscription was lost' };
    const list = [
      gapMessage(gap),
      ...[1, 2].map((value) => ({ body: Buffer.from(`{"value":${value}}`), type: '' })),
      gapMessage(gap),
      { body: Buffer.from('{"value":3}'), type: '' },
    ];
    let end = 0;
    const records: MessageRecords = {
      kind: 'messages',
      partition: 0,
      offsets: Float64Array.from(list, (_, i) => i * 10),
      ends: Uint32Array.from(list, ({ body }) => (end += body.length)),
      bytes: Buffer.concat(list.map(({ body }) => body)),
      types: list.map(({ type }) => type),
      arrivals: Float64Array.from(list, (_, i) => i),
    };
    const dictionary = new SeriesDictionary();
    const out = new EventBuilder(dictionary);
    new GapDecoder(json.create(JSON_DEFAULTS, dictionary)).decode(records, out);
    expect(out.gaps).toEqual([gap, gap]);
    expect(Array.from(out.values.subarray(0, out.length))).toEqual([1, 2, 3]);
    expect(Array.from(out.offset.subarray(0, out.length))).toEqual([10, 20, 40]);
    expect(out.bad).toEqual([]);
    out.reset();
    expect(out.gaps).toEqual([]);
  });

  it('are not what a sender says of itself', () => {
    const { type } = gapMessage({ from: 0, to: 0, reason: '' });
    const sent = ['{"value":1}', 'no json', 'null', '{"from":1e300,"to":1,"reason":"x"}'].map((body) => ({
      body: Buffer.from(body),
      type,
      idempotencyKey: undefined,
    }));
    expect(fromSenders(sent).map((message) => message.type)).toEqual(['', '', '', '']);
    let end = 0;
    const records: MessageRecords = {
      kind: 'messages',
      partition: 0,
      offsets: Float64Array.from(sent, (_, i) => i),
      ends: Uint32Array.from(sent, ({ body }) => (end += body.length)),
      bytes: Buffer.concat(sent.map(({ body }) => body)),
      types: sent.map((message) => message.type),
      arrivals: Float64Array.from(sent, (_, i) => i),
    };
    const dictionary = new SeriesDictionary();
    const out = new EventBuilder(dictionary);
    new GapDecoder(json.create(JSON_DEFAULTS, dictionary)).decode(records, out);
    expect(out.gaps).toEqual([]);
    expect(out.values[0]).toBe(1);
    expect(out.bad.map(({ offset }) => offset)).toEqual([1, 2]);
  });
});
