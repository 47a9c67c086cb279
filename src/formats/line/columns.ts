/** Finds the header that lines share by going through them side by side, column by column. */
import { SPACE, TAB } from '../bytes.ts';
import { levelAt, levelEnd } from './levels.ts';
import type { TimeKind, TimeRules } from './time-kinds.ts';
import { timeKindAt } from './times.ts';

export interface Span {
  from: number;
  to: number;
}

/** Share of the lines that have to agree on a column. */
const AGREE = 0.9;
/** Share of tagged lines from which on the tag is a part that may be missing. */
const OFTEN = 0.6;
const MOST_TOKENS = 7;
const MOST_COLUMNS = 14;
/** Words before a level that may belong to the header. */
const MOST_WORDS = 4;
const OPENERS = '[(<"';
const MARKS = '])>,;|"';

interface Cursor {
  line: Span;
  at: number;
}

interface Column {
  text: string;
  end: number;
  /** Separator, number, bracket, level, tag, word or further time. */
  kind: 'mark' | 'number' | 'bracket' | 'level' | 'tag' | 'word' | 'time' | 'end';
  /** Of a word: it looks like the name of a component, by itself or by what follows. */
  named: boolean;
  /** Of a tag: a bracket follows the name. */
  pid: boolean;
}

function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function wordEnd(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && !isBlank(bytes[at])) at++;
  return at;
}

/** The first time among the first words of a line: which word, what opens it, its kind. */
function firstTime(bytes: Uint8Array, line: Span, rules: TimeRules): { key: string; word: number; opener: string; kind: TimeKind; end: number } | undefined {
  let at = line.from;
  for (let word = 0; word < MOST_TOKENS && at < line.to; word++) {
    const c = String.fromCharCode(bytes[at]);
    const opener = OPENERS.includes(c) ? c : '';
    const found = timeKindAt(bytes, at + opener.length, line.to, rules);
    if (found !== undefined) return { key: `${word}${opener}${found.kind}`, word, opener, kind: found.kind, end: found.end };
    at = wordEnd(bytes, at, line.to);
    while (at < line.to && isBlank(bytes[at])) at++;
  }
  return undefined;
}

/** Text of the columns that the first `words` words of the lines make. */
function before(bytes: Uint8Array, lines: readonly Span[], words: number): string {
  let text = '';
  let ats = lines.map((line) => line.from);
  for (let word = 0; word < words; word++) {
    const ends = ats.map((at, i) => wordEnd(bytes, at, lines[i].to));
    const all = (test: (at: number, end: number) => boolean): boolean => ats.every((at, i) => test(at, ends[i]));
    if (all((at, end) => at < end && digitsOnly(bytes, at, end))) text += '{number} ';
    else if (all((at, end) => levelAt(bytes, at, end) > 0 && levelEnd === end)) text += '{level} ';
    else if (all((at, end) => bytes[at] === 91 && bytes[end - 1] === 93)) text += '[{any}] ';
    else text += '{word} ';
    ats = ends.map((end, i) => {
      while (end < lines[i].to && isBlank(bytes[end])) end++;
      return end;
    });
  }
  return text;
}

function digitsOnly(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isDigit(bytes[i])) return false;
  return true;
}

