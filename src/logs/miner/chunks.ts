/** Chunks: what stands between the spaces of a template. Rules that say which chunks are values of one parameter. */
import { WILD } from './words.ts';

/** So many variants of a word, all else being equal, are values of a parameter. */
const VARIANTS = 5;
/** Constant chunks behind the first one of a line, which most often says what the line is about, for it to be a parameter. */
const FIRST_NEEDS = 3;
/** Two are enough behind these words. */
const NAMED = new Set(['user', 'host', 'domain', 'server', 'node']);
/** Names with dots or slashes inside, as hosts, classes and files have. */
const DOTTED = /^[\w$-]+(?:[./][\w$-]+)+$/;
const LETTER = /[A-Za-z\x80-\xff]/;
const WORDS = /<\*>|\.\.|[=,:;()[\]{}"'<>]|[^=,:;()[\]{}"'<>]+/g;

/** Without the punctuation around it. */
function bare(chunk: string): string {
  return chunk.replace(/^[=,:;()[\]{}"'<>.]+/, '').replace(/[=,:;()[\]{}"'<>.]+$/, '');
}

/** True of a chunk that says something by itself. */
function isConstant(chunk: string): boolean {
  return LETTER.test(chunk) && !chunk.includes(WILD);
}

/** True of a chunk that can be a name of something. */
function isName(chunk: string): boolean {
  return chunk.includes(WILD) || DOTTED.test(bare(chunk));
}

/** True if chunks of other templates at `place` may turn out to be values of the same parameter: the rest must say something, and more where the line begins with them. */
export function mayVary(chunks: readonly string[], place: number, constants: number): boolean {
  const chunk = chunks[place];
  const rest = constants - (isConstant(chunk) ? 1 : 0);
  return rest >= (place === 0 ? FIRST_NEEDS : 1) && (LETTER.test(chunk) || chunk.includes(WILD));
}

export function constantsIn(chunks: readonly string[]): number {
  let count = 0;
  for (const chunk of chunks) if (isConstant(chunk)) count++;
  return count;
}

/** True if these variants of the chunk at `place`, in templates that are equal otherwise, are values of one parameter. */
export function areValues(variants: readonly string[], chunks: readonly string[], place: number): boolean {
  if (variants.length < 2 || place === 0) return variants.length >= VARIANTS;
  if (variants.every(isName) && constantsIn(chunks) - (isConstant(chunks[place]) ? 1 : 0) > 1) return true;
  return variants.length >= VARIANTS || NAMED.has(bare(chunks[place - 1]).toLowerCase());
}

/** The chunk that stands for all of these: a wildcard between the words that they begin and end with alike. */
export function generalised(variants: readonly string[]): string {
  const parts = variants.map((chunk) => chunk.match(WORDS) ?? []);
  const first = parts[0];
  const shortest = Math.min(...parts.map((words) => words.length));
  let head = 0;
  while (head < shortest - 1 && first[head] !== WILD && parts.every((words) => words[head] === first[head])) head++;
  let tail = 0;
  const fromEnd = (words: readonly string[]): string => words[words.length - 1 - tail];
  while (tail < shortest - 1 - head && fromEnd(first) !== WILD && parts.every((words) => fromEnd(words) === fromEnd(first))) tail++;
  return first.slice(0, head).join('') + WILD + first.slice(first.length - tail).join('');
}

/** True if a chunk of a line fits one that was generalised. */
export function fits(general: string, chunk: string): boolean {
  const wild = general.indexOf(WILD);
  const tail = general.length - wild - WILD.length;
  return chunk.length > wild + tail && chunk.startsWith(general.slice(0, wild)) && chunk.endsWith(general.slice(wild + WILD.length));
}
