/** Which token stands for which template. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { EDGE } from './network.ts';
import { END } from './reading.ts';
import type { SequenceTable } from './table.ts';

/** A template that no sequence learnt from had; never learnt, so it is never expected. */
export const UNKNOWN = 1;
/** A template that was too rare for a token of its own. */
export const OTHER = 2;
/** Tokens that stand for no template: EDGE and these two. */
export const RESERVED = 3;

/** Templates without a token of their own that are remembered as seen. */
const MOST_OTHERS = 8192;
/** No template. */
const NONE = 0xfffffffe;

/** Fixed once made. */
export class Vocabulary {
  /** Template by token; NONE for the first three, and for tokens not given yet. */
  readonly templates: Uint32Array;
  readonly #others: Uint32Array;
  readonly #tokens = new Map<number, number>([[END, EDGE]]);

  constructor(templates: Uint32Array, others: Uint32Array) {
    this.templates = templates;
    this.#others = others;
    for (const template of others) this.#tokens.set(template, OTHER);
    for (let token = RESERVED; token < templates.length; token++) if (templates[token] !== NONE) this.#tokens.set(templates[token], token);
  }

  token(template: number): number {
    return this.#tokens.get(template) ?? UNKNOWN;
  }

  /** What a token stands for in explanations; undefined for the first three. */
  template(token: number): number | undefined {
    const template = this.templates[token];
    return template === NONE ? undefined : template;
  }

  /** Templates with a token of their own. */
  get size(): number {
    return this.templates.reduce((n, template) => n + (template === NONE ? 0 : 1), 0);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u32s(this.templates);
    writer.u32s(this.#others);
  }

  static restore(reader: SnapshotReader): Vocabulary {
    const templates = reader.u32s();
    return new Vocabulary(templates, reader.u32s());
  }

  /** Tokens for the templates that the most sessions of a table have; one that had a token before keeps it. */
  static of(table: SequenceTable, tokens: number, before: Vocabulary | undefined): Vocabulary {
    const sessions = new Map<number, number>();
    table.sequences.forEach((sequence, i) => {
      for (const template of new Set(sequence)) sessions.set(template, (sessions.get(template) ?? 0) + table.fitted[i] + table.held[i]);
    });
    sessions.delete(END);
    const ranked = [...sessions].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).map(([template]) => template);
    const chosen = new Set(ranked.slice(0, tokens - RESERVED));
    const templates = new Uint32Array(tokens).fill(NONE);
    before?.templates.forEach((template, token) => {
      if (chosen.delete(template)) templates[token] = template;
    });
    let free = RESERVED;
    for (const template of chosen) {
      while (templates[free] !== NONE) free++;
      templates[free] = template;
    }
    return new Vocabulary(templates, Uint32Array.from(ranked.slice(tokens - RESERVED, tokens - RESERVED + MOST_OTHERS)));
  }
}
