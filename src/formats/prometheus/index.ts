/** The format `prometheus`: the text exposition of Prometheus (0.0.4) and OpenMetrics 1.0. */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { Type, defineFormat, quantity, type Static } from '../../core/schema.ts';
import { bomLength, textOf } from '../bytes.ts';
import { FramedDecoder, type RecordReader } from '../framing.ts';
import { LineFramer } from '../json/lines.ts';
import { seriesKey } from '../keys.ts';
import { NoSample, parseSeries, splitLine, unitOf } from './parse.ts';

const options = Type.Object({
  dialect: Type.Union([Type.Literal('auto'), Type.Literal('text'), Type.Literal('openmetrics')], {
    description: 'Timestamps are ms in `text` and seconds in `openmetrics`; auto: openmetrics where the message ends with `# EOF`.',
    default: 'auto',
  }),
  timestamps: Type.Union([Type.Literal('honor'), Type.Literal('ignore')], {
    description: 'Whether a sample counts at the time that stands beside it, or when it came.',
    default: 'honor',
  }),
  buckets: Type.Boolean({ description: 'Take the buckets of histograms, a series each.', default: true }),
  max_record: quantity('size', 'Longest message (of a stream: line); a longer one goes to the dead letters.', '16MiB'),
});

type Options = Static<typeof options>;
const DEFAULTS: Options = { dialect: 'auto', timestamps: 'honor', buckets: true, max_record: 16 * 2 ** 20 };

/** Series by the text of their name and labels; beyond so many they are read anew. */
const MOST_KNOWN = 100_000;
/** What OpenMetrics says of when a counter began: no measurement. */
const CREATED = '_created';

/** Where the exposition that is being read lies. */
interface At {
  partition: number;
  offset: number;
  place: number;
  arrival: number;
  /** Factor of its timestamps to ms. */
  scale: number;
}

class ExpositionReader implements RecordReader {
  readonly #options: Options;
  readonly #dictionary: SeriesDictionary;
  /** Index in the dictionary; -1 for a series that is left out. */
  readonly #known = new Map<string, number>();

  constructor(given: Options, dictionary: SeriesDictionary) {
    this.#options = given;
    this.#dictionary = dictionary;
  }

  /** A whole exposition, or one line of it. */
  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void {
    const { dialect, max_record: most } = this.#options;
    if (bytes.length > most) {
      out.refuse(partition, offset, 0, 'RECORD_TOO_LARGE', `an exposition of ${bytes.length} bytes is longer than max_record ${most} bytes`, bytes);
      return;
    }
    const text = textOf(bytes, bomLength(bytes), bytes.length);
    const isOpen = dialect === 'openmetrics' || (dialect === 'auto' && /(^|\n)# EOF\s*$/.test(text.slice(-64)));
    const at: At = { partition, offset, place: 0, arrival, scale: isOpen ? 1000 : 1 };
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf('\n', from);
      const to = newline < 0 ? text.length : newline;
      const line = text.slice(from, to).trim();
      from = to + 1;
      if (line !== '' && line[0] !== '#') this.#sample(line, isOpen, at, out);
    }
  }

  #sample(line: string, isOpen: boolean, at: At, out: EventBuilder): void {
    try {
      const { series: written, value, timestamp } = splitLine(line);
      const series = this.#seriesOf(written, isOpen);
      if (series === undefined) return;
      const own = this.#options.timestamps === 'honor' && timestamp === timestamp;
      const time = own ? Math.round(timestamp * at.scale) : at.arrival;
      if (!Number.isFinite(time)) return refuse('RECORD_NO_TIME', 'the sample has no timestamp, and the source does not say when it came');
      if (out.width > 1) return refuse('RECORD_MALFORMED', `1 value where there are ${out.width} columns`);
      if (series < 0) return refuse('SERIES_LIMIT', this.#refusal(written));
      out.add(series, time, value, at.partition, at.offset, at.place++);
    } catch (thrown) {
      if (!(thrown instanceof NoSample)) throw thrown;
      refuse('RECORD_MALFORMED', `no sample: ${thrown.message}`);
    }

    function refuse(code: string, detail: string): void {
      out.refuse(at.partition, at.offset, at.place++, code, detail, Buffer.from(line.slice(0, 4096)));
    }
  }

  #refusal(written: string): string {
    const { name, labels } = parseSeries(written);
    return this.#dictionary.refusal(seriesKey(name, labels));
  }

  /** Undefined for a series that is left out; -1 beyond the limit. */
  #seriesOf(written: string, isOpen: boolean): number | undefined {
    const known = this.#known.get(written);
    if (known !== undefined) return known < 0 ? undefined : known;
    const { name, labels } = parseSeries(written);
    const isLeftOut = (isOpen && name.endsWith(CREATED)) || (!this.#options.buckets && name.endsWith('_bucket') && labels['le'] !== undefined);
    const series = isLeftOut ? -1 : this.#dictionary.intern(seriesKey(name, labels), labels, unitOf(name));
    if (!isLeftOut && series < 0) return -1;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(written, series);
    return isLeftOut ? undefined : series;
  }
}

export const prometheus = defineFormat({
  name: 'prometheus',
  summary: 'Samples as Prometheus (text 0.0.4) and OpenMetrics 1.0 expose them; counters as they are, NaN and infinite values as missing, exemplars left out.',
  options,
  sample: { buckets: false },
  create(given, dictionary, state) {
    const all = { ...DEFAULTS, ...given };
    return new FramedDecoder(() => new LineFramer(), new ExpositionReader(all, dictionary), all.max_record, state);
  },
});
