/** The format `auto`: each stream or message is read as what its name, its media type or its first byte says. */
import type { ByteRecords, Decoder, JsonValue, MessageRecords } from '../core/contracts.ts';
import type { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { Type, defineFormat, quantity } from '../core/schema.ts';
import { SPACE, bomLength } from './bytes.ts';
import { csv } from './csv/index.ts';
import { CSV_DEFAULTS } from './csv/layout.ts';
import { json, ndjson } from './json/index.ts';
import { JSON_DEFAULTS } from './json/options.ts';
import { formatFor, formatOfType } from './names.ts';

type Name = 'csv' | 'ndjson' | 'json';

interface State {
  version: 1;
  streams: [number, Name][];
  decoders: [Name, JsonValue][];
}

const OPEN_OBJECT = 123;
const OPEN_ARRAY = 91;

class AutoDecoder implements Decoder {
  readonly #make: (name: Name, state?: JsonValue) => Decoder;
  readonly #decoders = new Map<Name, Decoder>();
  /** What the stream of each partition is read as. */
  readonly #streams: Map<number, Name>;

  constructor(most: number, dictionary: SeriesDictionary, state?: JsonValue) {
    this.#make = (name, kept) => {
      if (name === 'csv') return csv.create({ ...CSV_DEFAULTS, max_record: most }, dictionary, kept);
      return (name === 'json' ? json : ndjson).create({ ...JSON_DEFAULTS, max_record: most }, dictionary, kept);
    };
    const kept = state as unknown as State | undefined;
    this.#streams = new Map(kept?.streams);
    for (const [name, inner] of kept?.decoders ?? []) this.#decoders.set(name, this.#make(name, inner));
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    const { partition } = records;
    if (records.kind === 'bytes') {
      let name = records.begins ? undefined : this.#streams.get(partition);
      if (name === undefined) {
        name = formatFor(records.name) ?? guess(records.bytes, 0, records.bytes.length);
        this.#streams.set(partition, name);
      }
      this.#decoder(name).decode(records, out);
      return;
    }
    let from = 0;
    for (let i = 0; i < records.offsets.length; i++) {
      const to = records.ends[i];
      const name = formatOfType(records.types?.[i] ?? '') ?? guess(records.bytes, from, to);
      const one: MessageRecords = {
        kind: 'messages',
        partition,
        offsets: records.offsets.subarray(i, i + 1),
        ends: Uint32Array.of(to - from),
        bytes: records.bytes.subarray(from, to),
        arrivals: records.arrivals?.subarray(i, i + 1),
      };
      this.#decoder(name).decode(one, out);
      from = to;
    }
  }

  #decoder(name: Name): Decoder {
    let decoder = this.#decoders.get(name);
    if (decoder === undefined) this.#decoders.set(name, (decoder = this.#make(name)));
    return decoder;
  }

  state(): JsonValue {
    const decoders = [...this.#decoders].map(([name, decoder]) => [name, decoder.state()]);
    return { version: 1, streams: [...this.#streams] as JsonValue, decoders: decoders as JsonValue };
  }

  report(): string[] {
    const names = [...this.#decoders.keys()];
    return names.length === 0 ? [] : [`read as ${names.join(' and ')}`, ...[...this.#decoders.values()].flatMap((decoder) => decoder.report())];
  }
}

/** By the first byte that is no space: `{` is JSON a line, `[` one JSON array, anything else rows of fields. */
function guess(bytes: Uint8Array, from: number, to: number): Name {
  let at = from + bomLength(bytes, from);
  while (at < to && bytes[at] <= SPACE) at++;
  if (bytes[at] === OPEN_ARRAY && at < to) return 'json';
  if (bytes[at] !== OPEN_OBJECT || at >= to) return 'csv';
  // An object written over several lines is no JSON a line.
  const newline = bytes.indexOf(10, at);
  const last = newline < 0 || newline > to ? to : newline;
  for (let i = last - 1; i > at; i--) if (bytes[i] > SPACE) return bytes[i] === 125 ? 'ndjson' : 'json';
  return 'json';
}

export const auto = defineFormat({
  name: 'auto',
  summary: 'Reads each stream or message as csv, ndjson or json: by file name or media type, else by its first bytes.',
  options: Type.Object({ max_record: quantity('size', 'Longest record; a longer one goes to the dead letters.', '1MiB') }),
  sample: {},
  create(given, dictionary, state) {
    return new AutoDecoder(given.max_record ?? CSV_DEFAULTS.max_record, dictionary, state);
  },
});
