/** Chunks of bytes to whole records, whatever the cuts: what `json` and `ndjson` share. */
import type { ByteRecords, Decoder, JsonValue, MessageRecords } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { joined } from './bytes.ts';

/** Finds whole records in a stream of bytes. */
export interface Framer {
  /** A new stream begins. */
  begin(): void;
  /** Hands out each whole record bytes[start .. end) from the beginning on; answers where the first one begins that is not whole. */
  split(bytes: Uint8Array, ends: boolean, take: (start: number, end: number) => void): number;
  /** bytes[from ..) begin a record that is too long: they and the rest of it are to be dropped. */
  skip(bytes: Uint8Array, from: number): void;
  state(): JsonValue;
  restore(state: JsonValue): void;
}

/** Decodes one whole record, appending its events or refusing it. */
export interface RecordReader {
  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void;
}

interface Stream {
  framer: Framer;
  tail: Uint8Array;
}

interface State {
  version: 1;
  partitions: [number, { tail: string; framer: JsonValue }][];
}

const NOTHING = new Uint8Array(0);

/** A decoder made of a framer per partition and a reader of whole records; records longer than `most` bytes are refused. */
export class FramedDecoder implements Decoder {
  readonly #makeFramer: () => Framer;
  readonly #reader: RecordReader;
  readonly #most: number;
  readonly #streams = new Map<number, Stream>();

  constructor(makeFramer: () => Framer, reader: RecordReader, most: number, state?: JsonValue) {
    this.#makeFramer = makeFramer;
    this.#reader = reader;
    this.#most = most;
    for (const [partition, kept] of (state as unknown as State | undefined)?.partitions ?? []) {
      const stream = this.#stream(partition);
      stream.tail = new Uint8Array(Buffer.from(kept.tail, 'base64'));
      stream.framer.restore(kept.framer);
    }
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    if (records.kind === 'bytes') this.#decodeBytes(records, out);
    else this.#decodeMessages(records, out);
  }

  #decodeBytes(records: ByteRecords, out: EventBuilder): void {
    const { partition } = records;
    const stream = this.#stream(partition);
    if (records.begins) {
      stream.tail = NOTHING;
      stream.framer.begin();
    }
    const bytes = joined(stream.tail, records.bytes);
    const base = records.offset - stream.tail.length;
    const tooLarge = (start: number, end: number) =>
      out.refuse(partition, base + start, 0, 'RECORD_TOO_LARGE', `a record is longer than max_record ${this.#most} bytes`, bytes.subarray(start, end));
    const stop = stream.framer.split(bytes, records.ends, (start, end) => {
      if (end - start > this.#most) tooLarge(start, end);
      else this.#reader.read(bytes.subarray(start, end), partition, base + start, NaN, out);
    });
    stream.tail = bytes.slice(stop);
    if (stream.tail.length > this.#most) {
      tooLarge(stop, bytes.length);
      stream.framer.skip(bytes, stop);
      stream.tail = NOTHING;
    }
  }

  #decodeMessages(records: MessageRecords, out: EventBuilder): void {
    let from = 0;
    for (let i = 0; i < records.offsets.length; i++) {
      const bytes = records.bytes.subarray(from, records.ends[i]);
      from = records.ends[i];
      this.#reader.read(bytes, records.partition, records.offsets[i], records.arrivals?.[i] ?? NaN, out);
    }
  }

  state(): JsonValue {
    const partitions = [...this.#streams].map(([partition, { tail, framer }]) => [
      partition,
      { tail: Buffer.from(tail).toString('base64'), framer: framer.state() },
    ]);
    return { version: 1, partitions: partitions as JsonValue };
  }

  report(): string[] {
    return [];
  }

  #stream(partition: number): Stream {
    let stream = this.#streams.get(partition);
    if (stream === undefined) {
      stream = { framer: this.#makeFramer(), tail: NOTHING };
      this.#streams.set(partition, stream);
    }
    return stream;
  }
}
