/** Which format a name or a media type speaks of. */

/** Name of the format of a file by its extension (.csv, .tsv, .ndjson, .jsonl, .json, each also .gz), or undefined. */
export function formatFor(path: string): 'csv' | 'ndjson' | 'json' | undefined {
  const match = /\.(csv|tsv|ndjson|jsonl|json)(\.gz)?$/i.exec(path);
  if (match === null) return undefined;
  const extension = match[1].toLowerCase();
  return extension === 'json' ? 'json' : extension === 'csv' || extension === 'tsv' ? 'csv' : 'ndjson';
}

/** Name of the format of a media type without parameters, or undefined. */
export function formatOfType(type: string): 'csv' | 'ndjson' | 'json' | undefined {
  const name = type.toLowerCase();
  if (name === 'text/csv' || name === 'application/csv' || name === 'text/tab-separated-values') return 'csv';
  if (/^(application|text)\/(x-)?(nd-?json|jsonl|jsonlines|json-lines)$/.test(name)) return 'ndjson';
  if (name === 'application/json' || name === 'text/json' || name.endsWith('+json')) return 'json';
  return undefined;
}
