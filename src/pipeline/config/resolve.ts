/** Holds a YAML document against a schema: unknown keys, wrong values, defaults. */
import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Definition, Unit } from '../../core/schema.ts';
import { definitionsOf, type ComponentKind, type Registry } from './registry.ts';
import type { Reader } from './reader.ts';
import { checkNumber, checkText, isFromFile, isSecretName, kindOf, type Keywords } from './keywords.ts';
import { parseQuantity, printQuantity, UNIT_EXAMPLES } from '../../core/units.ts';

type Tree = Record<string, JsonValue>;

/** Where a value stands: its path for messages, and its place in the text. */
interface Place {
  where: string;
  offset: number;
}

export class Resolver {
  /** Where each path was written, for checks that look at several values. */
  readonly places = new Map<string, number>();
  readonly #reader: Reader;
  readonly #registry: Registry;
  readonly #folder: string;

  /** `folder`: where relative paths of `*_file` start. */
  constructor(reader: Reader, registry: Registry, folder: string) {
    this.#reader = reader;
    this.#registry = registry;
    this.#folder = folder;
  }

  /** The value with its defaults; undefined when there is a problem, which is then noted. */
  value(input: Node | null, schema: Keywords, place: Place): JsonValue | undefined {
    const node = this.#reader.plain(input);
    const at = { where: place.where, offset: this.#reader.offset(input, place.offset) };
    this.places.set(at.where, at.offset);
    if (schema.component) return this.#component(node, schema.component, at);
    if (schema.unit) return this.#quantity(node, schema, schema.unit, at);
    if (schema.anyOf) return this.#union(node, schema.anyOf, at);
    if (schema.enum || schema.const !== undefined) return this.#choice(node, schema.enum ?? [schema.const!], at);
    if (schema.type === 'object') return this.#object(node, schema, at);
    if (schema.type === 'array') return this.#array(node, schema, at);
    if (schema.type === undefined) return this.#reader.json(node, at.offset, at.where);
    return this.#scalar(node, schema, at);
  }

  /** What stands for a value that is not written. */
  fallback(schema: Keywords, place: Place): JsonValue | undefined {
    if (schema.component) return this.#filled(schema.component, String(schema.default), place);
    const given = schema.default;
    if (schema.unit && typeof given === 'string') return parseQuantity(schema.unit, given);
    if (schema.type === 'object' && schema.properties) return this.#defaults(schema, { ...(given as Tree | undefined) }, place);
    const kind = Array.isArray(given) ? (schema.items as Keywords | undefined)?.component : undefined;
    if (kind !== undefined) return (given as string[]).map((name) => this.#filled(kind, name, place)!);
    return given;
  }

  #component(node: Node | null, kind: ComponentKind, place: Place): JsonValue | undefined {
    const entries = isMap(node) ? this.#reader.entries(node) : [];
    if (isScalar(node) && typeof node.value === 'string') {
      const text = this.#reader.scalar(node, place.offset);
      return text && this.#options(kind, String(text.value), null, place);
    }
    if (entries.length !== 1) {
      const found = isMap(node) ? `has ${entries.length} keys` : `is ${this.#reader.shown(node)}`;
      this.#reader.problems.invalid(place.offset, place.where, `${found}; a ${kind} is written { name: options } or as its name alone`);
      return undefined;
    }
    return this.#options(kind, entries[0].key, entries[0].value, { where: place.where, offset: entries[0].keyOffset });
  }

  #options(kind: ComponentKind, name: string, value: Node | null, place: Place): JsonValue | undefined {
    const definitions: readonly Definition[] = definitionsOf(this.#registry, kind);
    const definition = definitions.find((one) => one.name === name);
    if (!definition) {
      const known = definitions.map((one) => one.name);
      const near = nearest(name, known);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      this.#reader.problems.add('CONFIG_UNKNOWN_KEY', place.offset, { key: name, where: `${place.where} (${kind}s)`, hint, known: known.join(', ') });
      return undefined;
    }
    const options = this.value(value, definition.options, { where: `${place.where}.${name}`, offset: place.offset });
    return options === undefined ? undefined : { name, options };
  }

  /** The component of this name with nothing but defaults. */
  #filled(kind: ComponentKind, name: string, place: Place): JsonValue | undefined {
    return this.#options(kind, name, null, place);
  }

