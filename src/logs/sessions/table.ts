/** Builds the columns of looks at sessions. */
import type { SessionColumns } from '../../core/contracts/logs.ts';
import { grown } from '../../core/grown.ts';
import { KEPT, LAST, LINES, NUMBERS, WORDS, type Directory } from './directory.ts';
import { MAX_ID, type about, type Page } from './page.ts';
import { VarintReader } from './varint.ts';

const id = Buffer.alloc(MAX_ID);
const reader = new VarintReader();
/** Templates below this are counted by index. */
const DENSE = 16_384;

/** The column itself while it is long enough. */
function withRoom<T extends Float64Array | Uint32Array | Uint8Array>(column: T, length: number): T {
  return length <= column.length ? column : grown(column, Math.max(length, column.length * 2));
}

/** Reused from batch to batch; what it hands out is valid until `reset`. */
export class SessionTable implements SessionColumns {
  length = 0;
  id: string[] = [];
  look = new Uint8Array(64);
  first = new Float64Array(64);
  last = new Float64Array(64);
  lines = new Uint32Array(64);
  templates = new Uint32Array(1024);
  counts = new Uint32Array(1024);
  countEnds = new Uint32Array(64);
  sequence = new Uint32Array(1024);
  offsets = new Float64Array(1024);
  sequenceEnds = new Uint32Array(64);
  /** Of templates below DENSE: how often each came in the row that is written; else 0. */
  readonly #tally = new Uint32Array(DENSE);
  #places = 0;
  #pairs = 0;
  /** Where the templates of the row that is written begin, and where the one before was. */
  #from = 0;
  #at = 0;

  reset(): void {
    this.length = this.#places = this.#pairs = 0;
    this.id.length = 0;
  }

  /** Adds a look at the session in this slot of the page; `session` is what its bytes say of it. */
  add(directory: Directory, page: Page, slot: number, session: typeof about, look: number): void {
    const { words, numbers } = directory;
    const w = slot * WORDS;
    const row = this.length++;
    if (this.length > this.look.length) this.#growRows();
    this.id[row] = textOf(page.bytes, session.idStart, session.idEnd);
    this.look[row] = look;
    this.first[row] = session.first;
    this.last[row] = numbers[slot * NUMBERS + LAST];
    this.lines[row] = words[w + LINES];
    this.#from = this.#pairs;
    this.#sequence(page.bytes, session, words[w + KEPT] >>> 1);
    this.#at = this.#from;
    if (session.beyond > 0) page.beyond(directory, slot, this.#count);
    this.countEnds[row] = this.#pairs;
    this.sequenceEnds[row] = this.#places;
  }

  /** Adds the lines of the sequence. */
  #sequence(bytes: Uint8Array, { idEnd, offset: origin }: typeof about, kept: number): void {
    this.sequence = withRoom(this.sequence, this.#places + kept);
    this.offsets = withRoom(this.offsets, this.#places + kept);
    const { sequence, offsets } = this;
    const tally = this.#tally;
    let offset = origin;
    reader.bytes = bytes;
    let next = idEnd;
    const end = this.#places + kept;
    for (let i = this.#places; i < end; i++) {
      let template = bytes[next];
      let distance = bytes[next + 1];
      // Numbers of few bytes, as most are, without a call.
      let length = 0;
      if (template < 128) {
        if (distance < 128) length = 2;
        else if (bytes[next + 2] < 128) {
          distance = (distance & 127) | (bytes[next + 2] << 7);
          length = 3;
        } else if (bytes[next + 3] < 128) {
          distance = (distance & 127) | ((bytes[next + 2] & 127) << 7) | (bytes[next + 3] << 14);
          length = 4;
        }
      }
      if (length > 0) {
        next += length;
        offset += (distance >>> 1) ^ -(distance & 1);
      } else {
        reader.at = next;
        template = reader.next();
        offset += reader.nextFolded();
        next = reader.at;
      }
      sequence[i] = template;
      offsets[i] = offset;
      if (template < DENSE && tally[template]++ > 0) continue;
      let at = this.#pairs;
      while (at > this.#from && this.templates[at - 1] > template) at--;
      if (template < DENSE || at === this.#from || this.templates[at - 1] !== template) this.#insert(at, template, 1);
      else this.counts[at - 1]++;
    }
    for (let at = this.#from; at < this.#pairs && this.templates[at] < DENSE; at++) {
      const template = this.templates[at];
      this.counts[at] = tally[template];
      tally[template] = 0;
    }
    this.#places = end;
  }

  /** Counts a template of the row; called with ascending ones it goes on from the one before. */
  readonly #count = (template: number, count: number): void => {
    let at = this.#at;
    while (at < this.#pairs && this.templates[at] < template) at++;
    this.#at = at;
    if (at < this.#pairs && this.templates[at] === template) this.counts[at] += count;
    else this.#insert(at, template, count);
  };

  #insert(at: number, template: number, count: number): void {
    this.templates = withRoom(this.templates, this.#pairs + 1);
    this.counts = withRoom(this.counts, this.#pairs + 1);
    for (let j = this.#pairs++; j > at; j--) {
      this.templates[j] = this.templates[j - 1];
      this.counts[j] = this.counts[j - 1];
    }
    this.templates[at] = template;
    this.counts[at] = count;
  }

  #growRows(): void {
    for (const name of ['first', 'last'] as const) this[name] = withRoom(this[name], this.length);
    for (const name of ['lines', 'countEnds', 'sequenceEnds'] as const) this[name] = withRoom(this[name], this.length);
    this.look = withRoom(this.look, this.length);
  }
}

/** The text bytes[start .. end); what is no UTF-8 becomes U+FFFD. */
function textOf(bytes: Uint8Array, start: number, end: number): string {
  let all = 0;
  for (let i = start, j = 0; i < end; i++, j++) all |= id[j] = bytes[i];
  return id.toString(all < 128 ? 'latin1' : 'utf8', 0, end - start);
}
