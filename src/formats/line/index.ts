/** The format `line`: lines of logs, with what stands in front of their messages. */
import type { ByteRecords, Decoder, JsonValue, MessageRecords } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { EventBuilder } from '../../core/events.ts';
import { compilePattern } from '../../core/pattern.ts';
import { defineFormat } from '../../core/schema.ts';
import { offsetAt } from '../times.ts';
import { LINE_DEFAULTS, lineOptions, type LineOptions } from './options.ts';
import { checkLayout } from './readers.ts';
import { LineStream, type StreamOptions } from './stream.ts';

interface State {
  version: 1;
  partitions: [number, JsonValue][];
}

class LineDecoder implements Decoder {
  readonly #options: StreamOptions;
  readonly #streams = new Map<number, LineStream>();

  constructor(options: StreamOptions, state?: JsonValue) {
    this.#options = options;
    for (const [partition, kept] of (state as unknown as State | undefined)?.partitions ?? []) this.#stream(partition).restore(kept);
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    const stream = this.#stream(records.partition);
    if (records.kind === 'bytes') {
      stream.chunk(records, out);
      return;
    }
    const { partition, bytes, ends, offsets, arrivals } = records;
    let from = 0;
    for (let i = 0; i < offsets.length; i++) {
      stream.message(bytes, from, ends[i], { partition, offset: offsets[i], arrival: arrivals?.[i] ?? NaN }, out);
      from = ends[i];
    }
  }

  state(): JsonValue {
    return { version: 1, partitions: [...this.#streams].map(([partition, stream]) => [partition, stream.state()]) };
  }

  report(): string[] {
    return [...new Set([...this.#streams.values()].flatMap((stream) => stream.report()))];
  }

  #stream(partition: number): LineStream {
    let stream = this.#streams.get(partition);
    if (stream === undefined) {
      stream = new LineStream(this.#options, Date.now());
      this.#streams.set(partition, stream);
    }
    return stream;
  }
}

function minutesOf(offset: string): number {
  const bytes = new TextEncoder().encode(offset);
  const minutes = offsetAt(bytes, 0, bytes.length);
  if (minutes !== minutes) throw new HomeostatError('FORMAT_OPTIONS', { format: 'line', detail: `utc_offset "${offset}" is no offset such as +02:00` });
  return minutes;
}

function streamOptions(options: LineOptions): StreamOptions {
  const { multiline } = options;
  return {
    encoding: options.encoding,
    layout: options.layout,
    offset: minutesOf(options.utc_offset),
    year: options.year,
    records: {
      maxLine: Math.max(64, options.max_line),
      joins: multiline !== 'none',
      first: multiline === 'auto' || multiline === 'none' ? undefined : compilePattern(multiline, 'multiline'),
      maxJump: options.max_jump,
      series: options.series,
    },
  };
}

export const line = defineFormat({
  name: 'line',
  summary: 'Lines of logs: finds time, level, component and message of the usual layouts by itself, joins stack traces, and says what it found.',
  options: lineOptions,
  sample: { layout: '{time} {level} {component}: {message}' },
  create(given, _dictionary, state) {
    const options = { ...LINE_DEFAULTS, ...given };
    checkLayout(options.layout);
    return new LineDecoder(streamOptions(options), state);
  },
});
