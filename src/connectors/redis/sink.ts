/** The sink `redis`: verdicts published to a channel, or added to a stream, where a repeat is left out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { eachVerdict } from '../verdict-lines.ts';
import { Connection, nameOf, type Argument, type Reply } from './client.ts';
import { entriesOf, NO_ENTRY } from './entries.ts';
import type { SinkOptions } from './options.ts';
import { inWords } from './words.ts';

/** Entries looked through at once, and at most, for what was written before a failure. */
const PAGE = 1_000;
const MOST_PAGES = 1_000;
/** Nothing new for so long: what was under way has arrived, ms. */
const QUIET = 100;

interface Line {
  id: string;
  text: string;
}

export class RedisSink implements Sink {
  readonly #options: SinkOptions;
  readonly #pipeline: string;
  #connection: Connection | undefined;
  /** Id of the last entry of ours, and that of the last flush; '' while unknown. */
  #last = '';
  #flushed = '';
  /** Entries behind the last flush may be there already. */
  #isInDoubt = false;
  /** Ids of verdicts that are there already, though the caller will repeat them. */
  #there = new Set<string>();

  constructor(options: SinkOptions, context: { pipeline: string }) {
    this.#options = options;
    this.#pipeline = context.pipeline;
  }

  async open(resume: JsonValue | undefined): Promise<void> {
    await this.#try(async () => {
      this.#flushed = typeof resume === 'string' ? resume : '';
      this.#isInDoubt = this.#flushed !== '';
      await this.#connect();
    });
  }

  /** Throws RECEIVER_FAILED; the caller then repeats everything since the last flush. */
  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    await this.#try(async () => {
      const connection = await this.#connect();
      let lines: Line[] = [];
      const all: Line[][] = [];
      eachVerdict(verdicts, this.#options.only, pipeline, dictionary, (verdict) => {
        if (this.#there.delete(verdict.id)) return;
        lines.push({ id: verdict.id, text: JSON.stringify(verdict) });
        if (lines.length < this.#options.batch) return;
        all.push(lines);
        lines = [];
      });
      if (lines.length > 0) all.push(lines);
      for (const group of all) this.#note(await connection.pipeline(group.map((line) => this.#command(line))));
    });
  }

  /** The id of the last entry of a stream; null for a channel. */
  async flush(): Promise<JsonValue> {
    this.#flushed = this.#last;
    this.#there.clear();
    return this.#options.stream === undefined ? null : this.#flushed;
  }

  async close(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #command({ id, text }: Line): Argument[] {
    const { channel, stream, max_length } = this.#options;
    if (stream === undefined) return ['PUBLISH', channel!, text];
    return ['XADD', stream, ...(max_length === undefined ? [] : ['MAXLEN', '~', String(max_length)]), '*', 'id', id, 'data', text];
  }

  #note(replies: readonly Reply[]): void {
    if (this.#options.stream !== undefined) this.#last = String(replies[replies.length - 1]);
  }

  async #connect(): Promise<Connection> {
    this.#connection ??= await Connection.open(this.#options, `homeostat-${this.#pipeline}`);
    const { stream } = this.#options;
    if (stream !== undefined && this.#isInDoubt) await this.#lookThrough(this.#connection, stream);
    if (stream !== undefined && this.#flushed === '') {
      const newest = entriesOf(await this.#connection.send(['XREVRANGE', stream, '+', '-', 'COUNT', '1']));
      this.#last = this.#flushed = newest[0]?.id ?? NO_ENTRY;
    }
    this.#isInDoubt = false;
    return this.#connection;
  }

  /** Finds what a crash or a failure left behind the last flush. */
  async #lookThrough(connection: Connection, stream: string): Promise<void> {
    this.#there = new Set();
    this.#last = this.#flushed;
    let isQuiet = false;
    for (let page = 0; page < MOST_PAGES; page++) {
      const entries = entriesOf(await connection.send(['XRANGE', stream, `(${this.#last}`, '+', 'COUNT', String(PAGE)]));
      for (const { id, fields } of entries) {
        this.#last = id;
        if (fields?.[0]?.toString() === 'id') this.#there.add(String(fields[1]));
      }
      if (entries.length === 0) {
        if (isQuiet) return;
        // The server may still be busy with what a connection that is gone had sent.
        await sleep(QUIET);
      }
      isQuiet = entries.length === 0;
    }
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      await this.close();
      this.#isInDoubt = this.#flushed !== '';
      if (thrown instanceof HomeostatError) throw thrown;
      const target = `${nameOf(this.#options)} ${this.#options.channel ?? this.#options.stream}`;
      const detail = messageOf(inWords(thrown, nameOf(this.#options)));
      throw new HomeostatError('RECEIVER_FAILED', { target, what: 'verdicts', detail }, thrown);
    }
  }
}
