/** The session stage: settles what lines of one session have in common, and hands lines to the sessions that they belong to. */
import { FIRST_SEEN, TEMPLATE } from '../../core/contracts/logs.ts';
import { RowError, type KeyedStates, type Operator, type StageOutput } from '../../core/contracts.ts';
import type { EventBatch, SeriesDictionary } from '../../core/events.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { evidenceOf, sentenceOf } from './evidence.ts';
import { BLOCK, byCount, byPattern, byWindow, lineTest, type Finder, type Text } from './finder.ts';
import { Head, type Grouping } from './head.ts';
import { Held } from './held.ts';
import { OpenSessions, type CountedLine } from './open-sessions.ts';
import type { SessionOptions } from './options.ts';
import { windowIn, windowOf, wordsOfWindow } from './windows.ts';
import { Page, PAGE_SLOTS } from './page.ts';
import { HEAD, HELD, PAGES, SESSION_VERSION, type SessionState } from './states.ts';

/** Kinds of identifier that are told of. */
const ALTERNATIVES = 5;

/** It is settled what a session is at so many lines; earlier when `idle` has passed and there are enough, or `close_after` has. */
const HELD_LINES = 2000;
const ENOUGH_LINES = 200;

/**
 * Puts out looks at sessions: `growing` when a line of a template comes that was never seen before, and at 16, 32, 64 … lines;
 * `idle` when nothing came for `idle` since a change; `closed` when it ends. Looks that are due at a time come before the lines
 * of that time, by the time at which they are due, then by the order of the last touch.
 */
export class SessionStage implements Operator<SessionState> {
  readonly name = 'session';
  readonly key = 'global';
  readonly timed = false;
  readonly version = SESSION_VERSION;
  /** What one session of a page gets moves the bytes of all behind it. */
  readonly whole = true;
  /** Pages of sessions in memory. */
  readonly cache = 1024;
  readonly #options: SessionOptions;
  readonly #isEnd: ((lines: Text, row: number) => boolean) | undefined;
  readonly #open: OpenSessions;
  #finder: Finder | undefined;
  #isPattern = false;
  /** What is still to be done: rows of a batch, then a watermark. */
  #batch: EventBatch | undefined;
  #row = 0;
  #watermark = -Infinity;
  #isLeft = false;
  #states!: KeyedStates<SessionState>;
  readonly #line: CountedLine = { partition: 0, offset: 0, template: 0, isNew: false, isEnd: false };

  /** `onlyClosed`: puts out no look before a session ends. Throws OPTION_INVALID for a pattern that cannot be read. */
  constructor(options: SessionOptions, dictionary: SeriesDictionary, onlyClosed = false) {
    this.#options = options;
    this.#open = new OpenSessions(options, dictionary, onlyClosed);
    this.#isEnd = options.end === undefined ? undefined : lineTest(options.end, 'session.end');
    if (options.by !== 'auto') this.#use(groupingOf(options.by));
  }

  create(key: number): SessionState {
    if (key === HELD) return new Held();
    if (key >= PAGES) return new Page((key - PAGES) * PAGE_SLOTS);
    const head = new Head();
    if (this.#options.by !== 'auto') head.settle(groupingOf(this.#options.by), []);
    return head;
  }

  snapshot(state: SessionState, writer: SnapshotWriter): void {
    if (state instanceof Page) this.#open.snapshot(state, writer);
    else state.snapshot(writer);
  }

  restore(reader: SnapshotReader, key: number): SessionState {
    return key === HEAD ? Head.restore(reader) : key === HELD ? Held.restore(reader) : Page.restore(reader, (key - PAGES) * PAGE_SLOTS);
  }

  /** Finds all open sessions again. */
  recover(states: Iterable<{ key: number; state: SessionState }>): void {
    this.#open.recover(this.#pagesAmong(states));
  }

  /** The pages, with what sessions are taken up on the way. */
  *#pagesAmong(states: Iterable<{ key: number; state: SessionState }>): Iterable<{ number: number; page: Page }> {
    for (const { key, state } of states) {
      if (state instanceof Head && state.grouping !== undefined) this.#use(state.grouping);
      if (state instanceof Page) yield { number: key - PAGES, page: state };
    }
  }

  process(batch: EventBatch, states: KeyedStates<SessionState>, out: StageOutput): void {
    this.#begin(states, out);
    this.#batch = batch;
    this.#row = 0;
    this.#go();
  }

  advance(watermark: number, states: KeyedStates<SessionState>, out: StageOutput): void {
    this.#begin(states, out);
    this.#watermark = watermark;
    this.#go();
  }

  resume(states: KeyedStates<SessionState>, out: StageOutput): boolean {
    if (!this.#isLeft) return false;
    this.#begin(states, out);
    this.#go();
    return true;
  }

  #begin(states: KeyedStates<SessionState>, out: StageOutput): void {
    this.#states = states;
    this.#open.begin(states, out);
  }

  /** Does what is to be done until the output is full. */
  #go(): void {
    this.#isLeft = !(this.#rows() && this.#advance());
    if (!this.#isLeft) this.#watermark = -Infinity;
    this.#open.forget();
  }

