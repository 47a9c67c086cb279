/** Stored verdicts of sessions as people see them. */
import type { LogReason, LogSession, LogSessionDetail } from '../../core/api.ts';
import { LEVELS, type SessionDetail } from '../../core/contracts/logs.ts';
import type { ByteRecords, Decoder, JsonValue } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { ANOMALOUS, numberOrNull } from '../../core/verdicts.ts';
import { definitionOf, type PipelineConfig } from '../config/index.ts';
import { registry } from '../registry.ts';
import type { CountedTemplate } from '../../logs/parse/read.ts';
import type { Committed } from './committed.ts';
import type { StoredSession } from './session-index.ts';
import { LINE_BYTES, readBack } from './source-lines.ts';

/** Most lines of a session that are shown. */
const LINES = 1_000;
/** Most characters of one. */
const CHARACTERS = 2_000;

/** Texts of templates, and what people answered, by their names. */
export class Texts {
  readonly #templates = new Map<number, CountedTemplate>();
  readonly #resolve: (id: number) => number;
  readonly #answers = new Map<string, 'normal' | 'anomalous'>();

  constructor(known: Committed | undefined) {
    const parsed = known?.templates();
    this.#resolve = parsed?.resolve ?? ((id) => id);
    for (const template of parsed?.templates ?? []) this.#templates.set(template.id, template);
    for (const { pattern, says, undone } of known?.answers() ?? []) if (!undone) this.#answers.set(pattern, says);
  }

  /** The name that a person gave, else the text. */
  of(id: number): string {
    const known = this.#known(id);
    return known === undefined ? `template ${id}` : (known.name ?? known.text);
  }

  textOf(id: number): string {
    return this.#known(id)?.text ?? `template ${id}`;
  }

  levelOf(id: number): string {
    return this.#known(id)?.level ?? '';
  }

  /** Templates that were merged go by the id of what they became. */
  #known(id: number): CountedTemplate | undefined {
    return this.#templates.get(id) ?? this.#templates.get(this.#resolve(id));
  }

  answered(pattern: string): 'normal' | 'anomalous' | null {
    return this.#answers.get(pattern) ?? null;
  }

  /** With texts in the place of numbers. */
  filled(text: string): string {
    return text.replace(/\{t:(\d+)\}/g, (_, id: string) => this.of(Number(id)));
  }
}

function parsed({ batch, row }: StoredSession): Partial<SessionDetail> {
  const text = batch.texts?.detail[row] ?? '';
  return text === '' ? {} : (JSON.parse(text) as Partial<SessionDetail>);
}

export function reasonsOf(stored: StoredSession, texts: Texts): LogReason[] {
  return (parsed(stored).reasons ?? []).map(({ judge, text }) => ({ judge, text: texts.filled(text) }));
}

export function viewOf(stored: StoredSession, texts: Texts, detail = parsed(stored)): LogSession {
  const { batch, row, time, id } = stored;
  const pattern = detail.pattern ?? null;
  const iso = (ms: number | undefined): string => new Date(ms ?? time).toISOString();
  return {
    session: batch.texts?.subject[row] ?? '',
    verdict: id,
    time: iso(time),
    first: iso(detail.first),
    last: iso(detail.last),
    lines: detail.lines ?? batch.values[row * batch.width] ?? 0,
    score: numberOrNull(batch.score[row]),
    threshold: numberOrNull(batch.limit[row]),
    anomalous: (batch.flags[row] & ANOMALOUS) !== 0,
    reasons: (detail.reasons ?? []).map(({ judge, text }) => ({ judge, text: texts.filled(text) })),
    pattern,
    patternSeen: detail.patternSeen ?? 0,
    patternFirst: detail.patternFirst === undefined ? null : iso(detail.patternFirst),
    answered: pattern === null ? null : texts.answered(pattern),
  };
}

/** With its lines, read back where they still are. */
export async function detailOf(stored: StoredSession, known: Committed, pipeline: PipelineConfig): Promise<LogSessionDetail> {
  const texts = new Texts(known);
  const detail = parsed(stored);
  const sequence = (detail.sequence ?? []).slice(0, LINES);
  const offsets = (detail.offsets ?? []).slice(0, LINES);
  const { batch, row } = stored;
  const order = offsets.map((_, i) => i).sort((a, b) => offsets[a] - offsets[b]);
  const read = await readBack(
    pipeline.source.name,
    known.progress.position,
    batch.partition[row],
    order.map((i) => offsets[i]),
  );
  const raw = offsets.map((): Uint8Array | undefined => undefined);
  order.forEach((i, k) => (raw[i] = read[k]));
  const lines = new LineReader(pipeline, known.progress.decoder);
  const marked = new Set((detail.reasons ?? []).flatMap(({ templates }) => templates));
  const places = new Set((detail.reasons ?? []).flatMap(({ places = [] }) => places));
  return {
    ...viewOf(stored, texts, detail),
    lineList: sequence.map((template, i) => {
      const line = raw[i] === undefined ? undefined : lines.read(raw[i]);
      const level = line?.level ?? '';
      return {
        offset: offsets[i] ?? 0,
        time: line?.time ?? null,
        level: level === '' ? texts.levelOf(template) : level,
        template,
        templateText: texts.textOf(template),
        text: line?.text ?? null,
        highlighted: marked.has(template) || places.has(i),
      };
    }),
    nearest: detail.nearest ? besides(sequence, detail.nearest, texts) : null,
  };
}

export function besides(sequence: readonly number[], nearest: readonly [number, number][], texts: Texts): LogSessionDetail['nearest'] {
  const here = new Map<number, number>();
  for (const template of sequence) here.set(template, (here.get(template) ?? 0) + 1);
  const there = new Map(nearest);
  const templates = [...new Set([...here.keys(), ...there.keys()])].sort((a, b) => a - b);
  return templates.map((template) => ({ template, templateText: texts.textOf(template), here: here.get(template) ?? 0, there: there.get(template) ?? 0 }));
}

/** Reads single lines as the pipeline's format did. */
class LineReader {
  readonly #decoder: Decoder | undefined;
  readonly #builder: EventBuilder;

  constructor({ format }: PipelineConfig, state: JsonValue) {
    const dictionary = new SeriesDictionary(16);
    this.#builder = new EventBuilder(dictionary, 1, 16, true);
    this.#decoder = format && definitionOf(registry, 'format', format.name)?.create(format.options, dictionary, state ?? undefined);
  }

  /** The first line of these bytes; time and level where its format finds them. */
  read(bytes: Uint8Array): { text: string; time: string | null; level: string } {
    const end = bytes.indexOf(10);
    const line = bytes.subarray(0, end < 0 ? bytes.length : end + 1);
    const text =
      Buffer.from(line)
        .toString('utf8')
        .replace(/\r?\n$/, '')
        .slice(0, CHARACTERS) + (end < 0 && line.length === LINE_BYTES ? ' …' : '');
    const builder = this.#builder;
    builder.reset();
    try {
      const records: ByteRecords = { kind: 'bytes', partition: 0, offset: 0, bytes: line, begins: false, ends: true, name: 'line' };
      this.#decoder?.decode(records, builder);
    } catch {
      // It is shown as it is.
    }
    const { lines } = builder;
    if (builder.length === 0 || lines === undefined) return { text, time: null, level: '' };
    const stated = lines.stated[0];
    return { text, time: Number.isNaN(stated) ? null : new Date(stated).toISOString(), level: LEVELS[lines.level[0]] ?? '' };
  }
}
