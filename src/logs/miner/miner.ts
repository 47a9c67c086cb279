/** Finds the templates of log lines as they come. */
import type { TemplateEdit } from '../../core/contracts/logs.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { editTemplates } from './edits.ts';
import { LineCache } from './line-cache.ts';
import { LineShapes } from './line-shapes.ts';
import { parametersIn, valuesIn, type Parameter } from './parameters.ts';
import { ANYTHING, FREE, IGNORED, PAGE_SLOTS, PART, Patterns, PINNED, type Split } from './patterns.ts';
import { messageText, signatureOf } from './signature.ts';
import { HELD, TemplateIndex, type Variants } from './template-index.ts';
import { hashMessage, MESSAGE_BYTES, WILD, type LineHash } from './words.ts';

export interface MinerOptions {
  /** Templates held at once. */
  maxTemplates: number;
  /** Lines after which a template that none of them had may be forgotten, when there is no room for a new one. */
  forgetAfter: number;
}

export const MINER_DEFAULTS: MinerOptions = { maxTemplates: 20_000, forgetAfter: 1_000_000 };

/** Mean bytes of text per template for which there is room. */
const MEAN_TEXT = 512;
/** Ids that were given and now stand for another one, per template held; the oldest are forgotten first. */
const ALIASES_PER_TEMPLATE = 16;

/** Is told what becomes of slots, so that what is kept by slot can follow. */
export interface SlotListener {
  /** All that was counted for `from` belongs to `into`; `from` is free. */
  merged(from: number, into: number): void;
  forgotten(slot: number): void;
}

export interface Template {
  id: number;
  slot: number;
  /** Constant words with `<*>` where parameters stand. */
  text: string;
  name: string | null;
  pinned: boolean;
  ignored: boolean;
}

/**
 * Online, with one configuration for all systems. Words that show by their look that they are values become wildcards at once; of
 * templates that then differ in one chunk only, the differing chunk becomes a wildcard when it is a name, when a word before it
 * says that it names a user or a host, or when five variants were met. The grouping that results is a pure function of the
 * lines so far; a hash of the raw bytes spares lines like earlier ones the work. After Drain (He et al. 2017) in being
 * online, and Brain (Yu et al. 2023) in weighing the variants of a place.
 */
export class Miner {
  readonly options: MinerOptions;
  readonly patterns = new Patterns();
  /** Lines so far. */
  lines = 0;
  /** By slot: the line, counted from 1, that had it last. */
  used = new Float64Array(PAGE_SLOTS);
  /** Slot of the line that was matched last, and true if its template was never seen before it. */
  slot = ANYTHING;
  lastIsNew = false;
  listener: SlotListener | undefined;
  #nextId = 1;
  readonly #aliases = new Map<number, number>();
  readonly #cache = new LineCache();
  readonly #shapes = new LineShapes();
  readonly #hash: LineHash = { high: 0, low: 0 };
  readonly #index = new TemplateIndex(this.patterns);
  /** While all slots are taken: no template is old enough to be forgotten before this line. */
  #fullUntil = 0;

  constructor(options: Partial<MinerOptions> = {}) {
    this.options = { ...MINER_DEFAULTS, ...options };
    this.patterns.take(ANYTHING, WILD, PINNED | PART);
  }

  /** Id of the template of the message bytes[from .. to); learns it. */
  match(bytes: Uint8Array, from: number, to: number): number {
    const hash = this.#hash;
    this.lines++;
    this.lastIsNew = false;
    let slot = this.#shapes.find(bytes, from, to);
    if (slot < 0) {
      hashMessage(bytes, from, to, hash);
      slot = this.#cache.find(hash.high, hash.low);
      if (slot < 0) slot = this.#read(bytes, from, to);
      else this.#shapes.learn(bytes, from, to, slot);
    }
    this.used[slot] = this.lines;
    this.slot = slot;
    return this.patterns.id[slot];
  }

