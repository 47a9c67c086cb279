/**
 * Layouts of headers, written `{time:ymd} {level} [{any}] {component}: {message}` and compiled to steps over bytes.
 *
 * A space stands for one or more spaces or tabs, `{?…}` for a part that may be missing, any other character for itself. `{number}` is
 * digits, `{word}` no space, `{any}` anything up to the character behind it (in brackets: to the bracket that closes), `{level}` a word
 * that loggers use for levels, `{pri}` a priority of syslog, `{also:…}` a time that does not count.
 */
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { BACKSLASH, QUOTE, SPACE, TAB } from '../bytes.ts';
import type { Header, HeaderReader } from './header.ts';
import { SEVERITIES, levelAt, levelEnd } from './levels.ts';
import { HeaderTails } from './tails.ts';
import { TIME_KINDS, type TimeKind, type TimeRules } from './time-kinds.ts';
import { TimeReader, timeKindAt } from './times.ts';

const LITERAL = 0;
const SPACES = 1;
const NUMBER = 2;
const WORD = 3;
const ANY = 4;
const LEVEL = 5;
const COMPONENT = 6;
const TIME = 7;
const ALSO = 8;
const MESSAGE = 9;
const OPTION = 10;
const DONE = 11;
const PRI = 12;

const FIELDS: Readonly<Record<string, number>> = {
  number: NUMBER,
  word: WORD,
  any: ANY,
  level: LEVEL,
  component: COMPONENT,
  time: TIME,
  also: ALSO,
  message: MESSAGE,
  pri: PRI,
};
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
/** Longest name of a component. */
const LONGEST_NAME = 256;

interface Step {
  op: number;
  /** The character of a literal, the first one that may follow a field, or where an option ends. */
  a: number;
  /** Another character that may follow a field. */
  b: number;
  kind?: TimeKind | undefined;
}

function wrong(layout: string, detail: string): HomeostatError {
  return new HomeostatError('FORMAT_OPTIONS', { format: 'line', detail: `layout "${layout}": ${detail}` });
}

function field(text: string, layout: string): Step {
  const [name, kind] = text.split(':');
  const op = FIELDS[name];
  if (op === undefined) throw wrong(layout, `there is no field {${text}}; known: ${Object.keys(FIELDS).join(', ')}`);
  if (kind !== undefined && (!(TIME_KINDS as readonly string[]).includes(kind) || (op !== TIME && op !== ALSO))) {
    throw wrong(layout, `there is no kind of time "${kind}"; known: ${TIME_KINDS.join(', ')}`);
  }
  return { op, a: -1, b: -1, kind: kind as TimeKind | undefined };
}

function parse(layout: string): Step[] {
  const steps: Step[] = [];
  const options: Step[] = [];
  for (let i = 0; i < layout.length;) {
    const c = layout[i];
    if (c === '{' && layout[i + 1] === '?') {
      const option: Step = { op: OPTION, a: -1, b: -1 };
      options.push(option);
      steps.push(option);
      i += 2;
    } else if (c === '{' && /^\{[a-z]+(:[a-z/-]+)?\}/.test(layout.slice(i))) {
      const end = layout.indexOf('}', i);
      steps.push(field(layout.slice(i + 1, end), layout));
      i = end + 1;
    } else if (c === '}' && options.length > 0) {
      steps.push({ op: DONE, a: -1, b: -1 });
      options.pop()!.a = steps.length;
      i++;
    } else {
      const code = layout.charCodeAt(i);
      if (code > 126) throw wrong(layout, `only ASCII may stand between the fields, not "${c}"`);
      if (code !== SPACE) steps.push({ op: LITERAL, a: code, b: -1 });
      else if (steps.at(-1)?.op !== SPACES) steps.push({ op: SPACES, a: -1, b: -1 });
      i++;
    }
  }
  if (options.length > 0) throw wrong(layout, 'a part {?… is not closed');
  if (steps.at(-1)?.op !== MESSAGE) throw wrong(layout, 'it ends with {message}');
  if (steps.filter((step) => step.op === MESSAGE).length > 1) throw wrong(layout, '{message} stands once');
  return steps;
}

/** Sets for every field which characters end it: the literals that may come next. */
function bound(steps: Step[]): void {
  for (let i = 0; i < steps.length; i++) {
    if (steps[i].op === LITERAL || steps[i].op === OPTION) continue;
    const found: number[] = [];
    for (let k = i + 1; k < steps.length && found.length < 2; k++) {
      const { op, a } = steps[k];
      if (op === DONE) continue;
      if (op === OPTION) {
        if (steps[k + 1].op === LITERAL) found.push(steps[k + 1].a);
        k = a - 1;
        continue;
      }
      if (op === LITERAL) found.push(a);
      break;
    }
    [steps[i].a, steps[i].b] = [found[0] ?? -1, found[1] ?? -1];
  }
}

