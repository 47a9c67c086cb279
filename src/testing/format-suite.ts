/** What every format promises, whatever the cuts of the stream. */
import type { ByteRecords, Decoder, JsonValue } from '../core/contracts.ts';
import { ERRORS } from '../core/errors.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import type { FormatDefinition } from '../core/schema.ts';
import { expectThat, type AsyncCheck } from './check.ts';

/** A stream that a format is tried on. */
export interface FormatCase {
  name: string;
  /** Options beside the defaults. */
  options?: Record<string, unknown>;
  text: string | Uint8Array;
  /** The first chunk is never shorter, for formats that judge the layout by it. */
  settles?: number;
  width?: number;
  /** Rows that come out, as `key time values`; unchecked when absent. */
  rows?: string[];
  /** Codes of the records refused, in order; none when absent. */
  refused?: string[];
  /** Times never go back within a partition: of a second stream of the same partition they are not compared. */
  monotone?: boolean;
  /** A line of this format that is a good record, and a beginning of one that goes on for ever. */
  good?: string;
  endless?: string;
}

const MAX_RECORD = 2048;
const PARTITION = 3;

/** What a decoder made of a stream, as text, so that a difference can be shown. */
class Run {
  readonly #definition: FormatDefinition;
  readonly #given: FormatCase;
  readonly #bytes: Uint8Array;
  readonly dictionary: SeriesDictionary;
  readonly out: EventBuilder;
  decoder: Decoder;

  constructor(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array, limit?: number) {
    this.#definition = definition;
    this.#given = given;
    this.#bytes = bytes;
    this.dictionary = new SeriesDictionary(limit);
    this.out = new EventBuilder(this.dictionary, given.width ?? 1, 4);
    this.decoder = this.#create();
  }

  #create(state?: JsonValue): Decoder {
    return this.#definition.create({ max_record: MAX_RECORD, ...this.#given.options }, this.dictionary, state);
  }

  /** Hands over bytes[from .. to) as one chunk. */
  feed(from: number, to: number, begins = from === 0, partition = PARTITION): void {
    const bytes = this.#bytes.slice(from, to);
    const records: ByteRecords = { kind: 'bytes', partition, offset: from, bytes, begins, ends: to === this.#bytes.length, name: '' };
    this.decoder.decode(records, this.out);
  }

  /** As after a restart from what was committed. */
  restart(): void {
    this.decoder = this.#create(JSON.parse(JSON.stringify(this.decoder.state())) as JsonValue);
  }

  rows(): string[] {
    const { out } = this;
    return Array.from({ length: out.length }, (_, i) => {
      const values = Array.from(out.values.subarray(i * out.width, (i + 1) * out.width));
      return [this.dictionary.get(out.series[i]).key, out.time[i], ...values].join(' ');
    });
  }

  /** Rows with where they came from, and what was refused. */
  said(): string {
    const { out } = this;
    const places = this.rows().map((row, i) => `${row} @${out.partition[i]}/${out.offset[i]}/${out.place[i]}`);
    const bad = out.bad.map((record) => `refused ${record.code} @${record.partition}/${record.offset}/${record.place} ${record.detail}`);
    return [...places, ...bad].join('\n');
  }
}

/** Small seeded numbers, so that a failure comes again. */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x / 2 ** 32;
  }
}

/** Cuts of a stream of this length, none before `settles`. */
function cuts(length: number, settles: number, mean: number, seed: number): number[] {
  const random = numbers(seed);
  const at: number[] = [];
  for (let i = settles > 0 ? settles : 1; i < length; i += 1 + Math.floor(random.next().value * 2 * (mean - 1))) at.push(i);
  return at;
}

function same(got: string, want: string, what: string): void {
  if (got === want) return;
  const gotLines = got.split('\n');
  const wantLines = want.split('\n');
  const i = wantLines.findIndex((line, k) => line !== gotLines[k]);
  throw new Error(`${what}: line ${i} is\n  ${gotLines[i < 0 ? wantLines.length : i]}\ninstead of\n  ${wantLines[i]}`);
}

/**
 * Checks of one format over streams that it is to decode:
 *
 *     for (const check of formatChecks(csv, cases)) it(check.name, check.run);
 */
export function formatChecks(definition: FormatDefinition, cases: readonly FormatCase[]): AsyncCheck[] {
  return cases.flatMap((given) => {
    const bytes = typeof given.text === 'string' ? new TextEncoder().encode(given.text) : given.text;
    const settles = Math.min(bytes.length, given.settles ?? 0);
    const check = (name: string, run: () => void): AsyncCheck => ({
      name: `${definition.name}, ${given.name}: ${name}`,
      run: async () => run(),
    });
    const uncut = () => {
      const run = new Run(definition, given, bytes);
      run.feed(0, bytes.length);
      return run;
    };
    return [
      check('gives the rows expected and refuses the rest', () => expected(uncut(), given)),
      check('gives the same however the stream is cut', () => anyCut(definition, given, bytes, settles, uncut().said())),
      check('goes on from its state as if it had not stopped', () => anyRestart(definition, given, bytes, settles, uncut().said())),
      check('begins anew where a stream begins', () => twice(definition, given, bytes)),
      check('refuses what it cannot read, and never throws', () => broken(definition, given, bytes)),
      check('refuses series beyond the limit', () => limited(definition, given, bytes)),
      ...(given.endless === undefined ? [] : [check('keeps no more than max_record of a record without an end', () => endless(definition, given))]),
    ];
  });
}

