/** Reads scalars, maps and lists of a YAML document, with the environment put in and the place of each kept. */
import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import { substitute, type Environment } from './env.ts';
import type { Problems } from './problems.ts';

/** A scalar as it was written and meant. */
export interface ScalarValue {
  value: string | number | boolean | null;
  /** True when it came out of the environment, so that text may stand for a number. */
  outside: boolean;
}

/** One entry of a map. */
export interface Entry {
  key: string;
  keyOffset: number;
  value: Node | null;
}

/** Deepest nesting of free-form values. */
const MAX_DEPTH = 32;

export class Reader {
  readonly problems: Problems;
  readonly #document: Document;
  readonly #env: Environment;

  constructor(document: Document, env: Environment, problems: Problems) {
    this.#document = document;
    this.#env = env;
    this.problems = problems;
  }

  /** The node that an alias stands for, or the node itself. */
  plain(node: Node | null | undefined): Node | null {
    if (!node) return null;
    return isAlias(node) ? ((node.resolve(this.#document) as Node | undefined) ?? null) : node;
  }

  /** Where a node begins in the text. */
  offset(node: Node | null | undefined, otherwise: number): number {
    return node?.range?.[0] ?? otherwise;
  }

  /** The entries of a map; a key that is no text is a problem. */
  entries(map: YAMLMap): Entry[] {
    const entries: Entry[] = [];
    for (const pair of map.items) {
      const key = pair.key as Node | null;
      const keyOffset = this.offset(key, this.offset(map, 0));
      if (isScalar(key) && key.value !== null) entries.push({ key: String(key.value), keyOffset, value: pair.value as Node | null });
      else this.problems.invalid(keyOffset, 'a key', 'is not a text');
    }
    return entries;
  }

  /** The value of a scalar; undefined when a variable is missing (which is then noted). */
  scalar(node: Node | null, offset: number): ScalarValue | undefined {
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'bigint') return { value: Number(value), outside: false };
    if (typeof value !== 'string') return { value: value === undefined || typeof value === 'object' ? null : (value as number | boolean), outside: false };
    const { text, changed, missing } = substitute(value, this.#env);
    for (const name of missing) this.problems.add('CONFIG_MISSING_ENV', this.offset(node, offset), { name });
    return missing.length > 0 ? undefined : { value: text, outside: changed };
  }

  /** A free-form value as JSON. */
  json(input: Node | null, offset: number, where: string, depth = 0): JsonValue | undefined {
    const node = this.plain(input);
    if (depth > MAX_DEPTH) {
      this.problems.invalid(this.offset(node, offset), where, `is nested more than ${MAX_DEPTH} deep`);
      return undefined;
    }
    if (isMap(node)) {
      const result: Record<string, JsonValue> = {};
      for (const { key, keyOffset, value } of this.entries(node)) result[key] = this.json(value, keyOffset, `${where}.${key}`, depth + 1) ?? null;
      return result;
    }
    if (isSeq(node)) return node.items.map((item, i) => this.json(item as Node, offset, `${where}[${i}]`, depth + 1) ?? null);
    return this.scalar(node, offset)?.value;
  }

  /** A value as a message shows it: short, and never a whole section. */
  shown(input: Node | null): string {
    const node = this.plain(input);
    if (isMap(node)) return 'a map';
    if (isSeq(node)) return 'a list';
    if (!isScalar(node) || node.value === null) return 'empty';
    const text = typeof node.value === 'string' ? JSON.stringify(substitute(node.value, this.#env).text) : String(node.value);
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
  }
}