/**
 * The step from which on a header says the same whenever the bytes are the same up to the message, or -1: literals, spaces, a level and a
 * component, of which none looks further than to where it ends, and options of these, while they are there.
 */
function tailOf(steps: readonly Step[]): number {
  const last = steps.length - 1;
  let from = last;
  let depth = 0;
  for (let i = last - 1; i >= 0 && isSteady(steps[i]); i--) {
    if (steps[i].op === DONE) depth++;
    if (steps[i].op === OPTION) depth--;
    if (depth === 0) from = i;
  }
  const tail = steps.slice(from, last);
  const before = tail.findLast(({ op }) => op !== DONE)?.op;
  const isClosed = before === SPACES || before === LITERAL;
  return isClosed && tail.some(({ op }) => op === LEVEL || op === COMPONENT) ? from : -1;
}

function isSteady({ op, a }: Step): boolean {
  return op === LITERAL || op === SPACES || op === LEVEL || op === OPTION || op === DONE || (op === COMPONENT && a !== CLOSE);
}

export class LayoutReader implements HeaderReader {
  readonly layout: string;
  readonly joins: boolean;
  readonly whole = false;
  readonly #rules: TimeRules;
  readonly #op: Uint8Array;
  readonly #a: Int16Array;
  /** Of a word: 1 for each byte that may end it. */
  readonly #stops: Uint8Array[];
  readonly #times: (TimeReader | undefined)[];
  readonly #reader: TimeReader | undefined;
  /** Where to go on when an option does not fit: step, index, end of the component. */
  readonly #backs = new Int32Array(24);
  /** Index behind the last blank that was read. */
  #word = 0;
  /** The step at which what changes little begins, and what was read from there on; -1: there is none. */
  readonly #tail: number;
  readonly #tails = new HeaderTails();
  readonly #hasLevel: boolean;
  readonly #hasComponent: boolean;

  /** Throws FORMAT_OPTIONS. */
  constructor(layout: string, rules: TimeRules) {
    const steps = parse(layout);
    bound(steps);
    this.layout = layout;
    this.#rules = rules;
    this.joins = steps.some((step) => step.op === TIME || step.op === LEVEL);
    this.#op = Uint8Array.from(steps, (step) => step.op);
    this.#a = Int16Array.from(steps, (step) => step.a);
    this.#stops = steps.map(stopsOf);
    this.#times = steps.map(({ op, kind }) => ((op === TIME || op === ALSO) && kind !== undefined ? new TimeReader(kind, rules) : undefined));
    this.#tail = tailOf(steps);
    const tail = this.#tail < 0 ? [] : steps.slice(this.#tail);
    this.#hasLevel = tail.some(({ op }) => op === LEVEL);
    this.#hasComponent = tail.some(({ op }) => op === COMPONENT);
    this.#reader = this.#times[steps.findIndex((step) => step.op === TIME)];
  }

