/** The source `redis-stream`: streams through a consumer group, acknowledged after the commit, and again from the position after a crash. */
import type { Gap, JsonValue, MessageRecords, Position, Source, SourceBatch } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { Connection, nameOf } from './client.ts';
import { EntryMessages, FIRST_CLAIMED, NO_ENTRY, isAfter, timeOf, type Entry } from './entries.ts';
import { acknowledge, claim, createGroup, endsOf, readNew, readPending, standing, type Consumer } from './group.ts';
import type { StreamOptions } from './options.ts';
import { StreamLine, type LinePosition, type StreamPosition } from './stream-line.ts';
import { inWords, wordOf } from './words.ts';

/** How often it is looked whether entries were trimmed before they were read, ms. */
const LOOK_EVERY = 1_000;
/** Streams that are looked at each time. */
const LOOK_AT = 16;
/** Entries that may be claimed and not acknowledged, of one stream. */
const MOST_CLAIMED = 1_000;
const NOTHING: Omit<MessageRecords, 'partition'> = { kind: 'messages', offsets: new Float64Array(0), ends: new Uint32Array(0), bytes: new Uint8Array(0) };

interface Around {
  pipeline: string;
  now(): number;
  log(level: 'info' | 'warn', message: string): void;
}

type Reading = Map<string, Entry[]>;