function expected(run: Run, given: FormatCase): void {
  if (given.rows !== undefined) same(run.rows().join('\n'), given.rows.join('\n'), 'rows');
  same(run.out.bad.map((record) => record.code).join('\n'), (given.refused ?? []).join('\n'), 'refused records');
  const { out } = run;
  for (let i = 1; i < out.length; i++) {
    const rises = out.offset[i] > out.offset[i - 1] || (out.offset[i] === out.offset[i - 1] && out.place[i] > out.place[i - 1]);
    expectThat(rises, `(offset, place) rises from row to row, since it names what a verdict is about (row ${i})`);
  }
  for (const record of run.out.bad) expectThat(record.detail.length > 0, 'a refusal says why');
}

function anyCut(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array, settles: number, want: string): void {
  for (const [seed, mean] of [1, 2, 3, 7, 30, 200].entries()) {
    const run = new Run(definition, given, bytes);
    const at = [...cuts(bytes.length, settles, mean, seed + 1), bytes.length];
    let from = 0;
    for (const to of at) {
      run.feed(from, to, from === 0);
      from = to;
    }
    same(run.said(), want, `cut into pieces of about ${mean} bytes`);
  }
}

function anyRestart(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array, settles: number, want: string): void {
  for (const cut of cuts(bytes.length, settles, Math.max(2, bytes.length >> 6), 9)) {
    const run = new Run(definition, given, bytes);
    run.feed(0, cut);
    run.restart();
    run.feed(cut, bytes.length, false);
    same(run.said(), want, `restarted at byte ${cut}`);
  }
}

function twice(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array): void {
  const run = new Run(definition, given, bytes);
  run.feed(0, bytes.length);
  const once = run.said();
  run.out.reset();
  run.feed(0, bytes.length, true);
  if (given.monotone !== true) same(run.said(), once, 'the second time');
  expectThat(run.said().split('\n').length === once.split('\n').length, 'the second time as many rows and refused records come out');
  run.out.reset();
  run.feed(0, bytes.length, true, PARTITION + 1);
  same(run.said().replaceAll(`@${PARTITION + 1}/`, `@${PARTITION}/`), once, 'in another partition');
}

function broken(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array): void {
  for (let seed = 1; seed <= 40; seed++) {
    const random = numbers(seed);
    const damaged = bytes.slice();
    for (let n = 0; n < 1 + bytes.length / 40; n++) {
      const at = Math.floor(random.next().value * damaged.length);
      damaged[at] = Math.floor(random.next().value * 256);
    }
    const run = new Run(definition, given, damaged);
    run.feed(0, damaged.length);
    for (const record of run.out.bad) expectThat(record.code in ERRORS, `"${record.code}" is of the closed list of errors`);
    for (let i = 0; i < run.out.length; i++) expectThat(Number.isFinite(run.out.time[i]), 'an event has a time');
  }
}

function limited(definition: FormatDefinition, given: FormatCase, bytes: Uint8Array): void {
  const run = new Run(definition, given, bytes, 0);
  run.feed(0, bytes.length);
  expectThat(run.out.length === 0, 'no event of a series beyond the limit comes out');
  if ((given.rows?.length ?? 0) > 0)
    expectThat(
      run.out.bad.some((record) => record.code === 'SERIES_LIMIT'),
      'the refusal names SERIES_LIMIT',
    );
}

function endless(definition: FormatDefinition, given: FormatCase): void {
  const lead = typeof given.text === 'string' ? given.text : new TextDecoder().decode(given.text);
  const text = `${lead}${lead.endsWith('\n') ? '' : '\n'}${given.endless}${'x'.repeat(20 * MAX_RECORD)}\n${given.good}\n`;
  const bytes = new TextEncoder().encode(text);
  const run = new Run(definition, given, bytes);
  const first = new TextEncoder().encode(lead).length;
  run.feed(0, first);
  const before = run.out.length;
  for (let from = first; from < bytes.length; from += 1000) {
    run.feed(from, Math.min(from + 1000, bytes.length));
    const kept = JSON.stringify(run.decoder.state()).length;
    expectThat(kept < 4 * MAX_RECORD + 8192, `the state stays small, but holds ${kept} bytes`);
  }
  const refused = run.out.bad.map((record) => record.code);
  expectThat(refused.filter((code) => code === 'RECORD_TOO_LARGE').length === 1, `one record is refused as too large (refused: ${refused.join()})`);
  expectThat(refused.length === 1 + (given.refused?.length ?? 0), `the rest of it is dropped (refused: ${refused.join()})`);
  expectThat(run.out.length > before, 'the good record behind it is decoded');
}
