/** The human page of the API: the OpenAPI document as HTML, without a script and without a request to anywhere. */
import { ERRORS } from '../core/errors.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
}
interface Media {
  schema?: Schema;
}
interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (each) => ENTITIES[each]);
/** Escaped text in which `code` is marked. */
const prose = (text: string) => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
const anchor = (text: string) => text.toLowerCase().replaceAll(/\W+/g, '-');

/** A schema in a few words: `array of Verdict`, `number or null`, `one of score, key`. */
function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').pop()!;
    return `<a href="#schema-${anchor(name)}">${escaped(name)}</a>`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return `one of ${escaped(schema.enum.join(', '))}`;
  if (schema.type === 'array') return `array of ${typeOf(schema.items) || 'anything'}`;
  if (schema.properties !== undefined)
    return `{ ${Object.entries(schema.properties)
      .map(([name, each]) => `${escaped(name)}: ${typeOf(each)}`)
      .join(', ')} }`;
  if (typeof schema.additionalProperties === 'object') return `map of ${typeOf(schema.additionalProperties) || 'anything'}`;
  return escaped(String(schema.type ?? 'anything'));
}

function bounds(schema: Schema | undefined): string {
  const parts: string[] = [];
  if (schema?.minimum !== undefined || schema?.maximum !== undefined) parts.push(`${schema.minimum ?? ''} to ${schema.maximum ?? ''}`);
  if (schema?.default !== undefined) parts.push(`default ${escaped(JSON.stringify(schema.default))}`);
  return parts.join(', ');
}

function table(head: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[], tag: string) => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table></div>`;
}

function properties(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    `<code>${escaped(name)}</code>${schema.required?.includes(name) ? '' : ' <small>optional</small>'}`,
    typeOf(each),
    [prose(each.description ?? ''), bounds(each)].filter((part) => part !== '').join('; '),
  ]);
  return table(['Key', 'Type', 'Meaning'], rows);
}

function operation(path: string, method: string, what: Operation): string {
  const parameters = (what.parameters ?? []).map((each) => [
    `<code>${escaped(each.name)}</code>${each.required ? '' : ' <small>optional</small>'}`,
    each.in,
    typeOf(each.schema),
    [prose(each.description ?? ''), bounds(each.schema)].filter((part) => part !== '').join('; '),
  ]);
  const bodies = Object.entries(what.requestBody?.content ?? {});
  const json = bodies.find(([type]) => type === 'application/json')?.[1].schema;
  // Every operation may answer a problem; the introduction says so once.
  const responses = Object.entries(what.responses)
    .filter(([status]) => status !== 'default')
    .map(([status, response]) => [
      escaped(status),
      Object.entries(response.content ?? {})
        .map(([type, media]) => `${typeOf(media.schema)} <small>${escaped(type)}</small>`)
        .join('<br>'),
      prose(response.description),
    ]);
  return [
    `<section id="${anchor(`${method} ${path}`)}"><h3><span class="method ${method}">${method.toUpperCase()}</span> <code>${escaped(path)}</code></h3>`,
    `<p><strong>${prose(what.summary ?? '')}.</strong> ${prose(what.description ?? '')}</p>`,
    table(['Parameter', 'In', 'Type', 'Meaning'], parameters),
    bodies.length === 0 ? '' : `<p>Body: ${bodies.map(([type]) => `<code>${escaped(type)}</code>`).join(', ')}</p>`,
    json?.properties === undefined ? '' : properties(json),
    table(['Answer', 'Body', 'Meaning'], responses),
    '</section>',
  ].join('');
}

/** The page for this document. */
export function renderDocs(document: Document): string {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, what] of Object.entries(methods)) {
      const tag = what.tags?.[0] ?? 'other';
      const sections = byTag.get(tag) ?? [];
      byTag.set(tag, sections);
      sections.push(operation(path, method, what));
    }
  }
  const schemas = Object.entries(document.components?.schemas ?? {});
  const contents = [...byTag.keys(), 'schemas', 'errors'].map((tag) => `<li><a href="#${anchor(tag)}">${escaped(tag)}</a></li>`).join('');
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escaped(document.info.title)} API</title><link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/api/v1/docs.css"></head><body>`,
    `<header><h1>${escaped(document.info.title)} API <small>${escaped(document.info.version)}</small></h1><p>${prose(document.info.description ?? '')}</p>`,
    `<p>For programs: <a href="/api/v1/openapi.json">openapi.json</a></p></header><nav aria-label="Contents"><ul>${contents}</ul></nav><main>`,
    ...[...byTag].map(([tag, sections]) => `<h2 id="${anchor(tag)}">${escaped(tag)}</h2>${sections.join('')}`),
    '<h2 id="schemas">schemas</h2>',
    ...schemas.map(
      ([name, schema]) =>
        `<section id="schema-${anchor(name)}"><h3>${escaped(name)}</h3><p>${prose(schema.description ?? '')}</p>${properties(schema)}</section>`,
    ),
    '<h2 id="errors">errors</h2>',
    ...Object.entries(ERRORS).map(
      ([code, text]) => `<section id="${code}"><h3>${code}</h3><p>${prose(text.what)}. ${prose(text.means)}</p><p>${prose(text.mend)}</p></section>`,
    ),
    '</main></body></html>',
  ].join('\n');
}

export const DOCS_CSS = `:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent);--soft:color-mix(in srgb,currentColor 7%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1 small{font-weight:400;opacity:.7}h2{margin-top:2.5rem;border-bottom:1px solid var(--line);text-transform:capitalize}h3{margin:1.5rem 0 .25rem;font-size:1rem}
code{font:.92em ui-monospace,monospace;background:var(--soft);padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
.method{font:700 .8rem ui-monospace,monospace;padding:.2em .5em;border-radius:.2em;background:var(--soft)}.post,.delete{outline:1px solid currentColor}
section:target{outline:2px solid Highlight;outline-offset:.4rem}
`;
