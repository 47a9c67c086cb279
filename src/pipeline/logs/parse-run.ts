/** Templates of log lines without an engine, with the template of every line at hand. */
import type { Decoder, StageOutput } from '../../core/contracts.ts';
import { TEMPLATE } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary, type EventBatch } from '../../core/events.ts';
import { SnapshotWriter } from '../../core/snapshot.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { parametersIn, type Parameter } from '../../logs/miner/parameters.ts';
import { MESSAGE_BYTES } from '../../logs/miner/words.ts';
import { readTemplates, type ParsedTemplates } from '../../logs/parse/read.ts';
import { ParseStage } from '../../logs/parse/stage.ts';
import { snapshotOf, States } from '../../runtime/states.ts';
import { defaultComponent, defaultSection } from '../config/components.ts';
import { definitionOf, type Component } from '../config/index.ts';
import { registry } from '../registry.ts';
import { linesOf, type LineInput } from './lines.ts';
import { MemoryLedger } from './memory-ledger.ts';

/** Values that a line of the stage's output has. */
const WIDTH = 2;

/** A template as rows name it. */
export interface RowTemplate {
  id: number;
  text: string;
  /** What stands in the message bytes[from .. to) in place of each `<*>`. */
  parameters(bytes: Uint8Array, from: number, to: number): Parameter[];
}

export class ParseRun {
  readonly dictionary = new SeriesDictionary();
  /** Lines that have a template. */
  read = 0;
  /** Lines that could not be read, or were cut. */
  refused = 0;
  /** Why the first of them was. */
  refusal: string | undefined;
  readonly #format: Component;
  readonly #stage = new ParseStage(defaultSection(registry, registry.logs.parse) as never);
  readonly #states = new States(this.#stage, { cache: Infinity, shape: 0, lookup: () => undefined });
  readonly #out: StageOutput = { events: new EventBuilder(this.dictionary, WIDTH, 64), verdicts: emptyVerdicts(1, 0), rollups: [] };
  readonly #ledger = new MemoryLedger();
  readonly #decoders: Decoder[] = [];
  #known: ParsedTemplates | undefined;
  readonly #templates = new Map<number, RowTemplate>();

  /** `format`: how lines are read; absent: as a pipeline that names nothing. */
  constructor(format: Component = defaultComponent(registry, 'format', 'line')) {
    this.#format = format;
  }

  /** The lines of an input in batches, each valid until the next is asked for. */
  lines(input: LineInput): AsyncGenerator<EventBuilder> {
    const { name, options } = this.#format;
    const decoder = definitionOf(registry, 'format', name)!.create(options, this.dictionary);
    this.#decoders.push(decoder);
    return linesOf([input], () => decoder, this.dictionary);
  }

  /** What the formats chose, in words. */
  report(): string[] {
    return [...new Set(this.#decoders.flatMap((decoder) => decoder.report()))];
  }

  /** Templates of the lines of a batch at arrival, see `templateAt`; valid until the next call. */
  take(events: EventBuilder): EventBatch {
    this.read += events.length;
    this.refused += events.bad.length;
    this.refusal ??= events.bad[0]?.detail;
    this.#known = undefined;
    const { events: out } = this.#out;
    out.reset();
    if (events.length > 0) this.#stage.process(events, this.#states, this.#out);
    return out;
  }

  /** What is known of all templates now. */
  known(): ParsedTemplates {
    if (this.#known === undefined) {
      this.#ledger.apply(this.#states.writes(new SnapshotWriter()));
      this.#states.committed();
      this.#known = readTemplates((key) => {
        const kept = this.#ledger.lookup(this.#stage.name, key);
        return kept && snapshotOf(kept.data);
      });
      this.#templates.clear();
    }
    return this.#known;
  }

  /** The template that stands now for one that a line got. */
  template(id: number): RowTemplate {
    const known = this.known();
    if (this.#templates.size === 0) for (const { id: own, text } of known.templates) this.#templates.set(own, rowTemplate(own, text));
    const there = this.#templates.get(id) ?? this.#templates.get(known.resolve(id)) ?? rowTemplate(id, '');
    this.#templates.set(id, there);
    return there;
  }
}

function rowTemplate(id: number, text: string): RowTemplate {
  return {
    id,
    text,
    parameters(bytes, from, to) {
      if (!text.includes('<*>')) return [];
      const end = Math.min(to, from + MESSAGE_BYTES);
      return parametersIn(text, Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8'));
    },
  };
}

/** The template of row i as `take` gives it. */
export function templateAt(parsed: EventBatch, i: number): number {
  return parsed.values[i * parsed.width + TEMPLATE];
}
