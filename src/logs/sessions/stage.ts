/** The session stage: lines that belong together, looked at as they come, when they fall silent, and when they are done. */
import { FIRST_SEEN, LOOKS, TEMPLATE } from '../../core/contracts/logs.ts';
import { RowError, type KeyedStates, type Operator, type StageOutput } from '../../core/contracts.ts';
import type { EventBatch, SeriesDictionary } from '../../core/events.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Directory, KEPT, LINES, LOOKS as LOOKED, NONE, NUMBERS, SIZE, START, TOUCH, WORDS } from './directory.ts';
import { evidenceOf, sentenceOf } from './evidence.ts';
import { BLOCK, byCount, byPattern, byWindow, Identifiers, MAX_IDS, lineTest, type Finder, type Text } from './finder.ts';
import { Head, type Grouping } from './head.ts';
import { Held } from './held.ts';
import type { SessionOptions } from './options.ts';
import { Page, PAGE_SLOTS } from './page.ts';
import { SessionTable } from './table.ts';

/** Keys of the states: where it stands, lines held back, and from here on pages of sessions. */
export const HEAD = 0;
export const HELD = 1;
export const PAGES = 2;

/** Version of the snapshots. */
export const SESSION_VERSION = 1;

export type SessionState = Head | Held | Page;

const GROWING = LOOKS.indexOf('growing');
const IDLE = LOOKS.indexOf('idle');
const CLOSED = LOOKS.indexOf('closed');

/** A session is looked at when it has so many lines, and twice, four times … as many. */
const FIRST_GROWTH = 16;
/** Behind so many looks a line of a new template is no reason for a further one. */
const MOST_GROWING = 64;

/** Series of the looks. */
const SESSIONS = 'sessions';
/** Kinds of identifier that are told of. */
const ALTERNATIVES = 5;

/** It is settled what a session is at so many lines; earlier when `idle` has passed and there are enough, or `close_after` has. */
const HELD_LINES = 2000;
const ENOUGH_LINES = 200;

