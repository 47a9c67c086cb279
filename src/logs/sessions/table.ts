/** Builds the columns of looks at sessions. */
import type { SessionColumns } from '../../core/contracts/logs.ts';
import { MAX_ID, type Page } from './page.ts';

const id = Buffer.alloc(MAX_ID);

function grown<T extends Float64Array | Uint32Array | Uint8Array>(old: T, length: number): T {
  if (length <= old.length) return old;
  const bigger = new (old.constructor as new (length: number) => T)(Math.max(length, old.length * 2));
  bigger.set(old);
  return bigger;
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
  #places = 0;
  #pairs = 0;
  /** Where the templates of the row that is written begin, and where the one before was. */
  #from = 0;
  #at = 0;

  reset(): void {
    this.length = this.#places = this.#pairs = 0;
    this.id.length = 0;
  }

  /** Adds a look at slot i of a page. */
  add(page: Page, i: number, look: number): void {
    const row = this.length++;
    if (this.length > this.look.length) this.#growRows();
    this.id[row] = textOf(page, i);
    this.look[row] = look;
    this.first[row] = page.first(i);
    this.last[row] = page.last(i);
    this.lines[row] = page.lines(i);
    const kept = page.kept(i);
    this.sequence = grown(this.sequence, this.#places + kept);
    this.offsets = grown(this.offsets, this.#places + kept);
    this.#from = this.#pairs;
    page.sequence(i, this.#line);
    this.#at = this.#from;
    page.beyond(i, this.#count);
    this.countEnds[row] = this.#pairs;
    this.sequenceEnds[row] = this.#places;
  }

  readonly #line = (template: number, offset: number): void => {
    this.sequence[this.#places] = template;
    this.offsets[this.#places++] = offset;
    this.#at = this.#from;
    this.#count(template, 1);
  };

  /** Counts a template of the row; called with ascending ones it goes on from the one before. */
  readonly #count = (template: number, count: number): void => {
    let at = this.#at;
    while (at < this.#pairs && this.templates[at] < template) at++;
    this.#at = at;
    if (at < this.#pairs && this.templates[at] === template) {
      this.counts[at] += count;
      return;
    }
    this.templates = grown(this.templates, this.#pairs + 1);
    this.counts = grown(this.counts, this.#pairs + 1);
    for (let j = this.#pairs++; j > at; j--) {
      this.templates[j] = this.templates[j - 1];
      this.counts[j] = this.counts[j - 1];
    }
    this.templates[at] = template;
    this.counts[at] = count;
  };

  #growRows(): void {
    for (const name of ['first', 'last'] as const) this[name] = grown(this[name], this.length);
    for (const name of ['lines', 'countEnds', 'sequenceEnds'] as const) this[name] = grown(this[name], this.length);
    this.look = grown(this.look, this.length);
  }
}

/** Identifier of slot i; bytes that are no UTF-8 become U+FFFD. */
function textOf(page: Page, i: number): string {
  const length = page.idLength(i);
  return id.toString(page.copyId(i, id) ? 'latin1' : 'utf8', 0, length);
}
