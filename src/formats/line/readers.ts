/** Readers by the name or the text of a layout. */
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { compilePattern, type Pattern } from '../../core/pattern.ts';
import { JournalReader, JsonReader, LogfmtReader } from './fields.ts';
import { Header, type HeaderReader } from './header.ts';
import { LayoutReader } from './layout.ts';
import { levelAt } from './levels.ts';
import type { TimeRules } from './time-kinds.ts';
import { TimeReader, timeKindAt } from './times.ts';
import { USUAL } from './usual.ts';

/** Lines without a header: the whole line is the message. */
class PlainReader implements HeaderReader {
  readonly layout = 'plain';
  readonly joins = false;
  readonly whole = false;

  read(_bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    header.clear(from, to);
    return true;
  }

  state(): JsonValue {
    return null;
  }

  restore(): void {}
}

/** A pattern with groups time, level, component and message, each of which may be missing. */
class PatternReader implements HeaderReader {
  readonly layout: string;
  readonly joins = true;
  readonly whole = false;
  readonly #pattern: Pattern;
  readonly #rules: TimeRules;
  readonly #spans: Int32Array;
  readonly #group: Record<'time' | 'level' | 'component' | 'message', number>;
  /** Reader of the kind of time that the first line showed. */
  #time: TimeReader | undefined;

  constructor(source: string, rules: TimeRules) {
    this.layout = source;
    this.#rules = rules;
    this.#pattern = compilePattern(source, 'layout');
    const { names } = this.#pattern;
    this.#spans = new Int32Array(2 * names.length);
    const of = (name: string): number => names.indexOf(name);
    this.#group = { time: of('time'), level: of('level'), component: of('component'), message: of('message') };
    const unknown = names.find((name) => name !== '' && !(name in this.#group));
    if (unknown !== undefined || names.every((name) => name === '')) {
      const detail = unknown === undefined ? 'it names no group' : `it names the group "${unknown}"`;
      throw new HomeostatError('FORMAT_OPTIONS', {
        format: 'line',
        detail: `layout ${JSON.stringify(source)}: ${detail}; known are ${Object.keys(this.#group).join(', ')}`,
      });
    }
  }

  read(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    header.clear(from, to);
    const spans = this.#spans;
    if (!this.#pattern.spans(bytes, from, to, spans)) return false;
    const { time, level, component, message } = this.#group;
    if (time >= 0 && spans[2 * time] >= 0) header.time = this.#timeAt(bytes, spans[2 * time], spans[2 * time + 1]);
    if (level >= 0 && spans[2 * level] >= 0) header.level = levelAt(bytes, spans[2 * level], spans[2 * level + 1]);
    if (component >= 0 && spans[2 * component] >= 0) [header.component, header.componentEnd] = [spans[2 * component], spans[2 * component + 1]];
    if (message >= 0 && spans[2 * message] >= 0) {
      header.message = spans[2 * message];
      // A pattern looks at the beginning of a long line only; a message that reaches so far goes on to its end.
      header.messageEnd = spans[2 * message + 1] === spans[1] && spans[1] - from >= 8000 ? to : spans[2 * message + 1];
    }
    return true;
  }

  #timeAt(bytes: Uint8Array, from: number, to: number): number {
    if (this.#time !== undefined && this.#time.read(bytes, from, to) >= 0) return this.#time.time;
    // 03/04 may be of two kinds, of which a later line tells.
    const found = timeKindAt(bytes, from, to, this.#rules);
    if (found === undefined) return NaN;
    this.#time = new TimeReader(found.kind, this.#rules);
    return this.#time.read(bytes, from, to) < 0 ? NaN : this.#time.time;
  }

  learn(bytes: Uint8Array, lines: readonly { from: number; to: number }[]): void {
    const header = new Header();
    const near = this.#time?.near ?? NaN;
    for (const { from, to } of lines) this.read(bytes, from, to, header);
    if (this.#time !== undefined) this.#time.near = near;
  }

  state(): JsonValue {
    return this.#time === undefined ? null : { kind: this.#time.kind, near: Number.isNaN(this.#time.near) ? null : this.#time.near };
  }

  restore(state: JsonValue): void {
    if (state === null) return;
    const { kind, near } = state as { kind: TimeReader['kind']; near: number | null };
    this.#time = new TimeReader(kind, this.#rules);
    this.#time.near = near ?? NaN;
  }
}

/** The reader of a layout: a name (`plain`, `json`, …), a pattern with named groups, or fields in braces. Throws FORMAT_OPTIONS, OPTION_INVALID. */
export function readerOf(layout: string, rules: TimeRules): HeaderReader {
  if (layout === 'plain') return new PlainReader();
  if (layout === 'json') return new JsonReader(rules.offset);
  if (layout === 'logfmt') return new LogfmtReader(rules.offset);
  if (layout === 'journald') return new JournalReader(rules.offset);
  if (layout.includes('(?<') || layout.includes('(?P<')) return new PatternReader(layout, rules);
  const usual = USUAL.find(({ name }) => name === layout);
  if (usual !== undefined) return new LayoutReader(usual.layout, rules);
  if (layout.includes('{')) return new LayoutReader(layout, rules);
  const known = ['auto', 'plain', 'json', 'logfmt', 'journald', ...USUAL.map(({ name }) => name)].join(', ');
  throw new HomeostatError('FORMAT_OPTIONS', {
    format: 'line',
    detail: `there is no layout "${layout}"; known: ${known}, fields such as {time} {level} {message}, or a pattern with (?<message>…)`,
  });
}

/** Says whether `layout` can be read; throws what `readerOf` throws. */
export function checkLayout(layout: string): void {
  if (layout !== 'auto') readerOf(layout, { offset: 0, year: 0, reference: 0 });
}