  /** The id that stands for this one now. */
  resolve(id: number): number {
    let now = id;
    for (let next = this.#aliases.get(now); next !== undefined; next = this.#aliases.get(now)) now = next;
    return now;
  }

  /** What is known of a template; undefined when it was forgotten. */
  template(id: number): Template | undefined {
    const slot = this.patterns.slotOf(this.resolve(id));
    return slot === undefined ? undefined : this.#shown(slot);
  }

  /** All templates, by ascending id. */
  templates(): Template[] {
    return [...this.patterns.ids()].sort((a, b) => a - b).map((id) => this.#shown(this.patterns.slotOf(id)!));
  }

  #shown(slot: number): Template {
    const { id, text, name, flags } = this.patterns;
    return {
      id: id[slot],
      slot,
      text: shownText(text[slot]),
      name: name[slot] || null,
      pinned: slot !== ANYTHING && (flags[slot] & PINNED) !== 0,
      ignored: (flags[slot] & IGNORED) !== 0,
    };
  }

  /** True where people want lines of this slot left out. */
  ignores(slot: number): boolean {
    return (this.patterns.flags[slot] & IGNORED) !== 0;
  }

  /** Values that stand in the message in place of the wildcards of this template. */
  parameters(id: number, bytes: Uint8Array, from: number, to: number): Parameter[] {
    const slot = this.patterns.slotOf(this.resolve(id));
    if (slot === undefined) return [];
    const end = Math.min(to, from + MESSAGE_BYTES);
    const message = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8');
    return parametersIn(shownText(this.patterns.text[slot]), message);
  }

  /** Does what a person asked for; false when there was nothing to do, as for a template that was forgotten. */
  edit(edit: TemplateEdit): boolean {
    const done = editTemplates(this, edit);
    if (done) {
      this.#forgetLines();
      this.#fullUntil = 0;
    }
    return done;
  }

  /** Makes a template outside the usual way: lines reach it only through a split. */
  addPart(text: string): number {
    const { patterns } = this;
    if (!this.#room(text.length)) return -1;
    const slot = patterns.take(this.#nextId++, text, PINNED | PART);
    this.#use(slot);
    return slot;
  }

  /** From now on `id` stands for `into`. */
  alias(id: number, into: number): void {
    const most = this.options.maxTemplates * ALIASES_PER_TEMPLATE;
    if (this.#aliases.size >= most) this.#aliases.delete(this.#aliases.keys().next().value!);
    this.#aliases.set(id, into);
    this.patterns.give(id, into);
  }

  writeHead(writer: SnapshotWriter): void {
    writer.f64(this.lines);
    writer.u32(this.#nextId);
    writer.u32(this.patterns.size);
    writer.u32s(Uint32Array.from([...this.#aliases].flat()));
  }

  /** Followed by `patterns.readPage` and `readUsed` of every page, and `link`. */
  readHead(reader: SnapshotReader): void {
    this.lines = reader.f64();
    this.#nextId = reader.u32();
    this.patterns.size = reader.u32();
    const pairs = reader.u32s();
    for (let i = 0; i < pairs.length; i += 2) this.#aliases.set(pairs[i], pairs[i + 1]);
    this.used = new Float64Array(Math.max(PAGE_SLOTS, 2 ** Math.ceil(Math.log2(this.patterns.size))));
  }

  /** Makes the indexes of what was read. */
  link(): void {
    for (let slot = 0; slot < this.patterns.size; slot++) if (this.patterns.id[slot] !== FREE) this.#index.add(slot);
  }

  /** Last use of the slots of a page. */
  writeUsed(page: number, writer: SnapshotWriter): void {
    writer.block(this.used.subarray(page * PAGE_SLOTS, (page + 1) * PAGE_SLOTS));
  }

  readUsed(page: number, reader: SnapshotReader): void {
    reader.block(this.used.subarray(page * PAGE_SLOTS, (page + 1) * PAGE_SLOTS));
  }

  snapshot(writer: SnapshotWriter): void {
    this.writeHead(writer);
    for (let page = 0; page < this.patterns.pages; page++) {
      this.patterns.writePage(page, writer);
      this.writeUsed(page, writer);
    }
  }

  static restore(reader: SnapshotReader, options: Partial<MinerOptions> = {}): Miner {
    const miner = new Miner(options);
    miner.readHead(reader);
    for (let page = 0; page < miner.patterns.pages; page++) {
      miner.patterns.readPage(page, reader);
      miner.readUsed(page, reader);
    }
    miner.link();
    return miner;
  }

  /** Slot of a message that the cache does not know. */
  #read(bytes: Uint8Array, from: number, to: number): number {
    const { high, low } = this.#hash;
    const text = messageText(bytes, from, to);
    const signature = signatureOf(text);
    const slot = this.#index.find(signature) ?? this.#learn(signature);
    const splits = this.patterns.splits.get(slot);
    // What a split looks at is not in the hash, and room may come at any line.
    if (splits !== undefined) return this.#part(slot, splits, text);
    if (slot !== ANYTHING) this.#cache.put(high, low, slot);
    return slot;
  }

  #part(slot: number, splits: readonly Split[], message: string): number {
    const template = this.patterns.text[slot];
    const values = valuesIn(template, message);
    const chunks = template.split(' ');
    for (const split of splits) {
      const before = wildcards(chunks.slice(0, split.word).join(' '));
      const there = values.slice(before, before + wildcards(chunks[split.word] ?? ''));
      if (there.includes(split.value)) return split.slot;
    }
    return slot;
  }

  /** A new template, which may turn out at once to be a variant of known ones. */
  #learn(signature: string): number {
    if (!this.#room(signature.length)) return ANYTHING;
    const id = this.#nextId++;
    const made = this.patterns.take(id, signature);
    this.#use(made);
    this.#index.add(made);
    let slot = made;
    for (let found = this.#index.variants(slot); found !== undefined; found = this.#index.variants(slot)) slot = this.#merge(found);
    this.lastIsNew = this.patterns.id[slot] === id;
    // Nobody was given the id of a template that did not last.
    if (!this.lastIsNew && this.#aliases.delete(id)) this.#nextId = id;
    return slot;
  }

  /** The oldest of these templates stands for all, with the given text. */
  #merge({ slots, place, text }: Variants): number {
    const { id, origin, learned } = this.patterns;
    const into = slots.reduce((a, b) => ((id[b] - id[a] || origin[b] - origin[a]) < 0 ? b : a));
    const places = [...new Set([place, ...slots.flatMap((slot) => learned[slot])])].sort((a, b) => a - b);
    for (const slot of slots) {
      this.#index.remove(slot);
      if (slot === into) continue;
      if (id[slot] !== id[into]) this.alias(id[slot], id[into]);
      this.patterns.name[into] ||= this.patterns.name[slot];
      this.used[into] = Math.max(this.used[into], this.used[slot]);
      this.listener?.merged(slot, into);
      this.patterns.clear(slot);
    }
    this.patterns.rewrite(into, text, places);
    this.#index.add(into);
    this.#forgetLines();
    return into;
  }

  /** True when a template of so many bytes can be taken in, after the oldest eighth was forgotten if it is old enough. */
  #room(bytes: number): boolean {
    const { maxTemplates, forgetAfter } = this.options;
    const { id, flags } = this.patterns;
    const fitsIn = (): boolean => this.patterns.live <= maxTemplates && this.patterns.textBytes + bytes <= maxTemplates * MEAN_TEXT;
    if (fitsIn()) return true;
    if (this.lines <= this.#fullUntil) return false;
    const slots = this.used.subarray(0, this.patterns.size).keys();
    const eighth = [...slots]
      .filter((slot) => id[slot] !== FREE && (flags[slot] & HELD) === 0)
      .sort((a, b) => this.used[a] - this.used[b])
      .slice(0, Math.max(1, maxTemplates >> 3));
    const last = eighth.at(-1);
    this.#fullUntil = last === undefined ? Infinity : this.used[last] + forgetAfter;
    if (this.lines <= this.#fullUntil) return false;
    for (const slot of eighth) this.#forget(slot);
    return fitsIn();
  }

  #forget(slot: number): void {
    const id = this.patterns.id[slot];
    this.#index.remove(slot);
    this.listener?.forgotten(slot);
    this.patterns.clear(slot);
    this.#forgetLines();
    if (this.patterns.slotOf(id) !== undefined) return;
    for (const old of this.#aliases.keys()) if (this.resolve(old) === id) this.#aliases.delete(old);
  }

  /** Lines may have other templates from now on. */
  #forgetLines(): void {
    this.#cache.clear();
    this.#shapes.clear();
  }

  #use(slot: number): void {
    if (slot >= this.used.length) {
      const bigger = new Float64Array(this.used.length * 2);
      bigger.set(this.used);
      this.used = bigger;
    }
    this.used[slot] = this.lines;
  }
}

/** Text of a template for people. */
export function shownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function wildcards(text: string): number {
  return text.split(WILD).length - 1;
}
