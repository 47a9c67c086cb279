/** Lines of one or several inputs as batches in order of time, without an engine. */
import type { ByteRecords, Decoder } from '../../core/contracts.ts';
import { EventBuilder, type SeriesDictionary } from '../../core/events.ts';

export interface LineInput {
  /** For messages: the path, or `standard input`. */
  name: string;
  /** Unpacked bytes; a chunk is used until the next but one is asked for. */
  chunks: AsyncIterable<Uint8Array>;
  /** Of every chunk, as `ByteRecords.spare`. */
  spare?: number;
}

/** Rows of a merged batch. */
const MERGED = 8192;

/**
 * Batches of decoded lines, each valid until the next is asked for; refused lines stand in `bad`. The number of an input is the
 * partition of its lines. Several inputs are merged by time, then by their number.
 */
export async function* linesOf(inputs: readonly LineInput[], create: () => Decoder, dictionary: SeriesDictionary): AsyncGenerator<EventBuilder> {
  const feeds = inputs.map((input, partition) => new Feed(input, partition, create(), dictionary));
  if (feeds.length === 1) {
    for (const [feed] = feeds; await feed.next();) yield feed.events;
  } else yield* merged(feeds, dictionary);
}

async function* merged(feeds: readonly Feed[], dictionary: SeriesDictionary): AsyncGenerator<EventBuilder> {
  const out = new EventBuilder(dictionary, 1, MERGED, true);
  let open: Feed[] = [];
  for (const feed of feeds) if (await feed.fill(out)) open.push(feed);
  while (open.length > 0) {
    const [first, second] = earliest(open);
    first.copyUntil(second, out, MERGED);
    if (out.length >= MERGED) {
      yield out;
      out.reset();
    }
    if (first.isEmpty && !(await first.fill(out))) open = open.filter((feed) => feed !== first);
  }
  if (out.length > 0 || out.bad.length > 0) yield out;
}

/** The feed whose next line is the earliest, and the one after it. */
function earliest(open: readonly Feed[]): [Feed, Feed | undefined] {
  let [first, second]: [Feed, Feed | undefined] = [open[0], undefined];
  for (const feed of open.slice(1)) {
    if (feed.time < first.time) [first, second] = [feed, first];
    else if (second === undefined || feed.time < second.time) second = feed;
  }
  return [first, second];
}

class Feed {
  readonly events: EventBuilder;
  readonly partition: number;
  readonly #records: AsyncIterator<ByteRecords>;
  readonly #decoder: Decoder;
  #row = 0;

  constructor(input: LineInput, partition: number, decoder: Decoder, dictionary: SeriesDictionary) {
    this.partition = partition;
    this.events = new EventBuilder(dictionary, 1, 1 << 14, true);
    this.#decoder = decoder;
    this.#records = recordsOf(input, partition);
  }

  /** Decodes the next chunk; false at the end. */
  async next(): Promise<boolean> {
    const { value, done } = await this.#records.next();
    if (done === true) return false;
    this.events.reset();
    this.#row = 0;
    this.#decoder.decode(value, this.events);
    return true;
  }

  /** Decodes until there is a row, and hands refused lines on; false at the end. */
  async fill(out: EventBuilder): Promise<boolean> {
    while (await this.next()) {
      out.bad.push(...this.events.bad);
      if (this.events.length > 0) return true;
    }
    return false;
  }

  get isEmpty(): boolean {
    return this.#row === this.events.length;
  }

  /** Time of the next row. */
  get time(): number {
    return this.events.time[this.#row];
  }

  /** Copies rows that come before the next one of another feed, until `out` has `most`. */
  copyUntil(other: Feed | undefined, out: EventBuilder, most: number): void {
    const { events } = this;
    const { series, time, partition, offset, place, lines, length } = events;
    const limit = other === undefined ? Infinity : other.time;
    const isFirst = other === undefined || this.partition < other.partition;
    for (; this.#row < length && out.length < most; this.#row++) {
      const i = this.#row;
      if (time[i] > limit || (time[i] === limit && !isFirst)) return;
      const row = out.row(series[i], time[i], partition[i], offset[i], place[i]);
      out.values[row] = events.values[i];
      out.lines!.copy(row, lines!, i);
    }
  }
}

/** The chunks as records of one partition; an empty one at the end says that nothing follows. */
async function* recordsOf({ name, chunks, spare = 0 }: LineInput, partition: number): AsyncGenerator<ByteRecords, undefined> {
  let offset = 0;
  for await (const bytes of chunks) {
    if (bytes.length === 0) continue;
    yield { kind: 'bytes', partition, offset, bytes, spare, begins: offset === 0, ends: false, name };
    offset += bytes.length;
  }
  if (offset > 0) yield { kind: 'bytes', partition, offset, bytes: new Uint8Array(0), begins: false, ends: true, name };
  return undefined;
}