  read(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    const near = this.#reader === undefined ? NaN : this.#reader.near;
    header.clear(from, to);
    if (this.#run(bytes, from, to, header)) return true;
    if (this.#reader !== undefined && this.#reader.near !== near) this.#reader.near = near;
    return false;
  }

  readPart(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    if (this.#reader === undefined || this.read(bytes, from, to, header) || header.time !== header.time || this.#word < 0) return false;
    this.#reader.near = header.time;
    header.message = this.#word;
    header.messageEnd = to;
    return true;
  }

  #run(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    const op = this.#op;
    const backs = this.#backs;
    this.#word = -1;
    let depth = 0;
    let at = from;
    let tail = -1;
    for (let pc = 0; pc < op.length; pc++) {
      if (pc === this.#tail) {
        if (this.#tails.find(bytes, at, to, header)) return true;
        tail = at;
      }
      const code = op[pc];
      let next = -1;
      if (code === LITERAL) next = bytes[at] === this.#a[pc] && at < to ? at + 1 : -1;
      else if (code === SPACES) next = this.#word = spaces(bytes, at, to);
      else if (code === OPTION) {
        backs[depth] = this.#a[pc] - 1;
        backs[depth + 1] = at;
        backs[depth + 2] = header.componentEnd;
        depth += 3;
        next = at;
      } else if (code === DONE) {
        depth -= 3;
        next = at;
      } else if (code === MESSAGE) {
        while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
        header.message = at;
        if (tail >= 0) this.#tails.learn(bytes, tail, to, header, this.#hasLevel, this.#hasComponent);
        return true;
      } else if (code === NUMBER) next = number(bytes, at, to);
      else next = this.#field(code, pc, bytes, at, to, header);
      if (next >= 0) at = next;
      else {
        if (depth === 0) return false;
        depth -= 3;
        // That something is not there may show behind where the message begins.
        tail = -1;
        pc = backs[depth];
        at = backs[depth + 1];
        header.componentEnd = backs[depth + 2];
        if (header.componentEnd <= header.component) header.component = header.componentEnd = from;
      }
    }
    return false;
  }

  /** Index behind a field that begins at `at`, or -1. */
  #field(code: number, pc: number, bytes: Uint8Array, at: number, to: number, header: Header): number {
    const a = this.#a[pc];
    switch (code) {
      case LEVEL: {
        const level = at < to ? levelAt(bytes, at, to) : 0;
        if (level === 0) return -1;
        header.level = level;
        return levelEnd;
      }
      case TIME: {
        const end = this.#time(pc, bytes, at, to);
        if (end >= 0) header.time = this.#lastTime;
        return end;
      }
      case ALSO:
        return this.#time(pc, bytes, at, to);
      case ANY:
        return a === CLOSE ? closing(bytes, at, to) : a < 0 ? word(bytes, at, to, this.#stops[pc]) : until(bytes, at, to, a);
      case PRI: {
        let x = 0;
        let i = at;
        while (i < to && i < at + 3 && bytes[i] >= 48 && bytes[i] <= 57) x = x * 10 + bytes[i++] - 48;
        if (i === at || x > 191) return -1;
        header.level = SEVERITIES[x & 7];
        return i;
      }
      case COMPONENT: {
        const tight = a === COLON && this.#op[pc + 2] !== SPACES;
        const end = a === CLOSE ? closing(bytes, at, to) : tight ? until(bytes, at, to, a) : word(bytes, at, to, this.#stops[pc]);
        if (end < 0 || end - at > LONGEST_NAME) return -1;
        header.component = at;
        header.componentEnd = end;
        return end;
      }
      default:
        return word(bytes, at, to, this.#stops[pc]);
    }
  }

  #lastTime = NaN;

  #time(pc: number, bytes: Uint8Array, at: number, to: number): number {
    const reader = this.#times[pc];
    if (reader !== undefined) {
      const end = reader.read(bytes, at, to);
      this.#lastTime = reader.time;
      return end;
    }
    const found = timeKindAt(bytes, at, to, this.#rules);
    this.#lastTime = found?.time ?? NaN;
    return found?.end ?? -1;
  }

  state(): JsonValue {
    const near = this.#reader?.near ?? NaN;
    return near === near ? near : null;
  }

  restore(state: JsonValue): void {
    if (typeof state === 'number' && this.#reader !== undefined) this.#reader.near = state;
  }
}

/** Index behind digits, a sign before them; -1 for none. */
function number(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] === 45 || bytes[at] === 43 ? at + 1 : at;
  let i = first;
  while (i < to && bytes[i] >= 48 && bytes[i] <= 57) i++;
  return i > first ? i : -1;
}

/** Index behind one or more spaces and tabs; at the end of the text there may be none. */
function spaces(bytes: Uint8Array, at: number, to: number): number {
  let i = at;
  while (i < to && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
  return i > at || at >= to ? i : -1;
}

function stopsOf({ a, b }: Step): Uint8Array {
  const stops = new Uint8Array(256);
  for (const c of [SPACE, TAB, a, b]) if (c >= 0) stops[c] = 1;
  return stops;
}

/** Index behind a word that is not empty and ends where `stops` say; a colon ends it only before a space. */
function word(bytes: Uint8Array, at: number, to: number, stops: Uint8Array): number {
  for (let i = at; ; i++) {
    while (i < to && stops[bytes[i]] === 0) i++;
    if (i >= to) return i > at ? i : -1;
    const c = bytes[i];
    if (c === SPACE || c === TAB) return i > at ? i : -1;
    if (i > at && (c !== COLON || i + 1 >= to || bytes[i + 1] === SPACE || bytes[i + 1] === TAB)) return i;
  }
}

/** Index of the bracket that closes the one before `at`, or -1. */
function closing(bytes: Uint8Array, at: number, to: number): number {
  const outside = closingOf(bytes, at, to, true);
  return outside >= 0 ? outside : closingOf(bytes, at, to, false);
}

/** The same; with `quoted`, brackets between quotes do not count. */
function closingOf(bytes: Uint8Array, at: number, to: number, quoted: boolean): number {
  let depth = 1;
  let inside = false;
  for (let i = at; i < to; i++) {
    const c = bytes[i];
    if (c === QUOTE && quoted) inside = !inside;
    else if (inside) {
      if (c === BACKSLASH) i++;
    } else if (c === OPEN) depth++;
    else if (c === CLOSE && --depth === 0) return i;
  }
  return -1;
}

/** Index of the next `c`, or -1. */
function until(bytes: Uint8Array, at: number, to: number, c: number): number {
  for (let i = at; i < to; i++) if (bytes[i] === c) return i;
  return -1;
}
