/** Messages that come with labels of their own (topic levels, key, headers): the series of their events carry them. */
import type { ByteRecords, Decoder, JsonValue, MessageLabels, MessageRecords } from '../core/contracts.ts';
import { SeriesDictionary, type EventBuilder, type SeriesInfo } from '../core/events.ts';
import { seriesKey } from './keys.ts';

/** Names that formats give where a record names no series. */
const UNNAMED = new Set(['value', 'values']);

interface State {
  labelled: 1;
  plain: JsonValue;
  sets: [MessageLabels, JsonValue][];
}

/** Decoders that are asked what the format chose: it is asked often while none has an answer. */
const ASKED = 8;

type Create = (dictionary: SeriesDictionary, state: JsonValue | undefined) => Decoder;

/**
 * Names series as the dictionary behind it, with the labels of the message added. What a record says itself stands before
 * what its message says, and the message's `series` names only what has no name.
 */
class LabelledDictionary extends SeriesDictionary {
  readonly #behind: SeriesDictionary;
  readonly #name: string | undefined;
  readonly #labels: MessageLabels;

  constructor(behind: SeriesDictionary, { series, ...labels }: MessageLabels) {
    super(behind.limit);
    this.#behind = behind;
    this.#name = series;
    this.#labels = labels;
  }

  override get size(): number {
    return this.#behind.size;
  }

  override get(index: number): SeriesInfo {
    return this.#behind.get(index);
  }

  override find(key: string): number {
    return this.#behind.find(key);
  }

  override intern(key: string, labels: Readonly<Record<string, string>> = {}, unit = ''): number {
    const own = seriesKey('', labels);
    const isInKey = own !== '' && key.endsWith(own);
    const name = isInKey ? key.slice(0, -own.length) : key;
    const named = this.#name !== undefined && UNNAMED.has(name) ? this.#name : name;
    return this.#behind.intern(seriesKey(named, { ...this.#labels, ...(isInKey ? labels : {}) }), { ...this.#labels, ...labels }, unit);
  }
}

interface LabelSet {
  labels: MessageLabels;
  decoder: Decoder;
}

/** Hands messages without labels to one decoder, and those of each set of labels to one of their own. */
export class LabelledDecoder implements Decoder {
  readonly #create: Create;
  readonly #dictionary: SeriesDictionary;
  readonly #plain: Decoder;
  /** State of a decoder that has read nothing, as JSON. */
  readonly #fresh: string;
  /** By the labels as text; at most as many as there may be series. */
  readonly #sets = new Map<string, LabelSet>();
  /** The same by the object, for messages that share it. */
  readonly #known = new WeakMap<MessageLabels, LabelSet>();
  /** Those that have read since the last `state`, and what the others then had to keep. */
  readonly #changed = new Set<LabelSet>();
  readonly #states = new Map<LabelSet, JsonValue>();
  readonly #one: Required<Omit<MessageRecords, 'labels'>> = {
    kind: 'messages',
    partition: 0,
    offsets: new Float64Array(1),
    ends: new Uint32Array(1),
    bytes: new Uint8Array(0),
    types: [''],
    arrivals: new Float64Array(1),
  };

  constructor(create: Create, dictionary: SeriesDictionary, state: JsonValue | undefined) {
    this.#create = create;
    this.#dictionary = dictionary;
    const kept = isState(state) ? state : undefined;
    this.#plain = create(dictionary, kept === undefined ? state : kept.plain);
    this.#fresh = JSON.stringify(create(dictionary, undefined).state());
    for (const [labels, inner] of kept?.sets ?? []) this.#add(JSON.stringify(labels), labels, inner);
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    if (records.kind === 'bytes' || records.labels === undefined) return this.#plain.decode(records, out);
    const { labels } = records;
    const n = records.ends.length;
    for (let from = 0; from < n;) {
      let to = from + 1;
      while (to < n && labels[to] === labels[from]) to++;
      this.#decode(to === from + 1 ? this.#single(records, from) : partOf(records, from, to), labels[from], out);
      from = to;
    }
  }

  /** Message i alone, in columns that the next one reuses: where labels change with each message nothing else is made for it. */
  #single(records: MessageRecords, i: number): MessageRecords {
    const one = this.#one;
    const start = i === 0 ? 0 : records.ends[i - 1];
    one.partition = records.partition;
    one.offsets[0] = records.offsets[i];
    one.ends[0] = records.ends[i] - start;
    one.bytes = records.bytes.subarray(start, records.ends[i]);
    one.types[0] = records.types?.[i] ?? '';
    one.arrivals[0] = records.arrivals?.[i] ?? NaN;
    return one;
  }

  state(): JsonValue {
    for (const set of this.#changed) {
      const state = set.decoder.state();
      // What a new decoder would say as well need not be kept.
      if (JSON.stringify(state) === this.#fresh) this.#states.delete(set);
      else this.#states.set(set, state);
    }
    this.#changed.clear();
    if (this.#states.size === 0) return this.#plain.state();
    return { labelled: 1, plain: this.#plain.state(), sets: [...this.#states].map(([{ labels }, state]) => [labels, state]) };
  }

  report(): string[] {
    const lines = this.#plain.report();
    let asked = 0;
    for (const { decoder } of this.#sets.values()) {
      if (++asked > ASKED) break;
      lines.push(...decoder.report());
    }
    return [...new Set(lines)];
  }

  #decode(records: MessageRecords, labels: MessageLabels | undefined, out: EventBuilder): void {
    if (labels === undefined) return this.#plain.decode(records, out);
    const set = this.#of(labels);
    if (set !== undefined) {
      this.#changed.add(set);
      return set.decoder.decode(records, out);
    }
    let from = 0;
    for (const [i, end] of records.ends.entries()) {
      const detail = `the labels of the message would be one more set than max_series ${this.#dictionary.limit}`;
      out.refuse(records.partition, records.offsets[i], 0, 'SERIES_LIMIT', detail, records.bytes.subarray(from, end));
      from = end;
    }
  }

  #of(labels: MessageLabels): LabelSet | undefined {
    const known = this.#known.get(labels);
    if (known !== undefined) return known;
    const text = JSON.stringify(labels);
    const set = this.#sets.get(text) ?? (this.#sets.size < this.#dictionary.limit ? this.#add(text, labels, undefined) : undefined);
    if (set !== undefined) this.#known.set(labels, set);
    return set;
  }

  #add(text: string, labels: MessageLabels, state: JsonValue | undefined): LabelSet {
    const set = { labels, decoder: this.#create(new LabelledDictionary(this.#dictionary, labels), state) };
    this.#sets.set(text, set);
    this.#changed.add(set);
    return set;
  }
}

function isState(state: JsonValue | undefined): state is JsonValue & State {
  return typeof state === 'object' && state !== null && !Array.isArray(state) && state.labelled === 1;
}

/** Messages `from` .. `to - 1`, sharing the bytes. */
export function partOf(records: MessageRecords, from: number, to: number): MessageRecords {
  if (from === 0 && to === records.ends.length) return records;
  const start = from === 0 ? 0 : records.ends[from - 1];
  return {
    kind: 'messages',
    partition: records.partition,
    offsets: records.offsets.subarray(from, to),
    ends: records.ends.slice(from, to).map((end) => end - start),
    bytes: records.bytes.subarray(start, records.ends[to - 1]),
    ...(records.types === undefined ? {} : { types: records.types.slice(from, to) }),
    ...(records.arrivals === undefined ? {} : { arrivals: records.arrivals.subarray(from, to) }),
    ...(records.labels === undefined ? {} : { labels: records.labels.slice(from, to) }),
  };
}
