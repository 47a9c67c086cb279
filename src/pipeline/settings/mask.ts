/** The text of a configuration file with every secret out of sight; lines and their number stay. */
import { isMap, isScalar, isSeq, parseDocument, visit, type Node } from 'yaml';
import { isSecretName, type Keywords } from '../config/keywords.ts';
import { fileSchema } from '../config/schema.ts';
import { definitionsOf, type ComponentKind, type Registry } from '../config/registry.ts';

const KINDS: readonly ComponentKind[] = ['source', 'format', 'sink', 'notifier', 'action'];
const HIDDEN = '***';
/** A reference to the environment without a default says nothing. */
const REFERENCE = /^\s*["']?\$\{[A-Za-z_][A-Za-z0-9_]*\}["']?\s*$/;
const COMMENT = /(?<=^|\s)#[^\r\n]*/gm;
/** A name and what stands between it and its value. */
const ASSIGNED = /([\w-]+)["']?\s*[:=]\s*(?=\S)/g;
const IN_ADDRESS = /(:\/\/)[^/@\s"']+(@)/g;

/** Names of options whose value is never shown, from the schemas of every component. */
function secretNames(registry: Registry): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (schema: Keywords): void => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const within = Object.values(property.patternProperties ?? {});
      if (property.secret === true || within.some((one) => one.secret === true)) names.add(name);
      look(property);
      property.anyOf?.forEach(look);
    }
  };
  look(fileSchema(registry) as Keywords);
  for (const kind of KINDS) for (const { options } of definitionsOf(registry, kind)) look(options);
  return names;
}

/** A text that is no YAML is shown as nothing but its number of lines. */
export function masked(text: string, registry: Registry): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text.replace(/[^\r\n]+/g, HIDDEN);
  const secrets = secretNames(registry);
  const isSecret = (name: string): boolean => secrets.has(name) || isSecretName(name);
  const ranges: [number, number][] = [];
  visit(document, {
    Pair(_, { key, value }) {
      const name = isScalar(key) ? String(key.value) : '';
      if (isSecret(name)) collect(value as Node | null, ranges);
    },
  });
  let result = '';
  let at = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    if (from < at) continue;
    const written = text.slice(from, to);
    result +=
      text.slice(at, from) + (REFERENCE.test(written) ? written : written.trimEnd().replace(/[^\r\n]+/g, HIDDEN) + written.slice(written.trimEnd().length));
    at = to;
  }
  return (result + text.slice(at)).replace(COMMENT, (comment) => withoutSecrets(comment, isSecret)).replace(IN_ADDRESS, `$1${HIDDEN}$2`);
}

/** What was taken out of use may still be a secret. */
function withoutSecrets(comment: string, isSecret: (name: string) => boolean): string {
  for (const { 0: assigned, 1: name, index } of comment.matchAll(ASSIGNED)) if (isSecret(name)) return `${comment.slice(0, index + assigned.length)}${HIDDEN}`;
  return comment;
}

function collect(node: Node | null, ranges: [number, number][]): void {
  if (isMap(node)) for (const pair of node.items) collect(pair.value as Node | null, ranges);
  else if (isSeq(node)) for (const item of node.items) collect(item as Node, ranges);
  else if (isScalar(node) && node.range && node.value !== null) ranges.push([node.range[0], node.range[1]]);
}
