/** The file of results: sections with permanent names, each replaced by whoever measures it, the others kept as they are. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const HEAD = `# Results

Each section is what its command printed last. Machines are shared and differ: compare ratios within a section before figures across sections.
`;

const begin = (id: string): string => `<!-- begin ${id} -->`;
const end = (id: string): string => `<!-- end ${id} -->`;
const SECTION = /<!-- begin ([\w-]+) -->\n([\s\S]*?)\n<!-- end \1 -->/g;

/** The sections of a file of results, in their order. */
export function sectionsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(SECTION)].map(([, id, body]) => [id, body]));
}

/** Replaces (or adds) one section; what lies outside of sections is written anew. */
export function writeSection(path: string, id: string, body: string): void {
  const sections = sectionsOf(existsSync(path) ? readFileSync(path, 'utf8') : '');
  sections.set(id, body.trim());
  const parts = [...sections].map(([name, text]) => `${begin(name)}\n${text}\n${end(name)}\n`);
  writeFileSync(`${path}.new`, [HEAD, ...parts].join('\n'));
  renameSync(`${path}.new`, path);
}