export class StreamSource implements Source {
  readonly partitions: number;
  readonly finite = false;
  readonly #options: StreamOptions;
  readonly #around: Around;
  readonly #consumer: Consumer;
  /** Claimed entries are kept under a name of their own, so that they can be told from those that were read. */
  readonly #claimer: Consumer;
  readonly #messages: EntryMessages;
  #lines: StreamLine[];
  /** One waits for entries, the other does what must not wait. */
  #reader: Connection | undefined;
  #writer: Connection | undefined;
  #streams: Record<string, LinePosition> = {};
  #preferred = -1;
  /** Clock at which what waits to be handed over was read, ms. */
  #aheadSince = Infinity;
  #claims: { line: number; from: string; at: number };
  #looks: { line: number; at: number } = { line: 0, at: 0 };
  /** Of each stream: the largest id of a deleted entry that was told of. */
  readonly #toldOf = new Map<string, string>();
  /** Of each stream: the end before the position that was warned of. */
  readonly #warnedOf = new Map<string, string>();
  #acknowledging: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: StreamOptions, around: Around) {
    this.#options = options;
    this.#around = around;
    this.partitions = options.streams.length;
    this.#consumer = { group: options.group, name: options.consumer ?? around.pipeline };
    this.#claimer = { group: options.group, name: `${this.#consumer.name}:claimed` };
    this.#messages = new EntryMessages({ field: options.field, labelFields: options.label_fields, streamLabel: options.stream_label });
    this.#lines = options.streams.map((key, i) => new StreamLine(key, i, undefined));
    this.#claims = { line: 0, from: NO_ENTRY, at: around.now() };
  }

  /** Throws SOURCE_UNREACHABLE. */
  async connect(signal: AbortSignal): Promise<void> {
    const open = (): Promise<Connection> => Connection.open(this.#options, `homeostat-${this.#around.pipeline}`, signal);
    try {
      this.#reader = await open();
      this.#writer = await open();
    } catch (thrown) {
      this.#reader?.close();
      this.#reader = undefined;
      throw this.#unreachable(thrown);
    }
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    this.#begin(from);
    // What was handed over is still acknowledged after it was told to stop.
    const stop = (): void => this.#reader?.close();
    try {
      if (this.#reader === undefined) await this.connect(signal);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      for (const line of this.#lines) yield* this.#recover(line, from !== undefined);
      yield* this.#follow(signal);
    } catch (thrown) {
      if (signal.aborted || this.#isClosed) return;
      throw this.#unreachable(thrown);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#reader?.close();
    }
  }

  prefer(partition: number): void {
    this.#preferred = partition;
  }

  /** Tells the server that what lies before a position is done with. Rejects where it could not; then it is done at the next start. */
  acknowledge(position: Position): Promise<void> {
    const { streams } = position as unknown as StreamPosition;
    this.#acknowledging = this.#acknowledge(streams, this.#acknowledging);
    return this.#acknowledging;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader?.close();
    // An acknowledgement under way has its own time limit.
    await this.#acknowledging.catch(() => undefined);
    this.#writer?.close();
    this.#writer = undefined;
  }

  async #acknowledge(streams: StreamPosition['streams'], before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    if (this.#writer === undefined) return;
    const known = this.#lines.filter(({ key }) => streams[key] !== undefined);
    const all = known.map((line) => ({ line, key: line.key, ids: line.acknowledgeable(streams[line.key]) }));
    try {
      await acknowledge(this.#writer, this.#consumer.group, all);
    } catch (thrown) {
      // A new run acknowledges what this one could not.
      this.#reader?.end(inWords(thrown, nameOf(this.#options)));
      throw this.#unreachable(thrown);
    }
    for (const { line } of all) line.forget(streams[line.key].taken);
  }

  #begin(from: Position | undefined): void {
    if (from === undefined) return;
    const known = from as unknown as StreamPosition;
    const { group, name } = this.#consumer;
    if (known.group !== group || known.consumer !== name) {
      const detail = `it was read as consumer ${known.consumer} of the group ${known.group}, and is now to be read as ${name} of ${group}`;
      throw new HomeostatError('SOURCE_CHANGED', { source: nameOf(this.#options), detail });
    }
    for (const { key, partition } of this.#lines) {
      const before = known.streams[key]?.partition ?? partition;
      if (before === partition) continue;
      const detail = `the stream ${key} stood at place ${before + 1} of the list before, and stands at ${partition + 1} now; keep the order, and add new ones at the end`;
      throw new HomeostatError('SOURCE_OPTIONS', { source: 'redis-stream', detail });
    }
    this.#lines = this.#lines.map(({ key, partition }) => new StreamLine(key, partition, known.streams[key]));
    this.#streams = { ...known.streams };
  }

  /** What was given to us before and is not acknowledged: committed entries are, the others are handed over (again). */
  async *#recover(line: StreamLine, isKnown: boolean): AsyncGenerator<SourceBatch> {
    const { create, start, batch, min_idle } = this.#options;
    const { group } = this.#consumer;
    const first = { earliest: '0', latest: '$' }[start] ?? start;
    if (create && isKnown && line.position.id !== NO_ENTRY) {
      const forgotten = await this.#makeAgain(line);
      if (forgotten !== undefined) yield this.#gapBatch(line, forgotten);
    } else if (create) await createGroup(this.#writer!, line.key, group, first);
    const lost = await this.#look(line);
    if (lost !== undefined) yield this.#gapBatch(line, lost);
    for (let id = '0'; ;) {
      const entries = await readPending(this.#writer!, this.#consumer, line.key, id, batch);
      if (entries.length === 0) break;
      id = entries[entries.length - 1].id;
      const done = entries.filter((entry) => !isAfter(entry.id, line.position.id));
      await acknowledge(this.#writer!, group, [{ key: line.key, ids: done.map((entry) => entry.id) }]);
      yield* this.#handOver(line, entries.slice(done.length));
    }
    if (min_idle === undefined && line.position.claimed === 0) return;
    const claimed = await readPending(this.#writer!, this.#claimer, line.key, '0', MOST_CLAIMED);
    const taken = new Set(line.position.taken);
    await acknowledge(this.#writer!, group, [{ key: line.key, ids: [...taken] }]);
    line.forget(line.position.taken);
    yield* this.#handOverClaimed(
      line,
      claimed.filter(({ id }) => !taken.has(id)),
    );
  }

  /** Makes the group at the position where the server has lost it, and answers what may be lost with it. */
  async #makeAgain(line: StreamLine): Promise<Gap | undefined> {
    const { key, position } = line;
    const { group } = this.#consumer;
    const ends = await endsOf(this.#writer!, key);
    // Ids of a stream only grow: one that ends before the position was emptied or is an older copy, whose entries were read.
    const isOlder = ends !== undefined && isAfter(position.id, ends.last);
    const isNew = await createGroup(this.#writer!, key, group, isOlder ? ends.last : position.id);
    if (!isNew || (ends !== undefined && !isOlder && !isAfter(ends.first, position.id))) return undefined;
    if (isOlder) line.position = { ...position, id: ends.last, missed: 0 };
    const what = isOlder ? `the stream ${key}, which goes on behind ${ends.last}` : `the group ${group} of the stream ${key}`;
    const reason = `the server has lost ${what}; entries behind ${position.id} that it lost before they were read are not known`;
    return { from: timeOf(position.id), to: this.#around.now(), reason };
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    let ahead = this.#read();
    try {
      while (!signal.aborted && !this.#isClosed) {
        const found = await ahead;
        ahead = this.#read();
        // Its failure is thrown when its turn comes; until then nobody waits for it.
        ahead.catch(() => undefined);
        for (const line of this.#lines) {
          const entries = found.get(line.key);
          if (entries === undefined) continue;
          line.hasMore = entries.length >= this.#options.batch;
          yield* this.#handOver(line, entries);
        }
        this.#aheadSince = Infinity;
        yield* this.#beside();
      }
    } finally {
      this.#reader?.close();
      await ahead.catch(() => undefined);
    }
  }

  /** Reads the stream that the others wait for alone while it has a backlog, else all of them. */
  async #read(): Promise<Reading> {
    const { batch, block, timeout } = this.#options;
    const preferred = this.#preferred < 0 ? undefined : this.#lines[this.#preferred];
    const alone = this.#lines.length > 1 && preferred?.hasMore ? preferred : undefined;
    const lines = alone === undefined ? this.#lines : [alone];
    const found = await readNew(
      this.#reader!,
      this.#consumer,
      lines.map(({ key }) => key),
      batch,
      alone === undefined ? block : 0,
      timeout,
    );
    for (const line of lines) if (!found.has(line.key)) line.hasMore = false;
    if (found.size > 0) this.#aheadSince = Math.min(this.#aheadSince, this.#around.now());
    return found;
  }

  /** What is done from time to time while reading. */
  async *#beside(): AsyncGenerator<SourceBatch> {
    const now = this.#around.now();
    if (now - this.#looks.at >= LOOK_EVERY) {
      this.#looks.at = now;
      for (let n = Math.min(LOOK_AT, this.#lines.length); n > 0; n--) {
        const line = this.#lines[this.#looks.line++ % this.#lines.length];
        const lost = await this.#look(line);
        if (lost !== undefined) yield this.#gapBatch(line, lost);
      }
    }
    const { min_idle, batch } = this.#options;
    if (min_idle === undefined || now < this.#claims.at) return;
    const line = this.#lines[this.#claims.line];
    // Our own entries that wait for so long must not be taken for those of a dead consumer.
    const own = Math.min(line.since, this.#aheadSince);
    if (line.position.taken.length === 0 && now - own < min_idle / 2) {
      const { next, entries, gone } = await claim(this.#writer!, this.#claimer, line.key, min_idle, this.#claims.from, Math.min(batch, MOST_CLAIMED));
      if (gone > 0) yield this.#gapBatch(line, this.#lostPending(line, gone));
      yield* this.#handOverClaimed(line, entries);
      this.#claims.from = next;
    }
    const isThrough = this.#claims.from === NO_ENTRY;
    if (isThrough) this.#claims.line = (this.#claims.line + 1) % this.#lines.length;
    const isRound = isThrough && this.#claims.line === 0;
    this.#claims.at = isRound ? now + min_idle / 2 : now;
  }

  *#handOver(line: StreamLine, given: readonly Entry[]): Generator<SourceBatch> {
    const now = this.#around.now();
    // A server that lost what it knew of the group gives out again what was handed over.
    const again = given.filter(({ id }) => !isAfter(id, line.position.id));
    if (again.length > 0)
      line.leave(
        again.map(({ id }) => id),
        now,
      );
    const fresh = again.length > 0 ? given.slice(again.length) : given;
    const entries = fresh.filter(({ fields }) => fields !== undefined);
    const gone = fresh.length - entries.length;
    if (fresh.length === 0) return;
    const offset = line.position.count;
    if (gone > 0) {
      line.leave(
        fresh.filter(({ fields }) => fields === undefined).map(({ id }) => id),
        now,
      );
      if (entries.length === 0) return void (yield this.#gapBatch(line, this.#lostPending(line, gone)));
    }
    line.take(entries, now);
    const gaps = gone > 0 ? { gaps: [this.#lostPending(line, gone)] } : {};
    yield { records: this.#messages.of(line.key, line.partition, offset, entries), position: this.#positionOf(line), ...gaps };
  }

  *#handOverClaimed(line: StreamLine, given: readonly Entry[]): Generator<SourceBatch> {
    const entries = given.filter(({ fields }) => fields !== undefined);
    if (given.length > entries.length) {
      line.leave(
        given.filter(({ fields }) => fields === undefined).map(({ id }) => id),
        this.#around.now(),
      );
      yield this.#gapBatch(line, this.#lostPending(line, given.length - entries.length));
    }
    if (entries.length === 0) return;
    const offset = FIRST_CLAIMED + line.position.claimed;
    line.takeClaimed(entries);
    this.#around.log('info', `claimed ${entries.length} entries of ${line.key} that another consumer left behind`);
    yield { records: this.#messages.of(line.key, line.partition, offset, entries), position: this.#positionOf(line) };
  }

  #positionOf(line: StreamLine): JsonValue {
    this.#streams = { ...this.#streams, [line.key]: line.position };
    const position: StreamPosition = { group: this.#consumer.group, consumer: this.#consumer.name, streams: this.#streams };
    return position as unknown as JsonValue;
  }

  #gapBatch(line: StreamLine, gap: Gap): SourceBatch {
    this.#around.log('warn', gap.reason);
    return { records: { ...NOTHING, partition: line.partition }, position: this.#positionOf(line), gaps: [gap] };
  }

  #lostPending({ key }: StreamLine, count: number): Gap {
    const now = this.#around.now();
    return {
      from: now,
      to: now,
      reason: `${count} entries of the stream ${key} were deleted or trimmed after they had been given out and before they were read`,
    };
  }

  /** Whether entries were trimmed before the group got them. */
  async #look(line: StreamLine): Promise<Gap | undefined> {
    const found = await standing(this.#writer!, line.key, this.#consumer.group);
    if (found === undefined) return undefined;
    const { last, delivered, first, deleted, missed = 0 } = found;
    if (isAfter(line.position.id, last) && this.#warnedOf.get(line.key) !== last) {
      this.#warnedOf.set(line.key, last);
      this.#around.log(
        'warn',
        `the stream ${line.key} ends at ${last}, before ${line.position.id}, which was read: the server lost entries that it had given out`,
      );
    }
    const before = line.position.missed ?? 0;
    const trimmed = isAfter(first, delivered) ? missed - before : 0;
    if (missed < before || trimmed > 0) line.position = { ...line.position, missed: Math.max(0, missed) };
    const isDeleted = isAfter(deleted, delivered) && this.#toldOf.get(line.key) !== deleted;
    if (isDeleted) this.#toldOf.set(line.key, deleted);
    if (trimmed <= 0 && !isDeleted) return undefined;
    const count = trimmed > 0 ? `${trimmed} entries` : 'entries';
    const until = trimmed > 0 ? first : deleted;
    const reason = `${count} of the stream ${line.key} between ${delivered} and ${until} were trimmed or deleted before they were read`;
    return { from: timeOf(delivered), to: timeOf(until), reason };
  }

  #unreachable(thrown: unknown): HomeostatError {
    if (thrown instanceof HomeostatError) return thrown;
    const server = nameOf(this.#options);
    const mend = wordOf(thrown) === 'NOGROUP' ? '; make it, or set create: true' : '';
    const detail = messageOf(inWords(thrown, server)) + mend;
    return new HomeostatError('SOURCE_UNREACHABLE', { source: 'redis-stream', detail }, thrown);
  }
}
