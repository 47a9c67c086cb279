/**
 * Changes single values in the text of a YAML file. The document tree says where a value stands; only the bytes of that value are
 * replaced, so every other line keeps its form, its comments and its references to the environment.
 */
import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isScalar, isSeq, parseDocument, stringify, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';

export type Path = readonly string[];

/** Why a place cannot be changed in the text; the file has to be edited by hand. */
export class EditRefused extends Error {}

/** A stretch of the text and what takes its place. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

type MapNode = YAMLMap<Node, Node | null>;

/** What stands at a path as plain values, references to the environment as they are written; undefined where nothing does. */
export function valueAt(text: string, path: Path): JsonValue | undefined {
  let value: unknown = parseDocument(text).toJS();
  for (const key of path) value = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
  return value as JsonValue | undefined;
}

/** The text with `value` at `path`; undefined removes the key. Throws EditRefused where that cannot be done in place. */
export function setAt(text: string, path: Path, value: JsonValue | undefined): string {
  const document = parseDocument(text, { keepSourceTokens: false });
  const before = document.toJS() as JsonValue;
  const after = changed(before, path, value);
  if (isDeepStrictEqual(before, after)) return text;
  const splice = spliceOf(text, document, path, value);
  const result = text.slice(0, splice.from) + splice.text + text.slice(splice.to);
  const again = parseDocument(result);
  if (again.errors.length > 0 || !isDeepStrictEqual(again.toJS(), after))
    throw new EditRefused(`${path.join('.')} stands in a form that cannot be changed in place`);
  return result;
}

/** Plain values with one changed. */
function changed(tree: JsonValue, path: Path, value: JsonValue | undefined): JsonValue {
  if (path.length === 0) return value ?? null;
  const map = tree !== null && typeof tree === 'object' && !Array.isArray(tree) ? { ...tree } : {};
  const [key, ...rest] = path;
  if (rest.length === 0 && value === undefined) delete map[key];
  else if (value !== undefined || map[key] !== undefined) map[key] = changed(map[key] ?? null, rest, value);
  return map;
}

function spliceOf(text: string, document: Document, path: Path, value: JsonValue | undefined): Splice {
  let node: Node | null = document.contents;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) throw new EditRefused(`${path.slice(0, depth).join('.')} is an alias (*), which other places share`);
    if (!isMap(node)) throw new EditRefused(`${path.slice(0, depth).join('.')} is no map`);
    const map = node as MapNode;
    const index = map.items.findIndex((pair) => isScalar(pair.key) && String(pair.key.value) === key);
    const rest = path.slice(depth + 1);
    if (index < 0) return inserted(text, map, key, nested(rest, value));
    const pair = map.items[index];
    if (rest.length === 0) return value === undefined ? removed(text, map, index) : replaced(text, map, pair, value);
    if (pair.value === null || (isScalar(pair.value) && pair.value.value === null)) return replaced(text, map, pair, nested(rest, value));
    node = pair.value;
  }
  throw new EditRefused('the whole file');
}

function nested(path: Path, value: JsonValue | undefined): JsonValue {
  return path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value ?? null);
}

/** On one line; safe among the brackets of others. */
export function inline(value: JsonValue): string {
  const text = stringify([value], { collectionStyle: 'flow', flowCollectionPadding: true, lineWidth: 0 }).trim();
  return text.slice(1, -1).trim();
}

/** The end of what a node says, without comments and line ends behind it. */
function endOf(text: string, node: Node | null, otherwise: number): number {
  if (node === null || !node.range) return otherwise;
  if (!isFlow(node) && (isMap(node) || isSeq(node)) && node.items.length > 0) {
    const last = node.items[node.items.length - 1] as Pair<Node, Node | null> | Node;
    if (isMap(node)) return endOfPair(text, last as Pair<Node, Node | null>);
    return endOf(text, last as Node, node.range[1]);
  }
  const [from, to] = node.range;
  return from + text.slice(from, to).trimEnd().length;
}

function endOfPair(text: string, pair: Pair<Node, Node | null>): number {
  const key = pair.key.range![1];
  const colon = text.indexOf(':', key) + 1;
  if (pair.value === null || (isScalar(pair.value) && pair.value.source === '' && pair.value.value === null)) return colon > 0 ? colon : key;
  return endOf(text, pair.value, colon);
}

function isFlow(node: Node): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

function replaced(text: string, map: MapNode, pair: Pair<Node, Node | null>, value: JsonValue): Splice {
  const { value: old } = pair;
  if (isAlias(old)) throw new EditRefused(`${String(pair.key)} is an alias (*), which other places share`);
  if (old !== null && (old.anchor !== undefined || (old.tag !== undefined && !old.tag.startsWith('tag:yaml.org')))) {
    throw new EditRefused(`${String(pair.key)} has an anchor (&) or a tag (!)`);
  }
  const colon = endOfKey(text, pair.key);
  const to = endOfPair(text, pair);
  if (old === null || to <= colon || old.range![0] >= to) return { from: colon, to: colon, text: ` ${inline(value)}` };
  const from = old.range![0];
  const block = isMap(old) && !isFlow(old) && value !== null && typeof value === 'object' && !Array.isArray(value) && !isFlow(map);
  if (block) return { from, to, text: inBlock(value, column(text, from), lineEnd(text)) };
  // A block that becomes one line moves up beside its key.
  const beside = isMap(old) && !isFlow(old) ? colon : from;
  return { from: beside, to, text: beside === colon ? ` ${inline(value)}` : inline(value) };
}

function endOfKey(text: string, key: Node): number {
  return text.indexOf(':', key.range![1]) + 1;
}

function inBlock(value: JsonValue, indent: number, eol: string): string {
  const lines = stringify(value, { lineWidth: 0, flowCollectionPadding: true }).trimEnd().split('\n');
  return lines.join(eol + ' '.repeat(indent));
}

const column = (text: string, offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
const lineEnd = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

function inserted(text: string, map: MapNode, key: string, value: JsonValue): Splice {
  const entry = `${inline(key)}: ${inline(value)}`;
  const last = map.items.at(-1);
  if (isFlow(map)) {
    if (last === undefined) return { from: map.range![0], to: map.range![1], text: `{ ${entry} }` };
    const end = endOfPair(text, last);
    return { from: end, to: end, text: `, ${entry}` };
  }
  if (last === undefined) throw new EditRefused(`${key} would stand in an empty map`);
  const end = endOfPair(text, last);
  let line = text.indexOf('\n', end);
  if (line < 0) line = text.length;
  else if (text[line - 1] === '\r') line--;
  return { from: line, to: line, text: `${lineEnd(text)}${' '.repeat(column(text, map.items[0].key.range![0]))}${entry}` };
}

function removed(text: string, map: MapNode, index: number): Splice {
  const pair = map.items[index];
  const from = pair.key.range![0];
  const to = endOfPair(text, pair);
  if (isFlow(map)) {
    if (map.items.length === 1) return { from: map.range![0], to: map.range![1], text: '{}' };
    if (index + 1 < map.items.length) return { from, to: map.items[index + 1].key.range![0], text: '' };
    return { from: endOfPair(text, map.items[index - 1]), to, text: '' };
  }
  const begin = text.lastIndexOf('\n', from - 1) + 1;
  if (text.slice(begin, from).trim() !== '') throw new EditRefused(`${String(pair.key)} stands behind something else on its line`);
  const end = text.indexOf('\n', to);
  return { from: begin, to: end < 0 ? text.length : end + 1, text: '' };
}
