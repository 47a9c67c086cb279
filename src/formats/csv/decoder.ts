/** CSV in chunks or messages to columns; one stream per partition. */
import type { ByteRecords, Decoder, JsonValue, MessageRecords } from '../../core/contracts.ts';
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import type { CsvLayout, CsvOptions } from './layout.ts';
import { CsvStream, type StreamState } from './stream.ts';

interface CsvState {
  version: 1;
  partitions: [number, StreamState][];
}

export class CsvDecoder implements Decoder {
  readonly #options: CsvOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #streams = new Map<number, CsvStream>();

  constructor(options: CsvOptions, dictionary: SeriesDictionary, state?: JsonValue) {
    this.#options = options;
    this.#dictionary = dictionary;
    for (const [partition, stream] of (state as unknown as CsvState | undefined)?.partitions ?? []) this.#stream(partition).restore(stream);
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    const stream = this.#stream(records.partition);
    const { partition } = records;
    if (records.kind === 'bytes') {
      stream.take({ bytes: records.bytes, partition, offset: records.offset, message: NaN, begins: records.begins, ends: records.ends }, out);
      return;
    }
    let from = 0;
    for (let i = 0; i < records.offsets.length; i++) {
      const message = records.offsets[i];
      const bytes = records.bytes.subarray(from, records.ends[i]);
      stream.take({ bytes, partition, offset: message, message, begins: true, ends: true }, out);
      from = records.ends[i];
    }
  }

  /** Layout of a partition, once known. */
  layout(partition = 0): CsvLayout | undefined {
    return this.#streams.get(partition)?.layout;
  }

  state(): JsonValue {
    return { version: 1, partitions: [...this.#streams].map(([partition, stream]) => [partition, stream.state()]) };
  }

  report(): string[] {
    const reports = new Set<string>();
    for (const { layout } of this.#streams.values()) for (const line of layout?.report ?? []) reports.add(line);
    return [...reports];
  }

  #stream(partition: number): CsvStream {
    let stream = this.#streams.get(partition);
    if (stream === undefined) {
      stream = new CsvStream(this.#options, this.#dictionary);
      this.#streams.set(partition, stream);
    }
    return stream;
  }
}