const PAGE_BITS = Math.log2(PAGE_SLOTS);
/** Stretches of time, of those after which a session is looked at or closed, in which the order of touches is left open. */
const STRETCHES = 16;

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
  /** Pages of sessions in memory. */
  readonly cache = 1024;
  readonly #options: SessionOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #isEnd: ((lines: Text, row: number) => boolean) | undefined;
  readonly #directory: Directory;
  readonly #identifiers = new Identifiers();
  readonly #table = new SessionTable();
  readonly #foreseen = new Int32Array(BLOCK * MAX_IDS);
  #finder: Finder | undefined;
  #isPattern = false;
  #isWindow = false;
  /** Lines of a session at which it is closed. */
  #maxLines: number;
  /** End of the window that is open; Infinity where sessions are no windows. */
  #windowEnd = Infinity;
  /** What is still to be done: rows of a batch, then a watermark. */
  #batch: EventBatch | undefined;
  #row = 0;
  #watermark = -Infinity;
  #isLeft = false;
  /** Pages that were taken during this call, by number, and these numbers. */
  readonly #pages: (Page | undefined)[] = [];
  readonly #taken: number[] = [];
  /** Nothing is due before this time, ms. */
  #quiet = -Infinity;
  #states!: KeyedStates<SessionState>;
  #out!: StageOutput;

  /** Throws OPTION_INVALID for a pattern that cannot be read. */
  constructor(options: SessionOptions, dictionary: SeriesDictionary) {
    this.#options = options;
    this.#dictionary = dictionary;
    this.#maxLines = options.max_lines;
    this.#directory = new Directory(Math.min(options.idle, options.close_after) / STRETCHES);
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
    if (state instanceof Page) state.snapshot(writer, this.#directory);
    else state.snapshot(writer);
  }

  restore(reader: SnapshotReader, key: number): SessionState {
    return key === HEAD ? Head.restore(reader) : key === HELD ? Held.restore(reader) : Page.restore(reader, (key - PAGES) * PAGE_SLOTS);
  }

  /** Finds all open sessions again, and the order in which they were touched. */
  recover(states: Iterable<{ key: number; state: SessionState }>): void {
    const found: { slot: number; touch: number; first: number; high: number; low: number }[] = [];
    const ids = this.#identifiers;
    const directory = this.#directory;
    for (const { key, state } of states) {
      if (state instanceof Head && state.grouping !== undefined) this.#use(state.grouping);
      if (!(state instanceof Page)) continue;
      const base = (key - PAGES) * PAGE_SLOTS;
      directory.reach(base + PAGE_SLOTS);
      state.place(directory);
      for (let slot = base; slot < base + PAGE_SLOTS; slot++) {
        if (directory.words[slot * WORDS + LOOKED] === 0) {
          directory.release(slot);
          continue;
        }
        const { first, idStart, idEnd } = state.read(directory, slot);
        ids.clear();
        ids.begin(state.bytes);
        ids.add(idStart, idEnd);
        found.push({ slot, touch: directory.numbers[slot * NUMBERS + TOUCH], first, high: ids.high[0], low: ids.low[0] });
      }
    }
    found.sort((a, b) => a.touch - b.touch);
    for (const { slot, high, low } of found) directory.put(slot, high, low);
    if (this.#isWindow && found.length > 0) this.#windowEnd = this.#endOf(found[0].first);
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
    this.#out = out;
    this.#forget();
    if (out.events.length === 0) this.#table.reset();
    out.events.sessions = this.#table;
  }

  /** Does what is to be done until the output is full. */
  #go(): void {
    this.#isLeft = !(this.#rows() && this.#advance());
    if (!this.#isLeft) this.#watermark = -Infinity;
    this.#forget();
  }

  /** Lets go of the pages: the host may drop and bring them back between two calls. */
  #forget(): void {
    for (const page of this.#taken) this.#pages[page] = undefined;
    this.#taken.length = 0;
  }

  get #isFull(): boolean {
    return this.#out.events.length >= (this.#out.room ?? Infinity);
  }

  /** Takes the rows that are left; false when the output became full. */
  #rows(): boolean {
    const batch = this.#batch;
    if (batch === undefined || batch.length === 0 || batch.lines === undefined) return true;
    const head = this.#states.get(HEAD) as Head;
    const { lines, time, partition, offset, values, width, length } = batch;
    let found = 0;
    let until = 0;
    try {
      for (; this.#row < length; this.#row++) {
        const i = this.#row;
        if (head.grouping === undefined && this.#holds(head, batch, i)) continue;
        if (!this.#due(Math.max(head.now, time[i]))) return false;
        if (i >= until) {
          if (until === 0) this.#finder!.begin?.(lines, i, length);
          found = i;
          until = this.#find(head, lines, time, i, length);
        }
        this.#line(head, lines, i, i - found, time[i], partition[i], offset[i], values[i * width + TEMPLATE], values[i * width + FIRST_SEEN] === 1);
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
    if (!isLast) return this.#due(watermark);
    if (this.#directory.open === 0) return true;
    const { now } = this.#states.get(HEAD) as Head;
    if (!this.#due(now)) return false;
    while (this.#directory.open > 0) {
      if (this.#isFull) return false;
      this.#close(this.#oldest(), now);
    }
    return true;
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
    head.settle(best === undefined ? { by: 'window' } : { by: 'pattern', pattern: best.pattern }, found.slice(0, ALTERNATIVES).map(sentenceOf));
    this.#use(head.grouping!);
    const text = held.text();
    const times = new Float64Array(held.length);
    this.#finder!.begin?.(text, 0, held.length);
    held.each((row, time, partition, offset, template, isNew) => {
      this.#due(Math.max(head.now, time), true);
      times[row] = time;
      this.#find(head, text, times, row, row + 1);
      this.#line(head, text, row, 0, time, partition, offset, template, isNew);
    });
    held.clear();
  }

  #use(grouping: Grouping): void {
    const { by } = grouping;
    const { window, count, max_lines } = this.#options;
    this.#finder = by === 'pattern' ? byPattern(grouping.pattern) : by === 'window' ? byWindow(window) : byCount(count);
    this.#isPattern = by === 'pattern';
    this.#isWindow = by === 'window';
    this.#maxLines = by === 'count' ? Math.min(count, max_lines) : max_lines;
  }

  /** Looks at what is due at this time; false when the output became full before. */
  #due(now: number, isUnbounded = false): boolean {
    if (now < this.#quiet) return true;
    const directory = this.#directory;
    const { idle, close_after } = this.#options;
    for (;;) {
      const { cursor, head } = directory;
      const idleAt = cursor === NONE ? Infinity : directory.since(cursor) + idle;
      const closeAt = head === NONE ? Infinity : Math.min(directory.since(head) + close_after, this.#windowEnd);
      if (idleAt > now && closeAt > now) {
        // What is touched from now on is not due before.
        this.#quiet = Math.min(idleAt, closeAt, now + Math.min(idle, close_after));
        return true;
      }
      const isClose = closeAt < idleAt;
      // Once it is settled another may be the first, and later.
      if (directory.settle(isClose ? head : cursor)) continue;
      if (this.#isFull && !isUnbounded) return false;
      if (isClose) this.#close(head, closeAt);
      else {
        directory.cursor = directory.next(cursor);
        if ((directory.words[cursor * WORDS + KEPT] & 1) === 1) this.#look(cursor, idleAt, IDLE);
      }
    }
  }

  /** Finds the identifiers of a few lines from this row on; answers the row behind them. */
  #find(head: Head, text: Text, time: Float64Array, from: number, length: number): number {
    const ids = this.#identifiers;
    const finder = this.#finder!;
    // Sessions that time or number makes are open one at a time.
    const to = Math.min(length, from + (this.#isPattern ? BLOCK : 1));
    ids.clear();
    for (let row = from; row < to; row++) finder.find(text, row, Math.max(head.now, time[row]), head.lines + row - from, ids);
    if (ids.count > 1) this.#warm(ids);
    return to;
  }

  /** Brings near what lines are about to touch, all at once. */
  #warm({ high, low, count }: Identifiers): void {
    const directory = this.#directory;
    const { words } = directory;
    const slots = this.#foreseen;
    const pages = this.#pages;
    directory.foresee(high, low, count, slots);
    let warmth = 0;
    for (let k = 0; k < count; k++) {
      const slot = slots[k];
      const page = slot === NONE ? undefined : pages[slot >>> PAGE_BITS];
      if (page !== undefined) warmth ^= page.bytes[words[slot * WORDS + START] + words[slot * WORDS + SIZE]];
    }
    // Kept, so that no read is left out as useless.
    slots[0] = warmth;
  }

  #line(head: Head, text: Text, row: number, line: number, time: number, partition: number, offset: number, template: number, isNew: boolean): void {
    if (time > head.now) head.now = time;
    const ids = this.#identifiers;
    const from = line === 0 ? 0 : ids.ends[line - 1];
    const to = ids.ends[line];
    head.lines++;
    head.crowded += ids.crowded[line];
    if (to === from) head.without++;
    const isEnd = to > from && this.#isEnd !== undefined && this.#isEnd(text, row);
    for (let k = from; k < to; k++) this.#count(head, k, partition, offset, template, isNew, isEnd);
  }

  /** Counts the line in the session of identifier k. */
  #count(head: Head, k: number, partition: number, offset: number, template: number, isNew: boolean, isEnd: boolean): void {
    const directory = this.#directory;
    const ids = this.#identifiers;
    const { now } = head;
    const touch = head.touches++;
    let slot = directory.find(ids.high[k], ids.low[k]);
    const isOpen = slot !== NONE;
    if (!isOpen) slot = this.#open(head, k, touch);
    const page = this.#pageOf(slot);
    // A page that comes back writes the records of its sessions, so it comes before the touch.
    if (isOpen) directory.touch(slot, now, touch);
    else page.open(directory, slot, now, partition, offset, ids.bytes, ids.from[k], ids.to[k]);
    const lines = page.line(directory, slot, template, offset, this.#options.max_sequence);
    if (isEnd || lines >= this.#maxLines) this.#close(slot, now);
    else if (isNew ? directory.words[slot * WORDS + LOOKED] <= MOST_GROWING : lines >= FIRST_GROWTH && (lines & (lines - 1)) === 0)
      this.#look(slot, now, GROWING);
  }

  /** A slot for identifier k; where too many are open the one touched the longest ago is closed for it. */
  #open(head: Head, k: number, touch: number): number {
    const directory = this.#directory;
    if (directory.open >= this.#options.max_open) {
      head.early++;
      this.#close(this.#oldest(), head.now);
    }
    head.opened++;
    if (this.#isWindow) {
      this.#windowEnd = this.#endOf(head.now);
      this.#quiet = -Infinity;
    }
    return directory.add(this.#identifiers.high[k], this.#identifiers.low[k], head.now, touch);
  }

  /** The open session that was touched the longest ago. */
  #oldest(): number {
    const directory = this.#directory;
    directory.settle(directory.head);
    return directory.head;
  }

  #endOf(time: number): number {
    const { window } = this.#options;
    return Math.floor(time / window) * window + window;
  }

  #pageOf(slot: number): Page {
    const number = slot >>> PAGE_BITS;
    const known = this.#pages[number];
    if (known !== undefined) return known;
    const page = this.#states.get(PAGES + number) as Page;
    page.place(this.#directory);
    while (this.#pages.length <= number) this.#pages.push(undefined);
    this.#pages[number] = page;
    this.#taken.push(number);
    return page;
  }

  #look(slot: number, time: number, look: number): void {
    const { events } = this.#out;
    const page = this.#pageOf(slot);
    const directory = this.#directory;
    const { words } = directory;
    const w = slot * WORDS;
    const session = page.read(directory, slot);
    const row = events.row(this.#dictionary.intern(SESSIONS), time, session.partition, session.offset, words[w + LOOKED] - 1);
    events.values[row * events.width] = words[w + LINES] >>> 0;
    this.#table.add(directory, page, slot, session, look);
    words[w + LOOKED]++;
    words[w + KEPT] &= ~1;
  }

  #close(slot: number, time: number): void {
    this.#look(slot, time, CLOSED);
    this.#pageOf(slot).free(this.#directory, slot);
    this.#directory.remove(slot);
    (this.#states.get(HEAD) as Head).closed++;
  }
}

/** What the option `by` says. */
function groupingOf(by: string): Grouping {
  return by === 'window' || by === 'count' ? { by } : { by: 'pattern', pattern: by };
}
