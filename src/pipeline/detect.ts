/** Detection over a file or a pipe: bytes in, verdict batches out, memory as large as one batch and the states of the series. */
import type { ByteRecords } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { EventBuilder, SeriesDictionary, type BadRecord } from '../core/events.ts';
import { nearest } from '../core/nearest.ts';
import type { VerdictBatch } from '../core/verdicts.ts';
import { sniffCsv } from '../formats/csv/index.ts';
import { defaultComponent, definitionOf } from './config/index.ts';
import { registry } from './registry.ts';
import { Scorer, type DetectChoice } from './scorer.ts';

export { detectPosted } from './detect-posted.ts';
export type { DetectChoice } from './scorer.ts';

const LF = 10;

export interface DetectInput {
  /** For messages: the path, or `-`. */
  name: string;
  /** Unpacked bytes; the first chunk should hold some rows, for the layout is judged by it. */
  chunks: AsyncIterable<Uint8Array>;
  format: 'csv' | 'ndjson' | 'json';
  /** Column that holds the time; empty: found out. */
  time: string;
  /** Columns of values; empty: every column of numbers, each a series of its own. */
  columns: readonly string[];
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
  /** Unpacked bytes so far. */
  bytes: number;
  /** Fills the id of a row, which is left open since few rows are shown. */
  identify(i: number): void;
}

/** Scores every event in the order it stands. Throws INPUT_NO_COLUMN, and what `chunks` throws. */
export async function* detectStream(input: DetectInput, choice: DetectChoice): AsyncGenerator<Detected> {
  const together = input.columns.length > 1 && definitionOf(registry, 'detector', choice.detector.name)!.columns === 'many';
  const width = together ? input.columns.length : 1;
  const dictionary = new SeriesDictionary();
  const events = new EventBuilder(dictionary, width, 8192);
  const scorer = new Scorer(choice, registry, dictionary, width, 'detect');
  const decoder = definitionOf(registry, 'format', input.format)!.create(optionsFor(input, together), dictionary);
  const lines = new LineNumbers();
  for await (const records of recordsOf(input)) {
    if (records.begins && input.format === 'csv') checkColumns(input, records.bytes);
    events.reset();
    decoder.decode(records, events);
    const bad = lines.of(records, events.bad);
    const verdicts = scorer.score(events);
    const bytes = records.offset + records.bytes.length;
    yield { verdicts, dictionary, bad, report: decoder.report(), bytes, identify: (i) => scorer.identify(verdicts, i) };
  }
}

/** The chunks as records of one partition; the last one, which may be empty, says that it ends. */
async function* recordsOf({ chunks, name }: DetectInput): AsyncGenerator<ByteRecords> {
  let offset = 0;
  let held: Uint8Array | undefined;
  const records = (bytes: Uint8Array, ends: boolean): ByteRecords => ({ kind: 'bytes', partition: 0, offset: offset - bytes.length, bytes, begins: offset === bytes.length, ends, name });
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (held !== undefined) yield records(held, false);
    held = chunk;
    offset += chunk.length;
  }
  if (held !== undefined) yield records(held, true);
}

function optionsFor({ format, time, columns }: DetectInput, together: boolean) {
  const { options } = defaultComponent(registry, 'format', format);
  // Rows without a time are a second apart, so that a bare list of numbers can be looked at.
  return format === 'csv' ? { ...options, time, columns: [...columns], together, step: 1000 } : options;
}

/** A column that was asked for and is not there is said with the name that was probably meant. */
function checkColumns({ name, time, columns }: DetectInput, bytes: Uint8Array): void {
  const known = sniffCsv(bytes, {}, true).columns.map((column) => column.name);
  const missing = [...columns, ...(time === '' ? [] : [time])].find((column) => !known.includes(column));
  if (missing === undefined || known.length === 0) return;
  const near = nearest(missing, known);
  throw new HomeostatError('INPUT_NO_COLUMN', { file: name, column: missing, hint: near === undefined ? '' : `; did you mean "${near}"?`, known: known.join(', ') });
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
    for (let next = at; (next = bytes.indexOf(LF, next) + 1) > 0; ) line++;
    this.#line = line;
    this.#last = { offset: offset + bytes.lastIndexOf(LF) + 1, line };
    return rows;
  }
}
