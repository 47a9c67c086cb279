/** Which layouts the first lines of a stream have. */
import { LF, CR, shown } from '../bytes.ts';
import { LEVELS } from '../../core/contracts.ts';
import { sharedLayout, type Span } from './columns.ts';
import { Header, type HeaderReader } from './header.ts';
import { readerOf } from './readers.ts';
import { TIME_KINDS, type TimeRules } from './time-kinds.ts';
import { USUAL } from './usual.ts';

/** What was found out about the headers of lines. */
export interface Recognised {
  /** Layouts as `readerOf` takes them, the most frequent first; `plain` alone where lines have no header. */
  layouts: string[];
  /** True when lines without a header go on with the record before. */
  joins: boolean;
  /** A line each, for a person. */
  words: string[];
}

const MOST_LAYOUTS = 3;
/** How much more of the lines a layout must cover to be preferred to one that says more of them. */
const WORTH = 0.02;

interface Candidate {
  layout: string;
  reader: HeaderReader;
  matched: boolean[];
  score: number;
}

/** Spans of the lines of a text, without their ends of line and without blank ones. */
export function linesOf(bytes: Uint8Array, from: number, to: number): Span[] {
  const lines: Span[] = [];
  for (let at = from; at < to;) {
    let end = bytes.indexOf(LF, at);
    if (end < 0 || end > to) end = to;
    const last = end > at && bytes[end - 1] === CR ? end - 1 : end;
    if (last > at) lines.push({ from: at, to: last });
    at = end + 1;
  }
  return lines;
}

function tried(bytes: Uint8Array, lines: readonly Span[], layout: string, rules: TimeRules): Candidate {
  const reader = readerOf(layout, rules);
  const header = new Header();
  let parts = 0;
  let all = 0;
  const matched = lines.map(({ from, to }) => {
    const fits = reader.whole ? reader.begins!(bytes, from, to) : reader.read(bytes, from, to, header);
    if (fits) {
      all++;
      parts += (header.level > 0 ? 1 : 0) + (header.componentEnd > header.component ? 1 : 0) + (header.time === header.time ? 1 : 0);
    }
    return fits;
  });
  const score = all === 0 ? 0 : all / lines.length + (WORTH * parts) / all;
  return { layout, reader, matched, score };
}

/** The layout given, its {time} of the kind that most lines show. */
function timed(bytes: Uint8Array, lines: readonly Span[], layout: string, rules: TimeRules): Candidate {
  const given = tried(bytes, lines, layout, rules);
  if (!layout.includes('{time}')) return given;
  const candidates = TIME_KINDS.map((kind) => tried(bytes, lines, layout.replace('{time}', `{time:${kind}}`), rules));
  const found = candidates.reduce((a, b) => (b.score > a.score ? b : a));
  return found.score > 0 ? found : given;
}

function best(bytes: Uint8Array, lines: readonly Span[], rules: TimeRules): Candidate | undefined {
  const shared = sharedLayout(bytes, lines, rules);
  const usual = (loose: boolean): string[] => USUAL.filter((one) => one.loose === loose).map(({ name }) => name);
  const layouts = ['json', 'logfmt', 'journald', ...usual(false), ...(shared === undefined ? [] : [shared]), ...usual(true)];
  let found: Candidate | undefined;
  for (const layout of layouts) {
    const candidate = tried(bytes, lines, layout, rules);
    if (candidate.score > (found?.score ?? 0)) found = candidate;
  }
  return found;
}

/** True for lines that look as if they went on with the one before: indented, or as parts of a stack trace. */
function goesOn(bytes: Uint8Array, { from, to }: Span): boolean {
  return (
    bytes[from] <= 32 ||
    /^(?:at |Caused by:|Traceback |\.\.\. \d|[\w.]+(?:Error|Exception)\b|[})\]])/.test(
      Buffer.from(bytes.subarray(from, Math.min(to, from + 80))).toString('latin1'),
    )
  );
}

/** Looks at the lines in bytes[from .. to). `layout` other than `auto` is taken as given; where none of the lines has it, they are not joined. */
export function recognise(bytes: Uint8Array, from: number, to: number, rules: TimeRules, layout = 'auto'): Recognised {
  const lines = linesOf(bytes, from, to);
  if (layout !== 'auto') {
    const given = timed(bytes, lines, layout, rules);
    return { layouts: [given.layout], joins: given.reader.joins && given.score > 0, words: [said(bytes, lines, given, rules)] };
  }
  const layouts: string[] = [];
  const words: string[] = [];
  let rest = lines;
  while (layouts.length < MOST_LAYOUTS && rest.length > 0) {
    const found = best(bytes, rest, rules);
    const fits = found?.matched.filter(Boolean).length ?? 0;
    if (found === undefined || fits === 0 || (layouts.length > 0 && fits < 2)) break;
    const others = rest.filter((_, i) => !found.matched[i]);
    // A few lines with a header among many without are no header, unless the others go on with them.
    if (fits < rest.length / 2 && others.filter((line) => !goesOn(bytes, line)).length > fits && !found.reader.whole) break;
    layouts.push(found.layout);
    words.push(said(bytes, rest, found, rules));
    rest = others;
    if (found.reader.whole) break;
  }
  if (layouts.length === 0) return { layouts: ['plain'], joins: false, words: [`lines without a header (${lines.length} looked at)`] };
  return { layouts, joins: true, words };
}

/** A layout in words, with the first line that has it. */
function said(bytes: Uint8Array, lines: readonly Span[], { layout, matched }: Candidate, rules: TimeRules): string {
  const count = matched.filter(Boolean).length;
  const usual = USUAL.find(({ name }) => name === layout);
  const name = usual === undefined ? layout : `${usual.words}, ${usual.layout}`;
  const first = lines[matched.indexOf(true)] as Span | undefined;
  if (first === undefined) return `layout ${name}: in none of the first ${lines.length} lines`;
  const header = new Header();
  const reader = readerOf(layout, rules);
  const parts: string[] = [];
  if (!reader.whole && reader.read(bytes, first.from, first.to, header)) {
    if (header.time === header.time) parts.push(`time ${new Date(header.time).toISOString()}`);
    if (header.level > 0) parts.push(`level ${LEVELS[header.level]}`);
    if (header.componentEnd > header.component) parts.push(`component ${shown(bytes, header.component, header.componentEnd)}`);
    parts.push(
      `message ${header.text === undefined ? shown(bytes, header.message, header.messageEnd) : shown(header.text, 0, header.messageEnd - header.message)}`,
    );
  }
  return `layout ${name}: in ${count} of the first ${lines.length} lines${parts.length > 0 ? `; first ${parts.join(', ')}` : ''}`;
}
