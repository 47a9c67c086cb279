/** What speaks for and against each kind of identifier in the first lines of a log. */

/** Kinds of identifier that are followed; the first ones met. */
const MAX_CANDIDATES = 512;
/** Of a line, so many characters are looked at. */
const MAX_TEXT = 8192;
/** Templates of a value that are told apart. */
const MAX_TEMPLATES = 8;

const TOKEN = /[A-Za-z0-9_-]+/g;
const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const IS_UUID = new RegExp(`^([A-Za-z]+[-_])?(${UUID})$`);
const IS_HEX = /^(?=.*\d)[0-9a-fA-F]{8,}$/;
/** Two or more long hexadecimal numbers in a row: a trace and a span. */
const IS_HEX_PARTS = /^(?=.*\d)[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{8,})+$/;
/** Letters, a dash or a line under them, and then a number: `blk_-12_3`. */
const IS_PREFIXED = /^([A-Za-z_]*(?:_|[A-Za-z]-))((-?\d+)[\w-]*)$/;
/** Letters and a long number right behind them: `SO20261122`. */
const IS_NUMBERED = /^([A-Za-z]{1,8})(\d{4,})$/;
const MONTH = /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* $/i;
/** A name and what stands between it and its value. */
const NAME = /\p{L}[\p{L}\p{M}\w.]{0,39}["']?(?: ?[=:：] ?["']?|[[(#]| )$/u;
/** What marks a number as one of connections, tickets or orders: `*500033`, `#4711`. */
const MARK = /(?:^|[\s([])([*#])$/;

interface Value {
  lines: number;
  first: number;
  last: number;
  templates: Set<number>;
}

/** One kind of identifier as it was met. */
interface Candidate {
  /** Pattern before and behind the value. */
  before: string;
  after: string;
  /** Pattern of the value; '' while it depends on the values met. */
  shape: string;
  /** The value with what stands before it. */
  example: string;
  lines: number;
  lastLine: number;
  /** By value, as it stands between `before` and `after`. */
  values: Map<string, Value>;
}

/** A kind of identifier and what was found out about it. */
export interface Evidence {
  pattern: string;
  example: string;
  /** Share of the lines that carry one. */
  share: number;
  values: number;
  /** Lines a value, on average. */
  lines: number;
  /** Different templates of the value of a line, and the share of the whole stretch that it spans, on average over lines. */
  templates: number;
  life: number;
  /** Share of the values that come up only in the second half of the stretch. */
  fresh: number;
  /** 0 where it does not convince; else higher is better, at most 1. */
  merit: number;
}

/** A line that was held back. */
export interface EvidenceLine {
  text: string;
  template: number;
}

/** Looks for identifiers in lines that follow each other; the most convincing first. */
export function evidenceOf(lines: readonly EvidenceLine[]): Evidence[] {
  const candidates = new Map<string, Candidate>();
  lines.forEach((line, i) => {
    const text = line.text.slice(0, MAX_TEXT);
    for (const token of text.matchAll(TOKEN))
      meet(text, token[0], token.index, (before, shape, value, after = '') => note(candidates, before, shape, value, after, i, line.template));
  });
  // Of kinds that are about as good, the one that more lines carry; then the one with the longest name before the value says the most.
  const nameOf = ({ before }: Candidate): number => before.replaceAll(/\W/g, '').length;
  const rough = ({ found }: { found: Evidence }): number => Math.round(100 * found.merit);
  return [...candidates.values()]
    .map((candidate) => ({ found: weighed(candidate, lines.length), name: nameOf(candidate) }))
    .sort((a, b) => rough(b) - rough(a) || b.found.share - a.found.share || b.name - a.name || (a.found.pattern < b.found.pattern ? -1 : 1))
    .map(({ found }) => found);
}

type Note = (before: string, shape: string, value: string, after?: string) => void;

/** Notes every kind of identifier that the token at `at` may be. */
function meet(text: string, token: string, at: number, note: Note): void {
  if (!/\d/.test(token)) return;
  const uuid = IS_UUID.exec(token);
  if (uuid !== null) note(uuid[1] === undefined ? '' : escaped(uuid[1]), UUID, uuid[2]);
  else if (isPartOfMore(text, token, at)) return;
  const name = NAME.exec(text.slice(Math.max(0, at - 44), at))?.[0];
  const isHex = IS_HEX.test(token) && /[a-fA-F]/.test(token);
  const prefixed = uuid === null && !isHex ? IS_PREFIXED.exec(token) : null;
  if (prefixed !== null) {
    const [, prefix, rest, number] = prefixed;
    note(escaped(prefix), prefix.endsWith('_') ? '-?\\d+' : '\\d+', number);
    if (rest !== number) note(escaped(prefix), '[\\w-]+', rest);
  } else if (isHex && uuid === null) note('', `[0-9a-fA-F]{${token.length}}`, token);
  else if (uuid === null && IS_HEX_PARTS.test(token))
    note(
      '',
      token.replace(/[^-]+/g, (part) => `[0-9a-fA-F]{${part.length}}`),
      token,
    );
  const numbered = isHex ? null : IS_NUMBERED.exec(token);
  if (numbered !== null) note(numbered[1], '\\d+', numbered[2]);
  const mark = /^\d+$/.test(token) ? MARK.exec(text.slice(Math.max(0, at - 2), at))?.[1] : undefined;
  if (mark !== undefined) note(escaped(mark), '\\d+', token);
  if (name !== undefined && !MONTH.test(name) && (!name.endsWith(' ') || /[=:] $/.test(name) || /^\d+$/.test(token)))
    note(escaped(name), uuid === null ? '' : UUID, token);
  if (text[at - 1] === '[' && text[at + token.length] === ']') note('\\[', '', token, '\\]');
}

/** Whether the token is a part of an address, a time, a path or a number with a point. */
function isPartOfMore(text: string, token: string, at: number): boolean {
  const end = at + token.length;
  if ('./\\'.includes(text[at - 1] ?? ' ') || '/\\'.includes(text[end] ?? ' ')) return true;
  if (/[:,]/.test(text[at - 1] ?? '') && /[\w\])]/.test(text[at - 2] ?? '') && /^\d+$/.test(token) && /[\d\])]/.test(text[at - 2])) return true;
  return /[.:,]/.test(text[end] ?? '') && /\d/.test(text[end + 1] ?? '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function note(candidates: Map<string, Candidate>, before: string, shape: string, value: string, after: string, line: number, template: number): void {
  const key = `${before} ${shape} ${after}`;
  let candidate = candidates.get(key);
  if (candidate === undefined) {
    if (candidates.size >= MAX_CANDIDATES) return;
    candidate = { before, after, shape, example: value, lines: 0, lastLine: -1, values: new Map() };
    candidates.set(key, candidate);
  }
  if (candidate.lastLine !== line) candidate.lines++;
  candidate.lastLine = line;
  const known = candidate.values.get(value);
  if (known === undefined) candidate.values.set(value, { lines: 1, first: line, last: line, templates: new Set([template]) });
  else if (known.last !== line) {
    known.lines++;
    known.last = line;
    if (known.templates.size < MAX_TEMPLATES) known.templates.add(template);
  }
}

/** The narrowest set of characters that holds all values. */
function shapeOf(values: Iterable<string>): string {
  const all = [...values];
  if (all.every((value) => /^\d+$/.test(value))) return '\\d+';
  if (all.every((value) => /^[0-9a-f]+$/.test(value))) return '[0-9a-f]+';
  return all.every((value) => /^\w+$/.test(value)) ? '\\w+' : '[\\w-]+';
}

/** What convinces: values that many lines carry, that several lines of several kinds share, that die out, and that new ones follow. */
function convinces({ share, values, lines, templates, life, fresh }: Evidence): boolean {
  return share >= 0.5 && values >= 5 && lines >= 1.5 && templates >= 1.5 && life <= 0.8 && fresh >= 0.1;
}

function weighed({ before, after, shape, example, lines, values }: Candidate, all: number): Evidence {
  let met = 0;
  let life = 0;
  let templates = 0;
  let fresh = 0;
  for (const value of values.values()) {
    met += value.lines;
    life += (value.lines * (value.last - value.first)) / Math.max(1, all - 1);
    templates += value.lines * value.templates.size;
    if (value.first >= all / 2) fresh++;
  }
  const body = shape === '' ? shapeOf(values.keys()) : shape;
  const isNamed = /[\W\s]$/.test(before) && !/\w-$/.test(before);
  const start = /^\w/.test(before) || before === '' ? '\\b' : '';
  const found: Evidence = {
    pattern: isNamed ? `${start}${before}(${body})${after}` : `${start}${before}${body}`,
    example: `${before.replaceAll('\\', '')}${example}`,
    share: lines / all,
    values: values.size,
    lines: met / values.size,
    templates: templates / met,
    life: life / met,
    fresh: fresh / values.size,
    merit: 0,
  };
  // What lives through half of the stretch, as threads do, is hardly one piece of work.
  if (convinces(found)) found.merit = found.share * Math.min(1, 2 * found.fresh) * (1 - 1 / found.templates) * (1 - found.life / 2);
  return found;
}

/** What was found out about a kind of identifier, in a sentence. */
export function sentenceOf({ pattern, example, share, values, lines, templates, life, fresh }: Evidence): string {
  const percent = (x: number): string => `${Math.round(100 * x)}%`;
  return (
    `${pattern} (${example}) stands in ${percent(share)} of the lines: ${values === 1 ? '1 value' : `${values} values`} with ${lines.toFixed(1)} lines each, ${templates.toFixed(1)} templates to the value of a line; ` +
    `a value spans ${percent(life)} of the stretch, and ${percent(fresh)} of them come up in its second half`
  );
}
