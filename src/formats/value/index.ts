/** The format `value`: a message is one number as text. */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { Type, defineFormat, quantity } from '../../core/schema.ts';
import { SPACE, bomLength, shown, textOf } from '../bytes.ts';
import { FramedDecoder, type RecordReader } from '../framing.ts';
import { LineFramer } from '../json/lines.ts';
import { isMissing, numberAt } from '../numbers.ts';

const DEFAULTS = { series: 'value', unit: '', words: false, max_record: 4096 };

const WORDS: Readonly<Record<string, number>> = { true: 1, on: 1, yes: 1, open: 1, false: 0, off: 0, no: 0, closed: 0 };
const LONGEST_WORD = 8;

class ValueReader implements RecordReader {
  readonly #options: typeof DEFAULTS;
  readonly #dictionary: SeriesDictionary;

  constructor(options: typeof DEFAULTS, dictionary: SeriesDictionary) {
    this.#options = options;
    this.#dictionary = dictionary;
  }

  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void {
    const { series: name, unit, max_record: most } = this.#options;
    const refuse = (code: string, detail: string): void => out.refuse(partition, offset, 0, code, detail, bytes);
    if (bytes.length > most) return refuse('RECORD_TOO_LARGE', `a message of ${bytes.length} bytes is longer than max_record ${most} bytes`);
    let from = bomLength(bytes);
    let to = bytes.length;
    while (to > from && bytes[to - 1] <= SPACE) to--;
    while (from < to && bytes[from] <= SPACE) from++;
    const value = this.#value(bytes, from, to);
    if (value === undefined) return refuse('RECORD_MALFORMED', `${shown(bytes, from, to)} is no number`);
    if (out.width > 1) return refuse('RECORD_MALFORMED', `1 value where there are ${out.width} columns`);
    if (!(arrival === arrival)) return refuse('RECORD_NO_TIME', 'a number alone has no time, and the source does not say when it came');
    const series = this.#dictionary.intern(name, {}, unit);
    if (series < 0) return refuse('SERIES_LIMIT', this.#dictionary.refusal(name));
    out.add(series, arrival, value, partition, offset, 0);
  }

  /** NaN for a value that is said to be missing; undefined for what is no value. */
  #value(bytes: Uint8Array, from: number, to: number): number | undefined {
    const value = numberAt(bytes, from, to);
    if (value === value) return value;
    if (isMissing(bytes, from, to)) return NaN;
    if (!this.#options.words || to - from > LONGEST_WORD) return undefined;
    return WORDS[textOf(bytes, from, to).toLowerCase()];
  }
}

export const value = defineFormat({
  name: 'value',
  summary: 'A message is one number as text, at the time it came; NaN, null, NA, - or nothing at all is a missing value.',
  options: Type.Object({
    series: Type.String({ minLength: 1, description: 'Name of the series where the message names none.', default: DEFAULTS.series }),
    unit: Type.String({ description: 'Unit of the numbers.', default: DEFAULTS.unit }),
    words: Type.Boolean({ description: 'true, on, yes and open are 1; false, off, no and closed are 0.', default: DEFAULTS.words }),
    max_record: quantity('size', 'Longest message; a longer one goes to the dead letters.', '4KiB'),
  }),
  sample: { unit: '°C' },
  create(given, dictionary, state) {
    const options = { ...DEFAULTS, ...given };
    return new FramedDecoder(() => new LineFramer(), new ValueReader(options, dictionary), options.max_record, state);
  },
});
