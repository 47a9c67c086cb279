/** Order, search and likeness of templates. */
import type { LogTemplate } from '../../../src/core/api.ts';

export const SORTS = { count: 'Most lines', rare: 'Fewest lines', newest: 'Seen last', first: 'First seen last', level: 'Level', text: 'Text' } as const;
export type TemplateSort = keyof typeof SORTS;

const LEVELS = ['', 'trace', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'];

/** Times in ISO 8601, UTC, order as their text does. */
const descending = (a: string, b: string): number => (a === b ? 0 : a < b ? 1 : -1);

const ORDER: Record<TemplateSort, (a: LogTemplate, b: LogTemplate) => number> = {
  count: (a, b) => b.count - a.count,
  rare: (a, b) => a.count - b.count,
  newest: (a, b) => descending(a.last, b.last),
  first: (a, b) => descending(a.first, b.first),
  level: (a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || b.count - a.count,
  text: (a, b) => (a.text < b.text ? -1 : 1),
};

/** Those that hold every word in their text, name, level or id, in order; pinned ones first. */
export function arrange(templates: readonly LogTemplate[], search: string, sort: TemplateSort): LogTemplate[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = templates.filter(({ id, text, name, level }) => {
    const whole = `${text} ${name ?? ''} ${level} #${id}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
  return found.sort((a, b) => Number(b.pinned) - Number(a.pinned) || ORDER[sort](a, b) || a.id - b.id);
}

/** Words of a template, as `split` counts them. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** Share of words that two templates have in common at the same place. */
function likeness(a: readonly string[], b: readonly string[]): number {
  const same = a.reduce((sum, word, i) => sum + (word === b[i] ? 1 : 0), 0);
  return same / Math.max(a.length, b.length, 1);
}

/** The most alike first, at most `most` of those that hold every word of `search`. */
export function alike(of: LogTemplate, templates: readonly LogTemplate[], search: string, most: number): LogTemplate[] {
  const mine = wordsOf(of.text);
  return arrange(templates, search, 'count')
    .filter(({ id }) => id !== of.id)
    .map((template) => ({ template, like: likeness(mine, wordsOf(template.text)) }))
    .sort((a, b) => b.like - a.like)
    .slice(0, most)
    .map(({ template }) => template);
}
