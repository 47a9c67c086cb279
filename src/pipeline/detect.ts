/** Detection over a file or a pipe: bytes in, verdict batches out, memory as large as one batch and the states of the series. */
import type { ByteRecords, Decoder } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { EventBuilder, SeriesDictionary, type BadRecord, type EventBatch } from '../core/events.ts';
import { nearest } from '../core/nearest.ts';
import type { VerdictBatch } from '../core/verdicts.ts';
import { formatFor, sniffCsv } from '../formats/index.ts';
import { defaultComponent, definitionOf, type Component } from './config/index.ts';
import { byTime } from './newest-first.ts';
import { registry } from './registry.ts';
import { Scorer, type DetectChoice } from './scorer.ts';

export { detectPosted } from './detect-posted.ts';
export type { DetectChoice } from './scorer.ts';

const LF = 10;

type FormatName = 'csv' | 'ndjson' | 'json';

export interface DetectInput {
  /** For messages: the path, or `-`. */
  name: string;
  /** Unpacked bytes; the first chunk should hold some rows, for the layout is judged by it. */
  chunks: AsyncIterable<Uint8Array>;
  /** With its options; absent: by the name, else by the first bytes. */
  format?: Component;
  /** Column (or field) that holds the time; empty: found out. */
  time: string;
  /** Columns of values; empty: every column of numbers, each a series of its own. */
  columns: readonly string[];
  /** Added to every series. */
  labels?: Readonly<Record<string, string>>;
}

/** A record that could not be read. */
export interface BadRow {
  /** Line of the (unpacked) input, from 1. */
  line: number;
  detail: string;
  text: string;
}

/** What one chunk gave; the verdicts are valid until the next is asked for. */
export interface Detected {
  verdicts: VerdictBatch;
  dictionary: SeriesDictionary;
  bad: BadRow[];
  /** What the format chose, in words. */
  report: readonly string[];
  /** Fills the id of a row, which is left open since few rows are shown. */
  identify(i: number): void;
  /** What the detector of a series has found out about it, in words. */
  describe(series: number): readonly string[];
}

/** Scores every event in the order it stands, but of a file from newest to oldest in order of time; yields nothing for an empty input. Throws INPUT_NO_COLUMN, and what `chunks` throws. */
export async function* detectStream(input: DetectInput, choice: DetectChoice): AsyncGenerator<Detected> {
  const together = input.columns.length > 1 && definitionOf(registry, 'detector', choice.detector.name)!.columns === 'many';
  const dictionary = new SeriesDictionary(undefined, input.labels);
  const scorer = new Scorer(choice, registry, dictionary, together ? input.columns.length : 1, 'detect');
  const describe = (series: number): readonly string[] => scorer.describe(series);
  for await (const { events, bad, report } of decodeStream(input, together, dictionary)) {
    const verdicts = scorer.score(events);
    yield { verdicts, dictionary, bad, report, identify: (i) => scorer.identify(verdicts, i), describe };
  }
}

/** What one chunk decodes to; `events` are valid until the next is asked for. */
export interface Decoded {
  events: EventBatch;
  bad: BadRow[];
  /** What the format chose, in words. */
  report: readonly string[];
}

/** Decodes every record, in the order that `detectStream` scores them in. `together`: the columns asked for make one row. Throws INPUT_NO_COLUMN, and what `chunks` throws. */
export function decodeStream(input: DetectInput, together: boolean, dictionary: SeriesDictionary): AsyncGenerator<Decoded> {
  return byTime(asTheyStand(input, together, dictionary), dictionary, together ? input.columns.length : 1);
}

async function* asTheyStand(input: DetectInput, together: boolean, dictionary: SeriesDictionary): AsyncGenerator<Decoded> {
  const events = new EventBuilder(dictionary, together ? input.columns.length : 1, 8192);
  const lines = new LineNumbers();
  let decoder: Decoder | undefined;
  for await (const records of recordsOf(input)) {
    decoder ??= decoderFor(input, records.bytes, together, dictionary);
    events.reset();
    decoder.decode(records, events);
    yield { events, bad: lines.of(records, events.bad), report: decoder.report() };
  }
}

/** The chunks as records of one partition, each handed on at once; an empty one at the end says that nothing follows. */
async function* recordsOf({ chunks, name }: DetectInput): AsyncGenerator<ByteRecords> {
  let offset = 0;
  for await (const bytes of chunks) {
    if (bytes.length === 0) continue;
    yield { kind: 'bytes', partition: 0, offset, bytes, begins: offset === 0, ends: false, name };
    offset += bytes.length;
  }
  if (offset > 0) yield { kind: 'bytes', partition: 0, offset, bytes: new Uint8Array(0), begins: false, ends: true, name };
}

function decoderFor(input: DetectInput, first: Uint8Array, together: boolean, dictionary: SeriesDictionary): Decoder {
  const { name, options } = input.format ?? defaultComponent(registry, 'format', formatFor(input.name) ?? formatOfBytes(first));
  if (name === 'csv') checkColumns(input, options, first);
  const { time, columns } = input;
  const chosen = { ...options, ...(time === '' ? {} : { time }), ...(columns.length === 0 ? {} : { columns: [...columns] }), together };
  // Rows without a time are a second apart, so that a bare list of numbers can be looked at.
  return definitionOf(registry, 'format', name)!.create(name === 'csv' ? { ...chosen, step: options['step'] || 1000 } : chosen, dictionary);
}

/** `{` begins a JSON object a line, `[` a JSON array, anything else rows of fields. */
function formatOfBytes(bytes: Uint8Array): FormatName {
  const first = Buffer.from(bytes.subarray(0, 64))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()[0];
  return first === '{' ? 'ndjson' : first === '[' ? 'json' : 'csv';
}

/** A column that was asked for and is not there is said with the name that was probably meant. */
function checkColumns({ name, time, columns }: DetectInput, options: Component['options'], bytes: Uint8Array): void {
  const known = sniffCsv(bytes, { ...options, time: '', columns: [] }, true).columns.map((column) => column.name);
  const missing = [...columns, ...(time === '' ? [] : [time])].find((column) => !known.includes(column));
  if (missing === undefined || known.length === 0) return;
  // A unit in the name, as in `temperature [°C]`, is often left out.
  const bare = known.map((column) => column.replace(/\s*[[(].*$/, ''));
  const near = known[bare.indexOf(nearest(missing, bare) ?? '')] ?? nearest(missing, known);
  throw new HomeostatError('INPUT_NO_COLUMN', {
    file: name,
    column: missing,
    hint: near === undefined ? '' : `; did you mean "${near}"?`,
    known: known.join(', '),
  });
}

/** Turns offsets of bad records into numbers of lines. */
class LineNumbers {
  /** Line that the next chunk begins in, and the lines of records that began in an earlier one. */
  #line = 1;
  #last = { offset: 0, line: 1 };

  of(records: ByteRecords, bad: readonly BadRecord[]): BadRow[] {
    const { bytes, offset } = records;
    let at = 0;
    let line = this.#line;
    const rows: BadRow[] = [];
    for (const record of bad) {
      const target = record.offset - offset;
      for (let next = at; (next = bytes.indexOf(LF, next) + 1) > 0 && next <= target; at = next) line++;
      const number = target < 0 ? this.#last.line : line;
      rows.push({ line: number, detail: record.detail, text: Buffer.from(record.bytes).toString('utf8').trimEnd() });
    }
    for (let next = at; (next = bytes.indexOf(LF, next) + 1) > 0;) line++;
    this.#line = line;
    this.#last = { offset: offset + bytes.lastIndexOf(LF) + 1, line };
    return rows;
  }
}
