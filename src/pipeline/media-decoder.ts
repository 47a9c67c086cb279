/** Decodes messages of several media types, each by its own format, in the order they came. */
import type { ByteRecords, Decoder, JsonValue, MessageRecords } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { partOf } from '../formats/labelled.ts';

export class MediaDecoder implements Decoder {
  readonly #formats: Readonly<Record<string, string>>;
  readonly #fallback: string;
  readonly #create: (format: string, state: JsonValue | undefined) => Decoder;
  readonly #decoders = new Map<string, Decoder>();
  readonly #states: Record<string, JsonValue>;

  /** `formats`: media type to format; `create` makes the decoder of a format from the state it once gave. */
  constructor(
    formats: Readonly<Record<string, string>>,
    fallback: string,
    create: (format: string, state: JsonValue | undefined) => Decoder,
    state: JsonValue | undefined,
  ) {
    this.#formats = formats;
    this.#fallback = fallback;
    this.#create = create;
    this.#states = typeof state === 'object' && state !== null && !Array.isArray(state) ? { ...state } : {};
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    if (records.kind === 'bytes') return this.#decoder(this.#formats[records.type ?? ''] ?? this.#fallback).decode(records, out);
    const n = records.ends.length;
    for (let from = 0; from < n;) {
      const format = this.#formatOf(records, from);
      let to = from + 1;
      while (to < n && this.#formatOf(records, to) === format) to++;
      this.#decoder(format).decode(partOf(records, from, to), out);
      from = to;
    }
  }

  state(): JsonValue {
    const states: Record<string, JsonValue> = { ...this.#states };
    for (const [format, decoder] of this.#decoders) states[format] = decoder.state();
    return states;
  }

  report(): string[] {
    return [...this.#decoders].flatMap(([format, decoder]) => decoder.report().map((line) => `${format}: ${line}`));
  }

  #formatOf(records: MessageRecords, i: number): string {
    return this.#formats[records.types?.[i] ?? ''] ?? this.#fallback;
  }

  #decoder(format: string): Decoder {
    let decoder = this.#decoders.get(format);
    if (decoder === undefined) {
      decoder = this.#create(format, this.#states[format]);
      this.#decoders.set(format, decoder);
    }
    return decoder;
  }
}