const SEPARATOR = /^(?:-+|\|+|:+|=+>|->|~|\*|#)$/;
const DOTTED = /^[A-Za-z_][\w$-]*(?:\.[\w$-]+)+$/;
const TAG = /^([^\s:[\](){}=,"']+(?:\([\w-]*\))?)(\[[^\]\s]*\])?:$/;

/** What stands at a cursor. */
function columnAt(bytes: Uint8Array, { line, at }: Cursor, rules: TimeRules): Column {
  const blank = at < line.to && isBlank(bytes[at]) ? ' ' : '';
  let i = at;
  while (i < line.to && isBlank(bytes[i])) i++;
  const column = (kind: Column['kind'], text: string, end: number, named = false, pid = false): Column => ({ kind, text: blank + text, end, named, pid });
  if (i >= line.to) return column('end', '', i);
  const c = String.fromCharCode(bytes[i]);
  if (blank === '' && MARKS.includes(c)) return column('mark', c, i + 1);
  const end = wordEnd(bytes, i, line.to);
  const word = Buffer.from(bytes.buffer, bytes.byteOffset + i, Math.min(end - i, 200)).toString('latin1');
  if (SEPARATOR.test(word)) return column('mark', word, end);
  const time = timeKindAt(bytes, i, line.to, rules);
  if (time !== undefined && time.kind !== 'clock') return column('time', `{also:${time.kind}}`, time.end);
  if (OPENERS.slice(0, 3).includes(c)) {
    const level = levelAt(bytes, i + 1, line.to) > 0 ? String.fromCharCode(bytes[levelEnd]) : '';
    if (level !== '' && '])>'.includes(level)) return column('level', `${c}{level}${level}`, levelEnd + 1);
  }
  if (c === '[') {
    const close = closing(bytes, i + 1, line.to);
    if (close > 0 && (close + 1 === line.to || isBlank(bytes[close + 1]) || MARKS.includes(String.fromCharCode(bytes[close + 1])) || bytes[close + 1] === 58)) {
      return column('bracket', '[{any}]', close + 1);
    }
  }
  // A level is a word of its own, or one with a mark behind it; single letters only so.
  if (levelAt(bytes, i, end) > 0 && (levelEnd === end || (levelEnd > i + 1 && '])>,;|:'.includes(String.fromCharCode(bytes[levelEnd])))) && bytes[i] < 97) {
    const colon = bytes[levelEnd] === 58 && levelEnd < end ? ':' : '';
    return column('level', `{level}${colon}`, levelEnd + colon.length);
  }
  const number = /^\d+(?=$|[\])>,;|])/.exec(word);
  if (number !== null) return column('number', '{number}', i + number[0].length);
  const tag = TAG.exec(word);
  if (tag !== null && /[A-Za-z]/.test(tag[1]))
    return column('tag', tag[2] === undefined ? '{component}:' : '{component}[{any}]:', end, false, tag[2] !== undefined);
  let next = end;
  while (next < line.to && isBlank(bytes[next])) next++;
  const following = Buffer.from(bytes.buffer, bytes.byteOffset + next, Math.min(wordEnd(bytes, next, line.to) - next, 8)).toString('latin1');
  const named = next - end >= 2 || DOTTED.test(word) || SEPARATOR.test(following);
  return column('word', '{word}', end, named);
}

function closing(bytes: Uint8Array, at: number, to: number): number {
  let depth = 1;
  for (let i = at; i < to; i++) {
    if (bytes[i] === 91) depth++;
    else if (bytes[i] === 93 && --depth === 0) return i;
  }
  return -1;
}

/** The layout so far: what is certain, and words that may turn out to be the message. */
class Draft {
  sure: string;
  maybe = '';
  words = 0;
  level = false;
  component = false;
  done = false;

  constructor(sure: string) {
    this.sure = sure;
    this.level = sure.includes('{level}');
  }

  commit(text: string): void {
    this.sure += this.maybe + text;
    this.maybe = '';
    this.words = 0;
  }

  /** Takes a column that the lines agree on; `named`: they agree that the word is a name. */
  take(kind: Column['kind'], text: string, named: boolean): void {
    if (kind === 'level' && !this.level) {
      this.#lastWordNames();
      this.commit(text);
      this.level = true;
    } else if (kind === 'time' || (kind === 'mark' && text[0] !== ' ')) this.commit(text);
    else if (kind === 'mark') {
      if (this.words > 0) this.#lastWordNames();
      this.commit(text);
    } else if (kind === 'bracket' && this.words === 0) this.commit(text);
    else if (kind === 'number' && this.words === 0 && !this.level) this.commit(text);
    else if (kind === 'word' && named && this.level && !this.component) {
      this.component = true;
      this.commit(text.replace('{word}', '{component}'));
    } else if (kind === 'end' || (this.level && kind === 'word')) this.done = true;
    else {
      this.maybe += text;
      this.words++;
      if (this.words > MOST_WORDS) this.done = true;
    }
  }

  /** The name of a component and a colon; single lines may be without. */
  tag(pid: boolean): void {
    if (this.words <= 1 && !this.component) {
      this.commit(` {?{component}${pid ? '{?[{any}]}' : ''}: }`);
      this.component = true;
    }
    this.done = true;
  }

  /** The last word before a level or a separator is the name of a component. */
  #lastWordNames(): void {
    const at = this.maybe.lastIndexOf('{word}');
    if (at < 0 || this.component) return;
    this.maybe = `${this.maybe.slice(0, at)}{component}${this.maybe.slice(at + 6)}`;
    this.component = true;
  }

  get layout(): string {
    const text = this.sure.replace(/ +/g, ' ');
    // What is sure ends at a blank, but for a mark that touches the message.
    return `${text}${/ \}?$/.test(text) || /[:>|]$/.test(text) ? '' : ' '}{message}`;
  }
}

