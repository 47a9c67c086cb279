/** Sessions that are open: lines are counted in them, and they are looked at as they grow, when they fall silent, and when they are done. */
import { LOOKS } from '../../core/contracts/logs.ts';
import type { KeyedStates, StageOutput } from '../../core/contracts.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import type { SnapshotWriter } from '../../core/snapshot.ts';
import { Directory, KEPT, LINES, LOOKS as LOOKED, NONE, NUMBERS, SIZE, START, TOUCH, WORDS } from './directory.ts';
import { BLOCK, Identifiers, MAX_IDS } from './finder.ts';
import type { Grouping, Head } from './head.ts';
import { windowIn } from './windows.ts';
import type { SessionOptions } from './options.ts';
import { PAGE_SLOTS, type Page } from './page.ts';
import { HEAD, PAGES, type SessionState } from './states.ts';
import { SessionTable } from './table.ts';

const GROWING = LOOKS.indexOf('growing');
const IDLE = LOOKS.indexOf('idle');
const CLOSED = LOOKS.indexOf('closed');

/** A session is looked at when it has so many lines, and twice, four times … as many. */
const FIRST_GROWTH = 16;
/** Behind so many looks a line of a new template is no reason for a further one. */
const MOST_GROWING = 64;

/** Series of the looks. */
const SESSIONS = 'sessions';

const PAGE_BITS = Math.log2(PAGE_SLOTS);
/** Stretches of time, of those after which a session is looked at or closed, in which the order of touches is left open. */
const STRETCHES = 16;
/** Open sessions of which some are no longer in the processor's caches when a line touches them. */
const FAR = 65_536;

/** What a line says to its sessions. */
export interface CountedLine {
  partition: number;
  offset: number;
  template: number;
  /** The template was never seen before. */
  isNew: boolean;
  /** The line ends its sessions. */
  isEnd: boolean;
}

export class OpenSessions {
  /** Identifiers of the lines at hand. */
  readonly identifiers = new Identifiers();
  readonly #options: SessionOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #onlyClosed: boolean;
  readonly #maxSequence: number;
  readonly #directory: Directory;
  readonly #table = new SessionTable();
  readonly #foreseen = new Int32Array(BLOCK * MAX_IDS);
  /** Number of the series of the looks, once it has one. */
  #series = -1;
  #isWindow = false;
  /** Lines of a session at which it is closed. */
  #maxLines: number;
  /** End of the window that is open; Infinity where sessions are no windows. */
  #windowEnd = Infinity;
  /** Length of windows, ms. */
  #window = Infinity;
  /** Pages that were taken during this call, by number, and these numbers. */
  readonly #pages: (Page | undefined)[] = [];
  readonly #taken: number[] = [];
  /** Nothing is due before this time, ms. */
  #quiet = -Infinity;
  #states!: KeyedStates<SessionState>;
  #out!: StageOutput;

  /** `onlyClosed`: sessions are looked at when they are done, not before. */
  constructor(options: SessionOptions, dictionary: SeriesDictionary, onlyClosed = false) {
    this.#options = options;
    this.#dictionary = dictionary;
    this.#onlyClosed = onlyClosed;
    this.#maxLines = options.max_lines;
    this.#maxSequence = options.max_sequence;
    this.#directory = new Directory(Math.min(options.idle, options.close_after) / STRETCHES);
  }

  /** It is settled what sessions are. */
  settle(grouping: Grouping): void {
    const { by } = grouping;
    if (by === 'window') this.#window = windowIn(grouping, this.#options);
    const { count, max_lines } = this.#options;
    this.#isWindow = by === 'window';
    this.#maxLines = by === 'count' ? Math.min(count, max_lines) : max_lines;
  }

  get isEmpty(): boolean {
    return this.#directory.open === 0;
  }

  /** A call of the host begins: looks go to `out`. */
  begin(states: KeyedStates<SessionState>, out: StageOutput): void {
    this.#states = states;
    this.#out = out;
    this.forget();
    if (out.events.length === 0) this.#table.reset();
    out.events.sessions = this.#table;
  }