  /** Takes the rows that are left; false when the output became full. */
  #rows(): boolean {
    const batch = this.#batch;
    if (batch === undefined || batch.length === 0 || batch.lines === undefined) return true;
    const head = this.#states.get(HEAD) as Head;
    const open = this.#open;
    const { lines, time, partition, offset, values, width, length } = batch;
    const line = this.#line;
    let found = 0;
    let until = 0;
    try {
      for (; this.#row < length; this.#row++) {
        const i = this.#row;
        if (head.grouping === undefined && this.#holds(head, batch, i)) continue;
        if (!open.due(Math.max(head.now, time[i]))) return false;
        if (i >= until) {
          if (until === 0) this.#finder!.begin?.(lines, i, length);
          found = i;
          until = this.#find(head, lines, time, i, length);
        }
        line.partition = partition[i];
        line.offset = offset[i];
        line.template = values[i * width + TEMPLATE];
        line.isNew = values[i * width + FIRST_SEEN] === 1;
        this.#count(head, lines, i, i - found, time[i]);
      }
    } catch (thrown) {
      throw new RowError(this.#row, thrown);
    }
    this.#batch = undefined;
    return true;
  }

  /** Takes up the watermark; false when the output became full. */
  #advance(): boolean {
    const watermark = this.#watermark;
    const isLast = watermark === Infinity;
    if (this.#finder === undefined) {
      const held = this.#states.peek(HELD) as Held | undefined;
      if (held === undefined || (isLast ? held.length === 0 : !this.#isEnough(held, watermark))) return true;
      this.#settle(this.#states.get(HEAD) as Head);
    }
    if (!isLast) return this.#open.due(watermark);
    if (this.#open.isEmpty) return true;
    const { now } = this.#states.get(HEAD) as Head;
    return this.#open.due(now) && this.#open.closeAll(now);
  }

  /** Holds a row back while it is not settled what a session is; false when it is. */
  #holds(head: Head, batch: EventBatch, i: number): boolean {
    const held = this.#states.get(HELD) as Held;
    if (this.#isEnough(held, batch.time[i])) {
      this.#settle(head);
      return false;
    }
    held.add(batch, batch.lines!, i);
    if (held.length >= HELD_LINES) this.#settle(head);
    return true;
  }

  /** Whether the lines held back are enough at this time. */
  #isEnough({ length, since }: Held, time: number): boolean {
    const { idle, close_after } = this.#options;
    return length > 0 && (time >= since + close_after || (length >= ENOUGH_LINES && time >= since + idle));
  }

  /** Decides what a session is, and then takes the lines that were held back. */
  #settle(head: Head): void {
    const held = this.#states.get(HELD) as Held;
    const found = evidenceOf(held.evidence());
    const best = found[0]?.merit > 0 ? found[0] : undefined;
    const alternatives = found.slice(0, ALTERNATIVES).map(sentenceOf);
    if (best === undefined) {
      const window = this.#options.window ?? windowOf(held);
      head.settle({ by: 'window', window }, [wordsOfWindow(window), ...alternatives]);
    } else head.settle({ by: 'pattern', pattern: best.pattern }, alternatives);
    this.#use(head.grouping!);
    const text = held.text();
    const times = new Float64Array(held.length);
    this.#finder!.begin?.(text, 0, held.length);
    held.each((row, time, partition, offset, template, isNew) => {
      this.#open.due(Math.max(head.now, time), true);
      times[row] = time;
      this.#find(head, text, times, row, row + 1);
      Object.assign(this.#line, { partition, offset, template, isNew });
      this.#count(head, text, row, 0, time);
    });
    held.clear();
  }

  #use(grouping: Grouping): void {
    const { by } = grouping;
    const { count } = this.#options;
    this.#finder = by === 'pattern' ? byPattern(grouping.pattern) : by === 'window' ? byWindow(windowIn(grouping, this.#options)) : byCount(count);
    this.#isPattern = by === 'pattern';
    this.#open.settle(grouping);
  }

  /** Finds the identifiers of a few lines from this row on; answers the row behind them. */
  #find(head: Head, text: Text, time: Float64Array, from: number, length: number): number {
    const ids = this.#open.identifiers;
    const finder = this.#finder!;
    // Sessions that time or number makes are open one at a time.
    const to = Math.min(length, from + (this.#isPattern ? BLOCK : 1));
    ids.clear();
    for (let row = from; row < to; row++) finder.find(text, row, Math.max(head.now, time[row]), head.lines + row - from, ids);
    if (ids.count > 1) this.#open.warm();
    return to;
  }

  /** Counts `#line`, the how-manieth of those whose identifiers are at hand, in its sessions. */
  #count(head: Head, text: Text, row: number, nth: number, time: number): void {
    if (time > head.now) head.now = time;
    const ids = this.#open.identifiers;
    const from = nth === 0 ? 0 : ids.ends[nth - 1];
    const to = ids.ends[nth];
    head.lines++;
    head.crowded += ids.crowded[nth];
    if (to === from) head.without++;
    this.#line.isEnd = to > from && this.#isEnd !== undefined && this.#isEnd(text, row);
    for (let k = from; k < to; k++) this.#open.count(head, k, this.#line);
  }
}

/** What the option `by` says. */
function groupingOf(by: string): Grouping {
  return by === 'window' || by === 'count' ? { by } : { by: 'pattern', pattern: by };
}
