/**
 * Patterns that people write, matched in time linear in the text (re2js, a port of Google's RE2): no pattern and no text can make
 * the process hang. What cannot be matched so (look-around, back-references) is refused with its position.
 */
import { type Matcher, MatcherInput, RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import { HomeostatError, messageOf } from './errors.ts';

/** Longest pattern, characters. */
export const MAX_PATTERN = 1000;
/** Largest compiled pattern, instructions: the time for one byte of text grows with it. */
export const MAX_PROGRAM = 1000;
/** Of a text, the first so many bytes (characters of a string) are looked at; the end of them counts as its end. */
export const MAX_MATCHED = 8192;

export interface PatternMatch {
  /** Span of the whole match, in characters of the text. */
  start: number;
  end: number;
  /** Text of group i, the whole match first; undefined for a group that took no part. */
  groups: (string | undefined)[];
  /** The same by name. */
  named: Record<string, string | undefined>;
}

export class Pattern {
  readonly source: string;
  /** Name of group i, '' for one without; names[0], the whole match, is ''. */
  readonly names: readonly string[];
  readonly #re: RE2JS;
  readonly #matcher: Matcher;

  /** Throws OPTION_INVALID; use `compilePattern`. */
  constructor(source: string, re: RE2JS) {
    this.source = source;
    this.#re = re;
    this.#matcher = re.matcher('');
    const names = new Array<string>(re.groupCount() + 1).fill('');
    for (const [name, i] of Object.entries(re.namedGroups())) names[i] = name;
    this.names = names;
  }

  /** Whether it occurs in the text. */
  test(text: string): boolean {
    return this.#re.test(text.length > MAX_MATCHED ? text.slice(0, MAX_MATCHED) : text);
  }

  /** Its first occurrence in the text, or null. */
  exec(text: string): PatternMatch | null {
    const matcher = this.#matcher.resetMatcherInput(text.length > MAX_MATCHED ? text.slice(0, MAX_MATCHED) : text);
    if (!matcher.find()) return null;
    const named: PatternMatch['named'] = {};
    const groups = this.names.map((name, i) => {
      const group = matcher.group(i) ?? undefined;
      if (name !== '') named[name] = group;
      return group;
    });
    return { start: matcher.start(0), end: matcher.end(0), groups, named };
  }

  /**
   * Its first occurrence in the UTF-8 text bytes[from .. to): writes where group i begins and ends to spans[2i], spans[2i + 1], as
   * indices into `bytes`, -1 for a group that took no part. Bytes that are no UTF-8 count as one character each.
   */
  spans(bytes: Uint8Array, from: number, to: number, spans: Int32Array): boolean {
    const text = bytes.subarray(from, Math.min(to, from + MAX_MATCHED));
    const matcher = this.#matcher.resetMatcherInput(MatcherInput.utf8(text));
    if (!matcher.find()) return false;
    for (let i = 0; i < this.names.length; i++) {
      const start = matcher.start(i);
      spans[2 * i] = start < 0 ? -1 : from + start;
      spans[2 * i + 1] = start < 0 ? -1 : from + matcher.end(i);
    }
    return true;
  }
}

/** The pattern that `source` writes (RE2's syntax, groups as `(?<name>…)`). `what` names it in the message. Throws OPTION_INVALID. */
export function compilePattern(source: string, what = 'pattern'): Pattern {
  const refused = (detail: string, cause?: unknown) =>
    new HomeostatError('OPTION_INVALID', { detail: `${what} ${JSON.stringify(source.slice(0, 200))}: ${detail}` }, cause);
  if (source.length > MAX_PATTERN) throw refused(`it is longer than ${MAX_PATTERN} characters`);
  let re: RE2JS;
  try {
    re = RE2JS.compile(source);
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown;
    throw refused(described(thrown, source), thrown);
  }
  if (re.programSize() > MAX_PROGRAM) {
    throw refused(`it is too large (${re.programSize()} steps, at most ${MAX_PROGRAM}); write fewer or smaller repetitions {m,n}`);
  }
  return new Pattern(source, re);
}

function described(thrown: RE2JSException, source: string): string {
  if (!(thrown instanceof RE2JSSyntaxException)) return messageOf(thrown);
  const part = thrown.input ?? '';
  const at = part === '' ? -1 : source.indexOf(part);
  const linear = /^\(\?<?[=!]/.test(part) || /^\\[1-9]/.test(part) ? ' (look-around and back-references cannot be matched in linear time)' : '';
  return at < 0 ? thrown.error : `${thrown.error} at character ${at + 1}: ${JSON.stringify(part)}${linear}`;
}