  /** Lets go of the pages: the host may drop and bring them back between two calls. */
  forget(): void {
    for (const page of this.#taken) this.#pages[page] = undefined;
    this.#taken.length = 0;
  }

  get isFull(): boolean {
    return this.#out.events.length >= (this.#out.room ?? Infinity);
  }

  snapshot(page: Page, writer: SnapshotWriter): void {
    page.snapshot(writer, this.#directory);
  }

  /** Finds all open sessions of these pages again, and the order in which they were touched. */
  recover(pages: Iterable<{ number: number; page: Page }>): void {
    const found: { slot: number; touch: number; first: number; high: number; low: number }[] = [];
    const ids = this.identifiers;
    const directory = this.#directory;
    for (const { number, page } of pages) {
      const base = number * PAGE_SLOTS;
      directory.reach(base + PAGE_SLOTS);
      page.place(directory);
      for (let slot = base; slot < base + PAGE_SLOTS; slot++) {
        if (directory.words[slot * WORDS + LOOKED] === 0) {
          directory.release(slot);
          continue;
        }
        const { first, idStart, idEnd } = page.read(directory, slot);
        ids.clear();
        ids.begin(page.bytes);
        ids.add(idStart, idEnd);
        found.push({ slot, touch: directory.numbers[slot * NUMBERS + TOUCH], first, high: ids.high[0], low: ids.low[0] });
      }
    }
    found.sort((a, b) => a.touch - b.touch);
    for (const { slot, high, low } of found) directory.put(slot, high, low);
    if (this.#isWindow && found.length > 0) this.#windowEnd = this.#endOf(found[0].first);
  }

  /** Looks at what is due at this time; false when the output became full before. */
  due(now: number, isUnbounded = false): boolean {
    if (now < this.#quiet) return true;
    const directory = this.#directory;
    const { idle, close_after } = this.#options;
    for (;;) {
      const { cursor, head } = directory;
      const idleAt = cursor === NONE || this.#onlyClosed ? Infinity : directory.since(cursor) + idle;
      const closeAt = head === NONE ? Infinity : Math.min(directory.since(head) + close_after, this.#windowEnd);
      if (idleAt > now && closeAt > now) {
        // What is touched from now on is not due before.
        this.#quiet = Math.min(idleAt, closeAt, now + Math.min(idle, close_after));
        return true;
      }
      const isClose = closeAt < idleAt;
      // Once it is settled another may be the first, and later.
      if (directory.settle(isClose ? head : cursor)) continue;
      if (this.isFull && !isUnbounded) return false;
      if (isClose) this.#close(head, closeAt);
      else {
        directory.cursor = directory.next(cursor);
        if ((directory.words[cursor * WORDS + KEPT] & 1) === 1) this.#look(cursor, idleAt, IDLE);
      }
    }
  }

  /** Closes all at this time; false when the output became full before. */
  closeAll(now: number): boolean {
    while (this.#directory.open > 0) {
      if (this.isFull) return false;
      this.#close(this.#oldest(), now);
    }
    return true;
  }

  /** Brings near what lines are about to touch, all at once, where that is far. */
  warm(): void {
    const directory = this.#directory;
    if (directory.open < FAR) return;
    const { high, low, count } = this.identifiers;
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

  /** Counts a line in the session of identifier k. */
  count(head: Head, k: number, line: CountedLine): void {
    const directory = this.#directory;
    const { high, low } = this.identifiers;
    let slot = directory.find(high[k], low[k]);
    const isOpen = slot !== NONE;
    if (!isOpen) slot = this.#open(head, k);
    const page = this.#pages[slot >>> PAGE_BITS] ?? this.#pageOf(slot);
    // A page that comes back writes the records of its sessions, so it comes before the touch.
    if (isOpen) directory.touch(slot, head);
    else this.#start(page, slot, head, k, line);
    head.touches++;
    const lines = page.line(directory, slot, line, this.#maxSequence);
    if (line.isEnd || lines >= this.#maxLines) this.#close(slot, head.now);
    else if (this.#onlyClosed) return;
    else if (line.isNew ? directory.words[slot * WORDS + LOOKED] <= MOST_GROWING : lines >= FIRST_GROWTH && (lines & (lines - 1)) === 0)
      this.#look(slot, head.now, GROWING);
  }

  /** Begins the session of identifier k in this slot. */
  #start(page: Page, slot: number, head: Head, k: number, { partition, offset }: CountedLine): void {
    const { bytes, from, to } = this.identifiers;
    page.open(this.#directory, slot, head.now, partition, offset, bytes, from[k], to[k]);
  }

  /** A slot for identifier k; where too many are open the one touched the longest ago is closed for it. */
  #open(head: Head, k: number): number {
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
    return directory.add(this.identifiers.high[k], this.identifiers.low[k], head);
  }

  /** The open session that was touched the longest ago. */
  #oldest(): number {
    const directory = this.#directory;
    directory.settle(directory.head);
    return directory.head;
  }

  #endOf(time: number): number {
    return (Math.floor(time / this.#window) + 1) * this.#window;
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
    if (this.#series < 0) this.#series = this.#dictionary.intern(SESSIONS);
    const row = events.row(this.#series, time, session.partition, session.offset, words[w + LOOKED] - 1);
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