/** The layout that most of the lines share, or undefined; at least a time or a level is found in it. */
export function sharedLayout(bytes: Uint8Array, lines: readonly Span[], rules: TimeRules): string | undefined {
  const start = starts(bytes, lines, rules);
  const draft = new Draft(start.text);
  let cursors = start.cursors;
  for (let n = 0; n < MOST_COLUMNS && !draft.done && cursors.length > 0; n++) {
    const columns = cursors.map((cursor) => columnAt(bytes, cursor, rules));
    const share = (test: (column: Column) => boolean): number => columns.filter(test).length / columns.length;
    const tags = share(({ kind }) => kind === 'tag');
    if (tags >= OFTEN && columns.every(({ text }) => text[0] === ' ' || cursors[0].at === cursors[0].line.from)) {
      draft.tag(columns.some(({ pid }) => pid));
      break;
    }
    const counts = new Map<string, number>();
    for (const { text } of columns) counts.set(text, (counts.get(text) ?? 0) + 1);
    const [text, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    const agreed = most / columns.length >= AGREE;
    const first = columns.find((column) => column.text === text)!;
    if (agreed) draft.take(first.kind, text, share(({ named }) => named) >= AGREE);
    else if (columns.every(({ text }) => text[0] === ' ')) draft.take('word', ' {word}', false);
    else break;
    const kept = agreed ? columns.map((column) => column.text === text) : columns.map(({ kind }) => kind !== 'end');
    cursors = cursors
      .map(({ line }, i) => ({ line, at: agreed || columns[i].kind === 'word' ? columns[i].end : wordEnd(bytes, skipped(bytes, cursors[i]), line.to) }))
      .filter((_, i) => kept[i]);
  }
  return start.timed || draft.level ? draft.layout : undefined;
}

function skipped(bytes: Uint8Array, { line, at }: Cursor): number {
  while (at < line.to && isBlank(bytes[at])) at++;
  return at;
}

/** Cursors behind the time that most lines have in the same place; at the beginning where they have none. */
function starts(bytes: Uint8Array, lines: readonly Span[], rules: TimeRules): { text: string; cursors: Cursor[]; timed: boolean } {
  const times = lines.map((line) => firstTime(bytes, line, rules));
  // Only days beyond 12 tell which number is the day.
  if (times.some((time) => time?.kind === 'dmy')) {
    for (const time of times) {
      if (time?.kind !== 'mdy') continue;
      time.kind = 'dmy';
      time.key = time.key.replace('mdy', 'dmy');
    }
  }
  const counts = new Map<string, number>();
  for (const time of times) if (time !== undefined) counts.set(time.key, (counts.get(time.key) ?? 0) + 1);
  const [key, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
  if (most === 0 || most < lines.length * 0.1) return { text: '', cursors: lines.map((line) => ({ line, at: line.from })), timed: false };
  const mine = lines.filter((_, i) => times[i]?.key === key);
  const first = times.find((time) => time?.key === key)!;
  const text = `${before(bytes, mine, first.word)}${first.opener}{time:${first.kind}}`;
  return { text, cursors: mine.map((line) => ({ line, at: times[lines.indexOf(line)]!.end })), timed: true };
}
