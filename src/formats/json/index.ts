/** The formats `json` (values side by side, or arrays of objects) and `ndjson` (one JSON value a line). */
import type { EventBuilder } from '../../core/events.ts';
import { defineFormat } from '../../core/schema.ts';
import { LF, bomLength, textOf } from '../bytes.ts';
import { FramedDecoder, type RecordReader } from '../framing.ts';
import { LineFramer } from './lines.ts';
import { ObjectReader, type Place } from './objects.ts';
import { JSON_DEFAULTS, jsonOptions } from './options.ts';
import { ValueFramer } from './values.ts';

/** Reads a record that is one JSON text. */
class TextReader implements RecordReader {
  readonly #objects: ObjectReader;

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void {
    const at: Place = { partition, offset, place: 0, arrival, bytes };
    this.#objects.readText(textOf(bytes, bomLength(bytes), bytes.length), at, out);
  }
}

/** Reads a record that is one JSON text a line; of a stream that is one line, of a message it may be many. */
class LinesReader implements RecordReader {
  readonly #objects: ObjectReader;

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void {
    const at: Place = { partition, offset, place: 0, arrival, bytes };
    if (!bytes.includes(LF)) {
      this.#objects.readText(textOf(bytes, bomLength(bytes), bytes.length), at, out);
      return;
    }
    new LineFramer().split(bytes, true, (start, end) => {
      at.bytes = bytes.subarray(start, end);
      this.#objects.readText(textOf(bytes, start, end), at, out);
    });
  }
}

export const json = defineFormat({
  name: 'json',
  summary: 'JSON objects, or arrays of them: {time, series, value, labels}, {time, values} or a series per field that is a number.',
  options: jsonOptions,
  sample: { time: 'time', series: 'series', value: 'value' },
  create(given, dictionary, state) {
    const options = { ...JSON_DEFAULTS, ...given };
    return new FramedDecoder(() => new ValueFramer(), new TextReader(new ObjectReader('json', options, dictionary)), options.max_record, state);
  },
});

export const ndjson = defineFormat({
  name: 'ndjson',
  summary: 'One JSON object (or array of objects) a line, with the fields of `json`.',
  options: jsonOptions,
  sample: { time: 'time', series: 'series', value: 'value' },
  create(given, dictionary, state) {
    const options = { ...JSON_DEFAULTS, ...given };
    return new FramedDecoder(() => new LineFramer(), new LinesReader(new ObjectReader('ndjson', options, dictionary)), options.max_record, state);
  },
});