  #object(node: Node | null, schema: Keywords, place: Place): JsonValue | undefined {
    if (node !== null && !isMap(node) && !(isScalar(node) && node.value === null)) return this.#wrong(node, 'a map of names and values', place);
    const written = isMap(node) ? this.#reader.entries(node) : [];
    return schema.properties ? this.#fields(written, schema, place) : this.#record(written, schema, place);
  }

  #fields(written: ReturnType<Reader['entries']>, schema: Keywords, place: Place): JsonValue | undefined {
    const properties = schema.properties!;
    const before = this.#reader.problems.count;
    const result: Tree = {};
    for (const { key, keyOffset, value } of written) {
      const at = { where: join(place.where, key), offset: keyOffset };
      const filled = filledBy(key, properties);
      if (filled !== undefined)
        this.#content(
          value,
          filled,
          properties[filled],
          written.some((entry) => entry.key === filled),
          at,
          result,
        );
      else if (properties[key]) assign(result, key, this.value(value, properties[key], at));
      else this.#unknown(key, properties, at, place.where);
    }
    if (this.#reader.problems.count > before) return undefined;
    return this.#defaults(schema, result, place);
  }

  /** Fills what is not written; what has neither value nor default is a problem. */
  #defaults(schema: Keywords, result: Tree, place: Place): JsonValue | undefined {
    const before = this.#reader.problems.count;
    for (const [key, property] of Object.entries(schema.properties!)) {
      if (result[key] !== undefined) continue;
      const required = schema.required?.includes(key) ?? false;
      const at = { where: join(place.where, key), offset: place.offset };
      if (property.default !== undefined || (required && property.type === 'object' && property.properties)) assign(result, key, this.fallback(property, at));
      else if (required)
        this.#reader.problems.invalid(place.offset, at.where, `is missing${property.description ? `: ${firstSentence(property.description)}` : ''}`);
    }
    return this.#reader.problems.count > before ? undefined : result;
  }

  #record(written: ReturnType<Reader['entries']>, schema: Keywords, place: Place): JsonValue | undefined {
    const inner = schema.patternProperties
      ? Object.values(schema.patternProperties)[0]
      : typeof schema.additionalProperties === 'object'
        ? schema.additionalProperties
        : {};
    const names = schema.names === undefined ? undefined : new RegExp(schema.names);
    const before = this.#reader.problems.count;
    const result: Tree = {};
    for (const { key, keyOffset, value } of written) {
      const at = { where: join(place.where, key), offset: keyOffset };
      if (names && !names.test(key))
        this.#reader.problems.invalid(keyOffset, at.where, 'is no name: letters, digits, - _ and ., at most 64, the first a letter or digit');
      else assign(result, key, this.value(value, schema.scalars ? { ...inner, scalars: true } : inner, at));
    }
    if (written.length < (schema.minProperties ?? 0)) this.#reader.problems.invalid(place.offset, place.where, 'is empty; at least one is needed');
    return this.#reader.problems.count > before ? undefined : result;
  }

  #array(node: Node | null, schema: Keywords, place: Place): JsonValue | undefined {
    if (!isSeq(node)) return this.#wrong(node, 'a list', place);
    const items = schema.items ?? {};
    const before = this.#reader.problems.count;
    const result = node.items.map((item, i) =>
      this.value(item as Node, (Array.isArray(items) ? items[i] : items) ?? {}, {
        where: `${place.where}[${i}]`,
        offset: this.#reader.offset(item as Node, place.offset),
      }),
    );
    if (this.#reader.problems.count > before) return undefined;
    const low = schema.minItems ?? 0;
    const high = schema.maxItems ?? Infinity;
    if (result.length < low) return this.#bad(place, `has ${result.length} entries, fewer than ${low}`);
    if (result.length > high) return this.#bad(place, `has ${result.length} entries, more than ${high}`);
    if (schema.uniqueItems && new Set(result.map((item) => JSON.stringify(item))).size < result.length) return this.#bad(place, 'names one entry twice');
    return result as JsonValue[];
  }

  #quantity(node: Node | null, schema: Keywords, unit: Unit, place: Place): JsonValue | undefined {
    const read = this.#reader.scalar(node, place.offset);
    if (read === undefined) return undefined;
    const text = typeof read.value === 'string' || read.value === 0 ? String(read.value) : '';
    const number = parseQuantity(unit, text);
    if (number === undefined) return this.#wrong(node, UNIT_EXAMPLES[unit], place);
    const problem = checkNumber(number, schema, (x) => printQuantity(unit, x));
    return problem === undefined ? number : this.#bad(place, problem);
  }

  #scalar(node: Node | null, schema: Keywords, place: Place): JsonValue | undefined {
    if (isMap(node) || isSeq(node)) return this.#wrong(node, kindOf(schema), place);
    const read = this.#reader.scalar(node, place.offset);
    if (read === undefined) return undefined;
    let { value } = read;
    if (typeof value === 'string' && read.outside && schema.type !== 'string') value = fromOutside(value);
    if (schema.type === 'string' && schema.scalars && (typeof value === 'number' || typeof value === 'boolean')) value = this.#source(node, value);
    if (schema.type === 'string' ? typeof value !== 'string' : schema.type === 'boolean' ? typeof value !== 'boolean' : typeof value !== 'number') {
      return this.#wrong(node, kindOf(schema), place);
    }
    const problem =
      typeof value === 'number' ? checkNumber(value, schema, String) : typeof value === 'string' ? checkText(value, schema, lastName(place.where)) : undefined;
    return problem === undefined ? value : this.#bad(place, problem);
  }

  /** A number that was meant as text, as it is written in the file. */
  #source(node: Node | null, value: number | boolean): string {
    return isScalar(node) && typeof node.source === 'string' ? node.source : String(value);
  }

  #choice(node: Node | null, choices: readonly JsonValue[], place: Place): JsonValue | undefined {
    const read = isMap(node) || isSeq(node) ? { value: null, outside: false } : this.#reader.scalar(node, place.offset);
    if (read === undefined) return undefined;
    if (read.value !== null && choices.includes(read.value)) return read.value;
    if (read.outside) {
      const value = fromOutside(String(read.value));
      if (choices.includes(value)) return value;
    }
    const near = nearest(String(read.value), choices.map(String));
    return this.#wrong(node, `one of ${choices.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`, place);
  }

  /** The first alternative that fits; else the complaint of the one whose kind was written. */
  #union(node: Node | null, alternatives: readonly Keywords[], place: Place): JsonValue | undefined {
    const constants = alternatives.filter((one) => one.const !== undefined);
    if (constants.length === alternatives.length)
      return this.#choice(
        node,
        constants.map((one) => one.const!),
        place,
      );
    const { problems } = this.#reader;
    let complaint: ReturnType<typeof problems.rewind> | undefined;
    for (const one of alternatives) {
      const before = problems.count;
      const value = this.value(node, one, place);
      const found = problems.rewind(before);
      if (found.length === 0 && value !== undefined) return value;
      const sameKind = isMap(node) === (one.type === 'object') && isSeq(node) === (one.type === 'array');
      if (sameKind && !complaint) complaint = found;
    }
    if (!complaint) return this.#wrong(node, alternatives.map(kindOf).join(' or '), place);
    problems.restore(complaint);
    return undefined;
  }

  /** Reads what a file holds into the option it belongs to. */
  #content(value: Node | null, name: string, schema: Keywords, both: boolean, place: Place, result: Tree): void {
    if (both) return this.#bad(place, `stands beside ${name}; give one of the two`);
    const path = this.value(value, { type: 'string', minLength: 1 }, place);
    if (typeof path !== 'string') return;
    try {
      const content = readFileSync(resolvePath(this.#folder, path), 'utf8').trim();
      const problem = content === '' ? 'names an empty file' : checkText(content, schema, name);
      if (problem === undefined) result[name] = content;
      else this.#bad(place, problem);
    } catch (thrown) {
      this.#bad(place, `cannot be read: ${messageOf(thrown)}`);
    }
  }

  #unknown(key: string, properties: Readonly<Record<string, Keywords>>, place: Place, where: string): void {
    const known = Object.keys(properties);
    const files = known.filter((name) => isFromFile(name, properties[name])).map((name) => `${name}_file`);
    const near = nearest(key, [...known, ...files]);
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    const list = known.length === 0 ? 'none' : known.join(', ');
    this.#reader.problems.add('CONFIG_UNKNOWN_KEY', place.offset, { key, where: where === '' ? 'the file' : where, hint, known: list });
  }

  #wrong(node: Node | null, expected: string, place: Place): undefined {
    const shown = isSecretName(lastName(place.where)) ? 'of another kind' : this.#reader.shown(node);
    return this.#bad(place, `is ${shown}, not ${expected}`);
  }

  #bad(place: Place, detail: string): undefined {
    this.#reader.problems.invalid(place.offset, place.where, detail);
    return undefined;
  }
}

function join(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

function lastName(where: string): string {
  return where.slice(where.lastIndexOf('.') + 1);
}

function assign(result: Tree, key: string, value: JsonValue | undefined): void {
  if (value !== undefined) Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The option that `x_file` fills with the content of a file: x, where x takes text. */
function filledBy(key: string, properties: Readonly<Record<string, Keywords>>): string | undefined {
  if (!key.endsWith('_file')) return undefined;
  const name = key.slice(0, -'_file'.length);
  return properties[name] !== undefined && isFromFile(name, properties[name]) ? name : undefined;
}

/** What a text of the environment says as a number or a yes or no. */
function fromOutside(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const trimmed = text.trim();
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

function firstSentence(text: string): string {
  const end = text.search(/[.;]( |$)/);
  return end < 0 ? text : text.slice(0, end);
}
