/** What every journal promises: a writer that acknowledges what is durable, and a source that reads all of it, once. */
import type { JournalWriter, MessageLabels, MessageRecords, Position, PushRequest, Source } from '../core/contracts.ts';
import { expectSame, expectThat, type Check } from './check.ts';

/** One place that a journal can be closed and opened at again. */
export interface JournalHome {
  writer(): JournalWriter;
  source(): Source;
}

export function samplePush(text: string, idempotencyKey?: string): PushRequest {
  return { body: new TextEncoder().encode(text), type: 'text/csv', idempotencyKey };
}

export interface ReadMessage {
  offset: number;
  text: string;
  type: string;
  labels: MessageLabels | undefined;
}

/** Reads `count` messages from a position on; gives up after ten seconds. Answers them with the position behind the last. */
export async function readMessages(source: Source, from: Position | undefined, count: number): Promise<{ messages: ReadMessage[]; position: Position }> {
  const messages: ReadMessage[] = [];
  let position: Position = from ?? null;
  const limit = AbortSignal.timeout(10_000);
  for await (const batch of source.open(from, limit)) {
    const { offsets, ends, bytes, types, labels } = batch.records as MessageRecords;
    ends.forEach((end, i) => {
      const text = new TextDecoder().decode(bytes.subarray(ends[i - 1] ?? 0, end));
      messages.push({ offset: offsets[i], text, type: types?.[i] ?? '', labels: labels?.[i] });
    });
    position = batch.position;
    if (messages.length >= count) return { messages, position };
  }
  throw new Error(`read ${messages.length} of ${count} messages`);
}

type Promises = Record<string, (home: JournalHome) => Promise<void>>;

/** `fresh` answers a home that nothing was ever written to. */
export function journalChecks(fresh: () => JournalHome): (Omit<Check, 'run'> & { run(): Promise<void> })[] {
  return Object.entries(promises).map(([name, promise]) => ({ name, run: () => promise(fresh()) }));
}

const promises: Promises = {
  'hands over every append in order, with its offset and media type': async (home) => {
    const writer = home.writer();
    const acknowledged = await Promise.all(Array.from({ length: 100 }, (_, i) => writer.append(samplePush(`row ${i}`))));
    const source = home.source();
    const { messages } = await readMessages(source, undefined, 100);
    expectSame(
      messages.map(({ offset }) => offset),
      acknowledged.map(({ offset }) => offset),
      'offsets',
    );
    messages.forEach(({ text, type }, i) => expectThat(text === `row ${i}` && type === 'text/csv', `message ${i} is "${text}" of type ${type}`));
    await source.close();
    await writer.close();
  },
  'keeps many at once in their order, with the labels of each; a key that was known is left out': async (home) => {
    const writer = home.writer();
    const labels: (MessageLabels | undefined)[] = [{ topic: 'a', 'ü"': '{' }, { topic: 'b' }, undefined];
    await writer.append(samplePush('first', 'k'));
    const many = Array.from({ length: 300 }, (_, i) => ({ ...samplePush(`row ${i}`), labels: labels[i % 3] }));
    await Promise.all([writer.appendAll(many.slice(0, 100)), writer.appendAll(many.slice(100))]);
    await writer.appendAll([]);
    await writer.appendAll([samplePush('again', 'k'), samplePush('last', 'l')]);
    expectThat(Math.abs(writer.newest! - Date.now()) < 60_000, 'the newest of them was kept just now');
    const source = home.source();
    const { messages } = await readMessages(source, undefined, 302);
    expectThat(
      messages.every(({ offset }, i) => i === 0 || offset > messages[i - 1].offset),
      'each has an offset behind that of the one before',
    );
    const want: PushRequest[] = [samplePush('first'), ...many, samplePush('last')];
    messages.forEach(({ text, labels: read }, i) => {
      expectThat(text === new TextDecoder().decode(want[i].body), `message ${i} is "${text}"`);
      expectThat(JSON.stringify(read) === JSON.stringify(want[i].labels), `labels of message ${i} are ${JSON.stringify(read)}`);
    });
    await source.close();
    await writer.close();
    const again = home.writer();
    expectThat(Math.abs(again.newest! - Date.now()) < 60_000, 'when the newest was kept is known after a restart');
    await again.close();
  },
  'reads on behind a position, neither again nor skipped': async (home) => {
    const writer = home.writer();
    for (let i = 0; i < 5; i++) await writer.append(samplePush(`first ${i}`));
    const one = home.source();
    const { position } = await readMessages(one, undefined, 5);
    await one.close();
    for (let i = 0; i < 3; i++) await writer.append(samplePush(`then ${i}`));
    await writer.close();
    const again = home.writer();
    const two = home.source();
    const { messages } = await readMessages(two, JSON.parse(JSON.stringify(position)) as Position, 3);
    expectThat(messages.map(({ text }) => text).join() === 'then 0,then 1,then 2', `read ${messages.map(({ text }) => text).join()}`);
    await two.close();
    await again.close();
  },
  'wakes a source that waits': async (home) => {
    const writer = home.writer();
    const source = home.source();
    const reading = readMessages(source, undefined, 1);
    await writer.append(samplePush('late'));
    expectThat((await reading).messages[0].text === 'late', 'the source reads what came while it waited');
    await source.close();
    await writer.close();
  },
  'recognises a key, also while its first append is not durable and after it was closed': async (home) => {
    const writer = home.writer();
    const [first, second, other] = await Promise.all([
      writer.append(samplePush('a', 'k')),
      writer.append(samplePush('a', 'k')),
      writer.append(samplePush('b', 'l')),
    ]);
    expectThat(!first.repeated && second.repeated && second.offset === first.offset, 'a repeat beside its first attempt gets its offset');
    expectThat(!other.repeated && other.offset > first.offset, 'another key is another append');
    await writer.close();
    const again = home.writer();
    const third = await again.append(samplePush('a', 'k'));
    expectThat(third.repeated && third.offset === first.offset, 'a repeat after a restart gets the same offset');
    expectThat(!(await again.append(samplePush('a'))).repeated, 'an append without a key is never a repeat');
    const source = home.source();
    expectThat((await readMessages(source, undefined, 3)).messages.length === 3, 'three frames are kept');
    await source.close();
    await again.close();
  },
  'takes an empty body and one larger than a batch': async (home) => {
    const writer = home.writer();
    const large = 'x'.repeat(3_000_000);
    await writer.append(samplePush(''));
    await writer.append(samplePush(large));
    await writer.append(samplePush('end'));
    const source = home.source();
    const { messages } = await readMessages(source, undefined, 3);
    expectThat(messages[0].text === '' && messages[1].text === large && messages[2].text === 'end', 'all bodies come back');
    await source.close();
    await writer.close();
  },
  'ends a source that waits when it is told to': async (home) => {
    const writer = home.writer();
    const source = home.source();
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of source.open(undefined, stop.signal)) throw new Error('nothing was appended');
    })();
    stop.abort();
    await reading;
    await source.close();
    await writer.close();
  },
};
