import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gap, MessageRecords } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { json } from '../formats/json/index.ts';
import { JSON_DEFAULTS } from '../formats/json/options.ts';
import { openJournalWriter } from '../runtime/journal/writer.ts';
import { Admission, GapDecoder, gapMessage } from './gaps.ts';

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
    expect(new Admission(2 ** 20, Date.now).admit(sent).map((message) => message.type)).toEqual(['', '', '', '']);
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

  it('are what becomes of messages that no journal could keep, so that those behind them are kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homeostat-gaps-'));
    const journal = openJournalWriter(folder, { maxSize: 2 ** 20 });
    onTestFinished(async () => {
      await journal.close();
      rmSync(folder, { recursive: true });
    });
    const [body, labels] = [Buffer.from('{"value":1}'), { channel: 'a' }];
    const [long, big] = [{ channel: 'x'.repeat(70_000) }, Buffer.alloc(2 ** 20)];
    const sent = [{ labels }, { labels: long }, { body: big }, { labels }].map((one) => ({ body, type: '', idempotencyKey: undefined, ...one }));
    await expect(journal.appendAll(sent)).rejects.toThrow();
    const admitted = new Admission(2 ** 20, () => 5).admit(sent);
    await journal.appendAll(admitted);
    expect([admitted[0], admitted[3]]).toEqual([sent[0], sent[3]]);
    expect(admitted.slice(1, 3).map((gap) => JSON.parse(Buffer.from(gap.body).toString()) as Gap)).toEqual([
      { from: 5, to: 5, reason: expect.stringMatching(/labels of 7\d{4} bytes was not kept/) as string },
      { from: 5, to: 5, reason: expect.stringMatching(/message of 1048576 bytes was not kept.*journal\.max_size/) as string },
    ]);
    expect(new Admission(2 ** 20, Date.now).admit([sent[0]])[0]).toBe(sent[0]);
  });
});
