/** Finds the templates of log lines as they come. */
import type { TemplateEdit } from '../../core/contracts/logs.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { areValues, constantsIn, fits, generalised, mayVary } from './chunks.ts';
import { editTemplates } from './edits.ts';
import { Holes, PLACES } from './holes.ts';
import { LineCache } from './line-cache.ts';
import { parametersIn, valuesIn, type Parameter } from './parameters.ts';
import { ANYTHING, FREE, IGNORED, PART, Patterns, PINNED, type Split } from './patterns.ts';
import { messageText, signatureOf } from './signature.ts';
import { hashMessage, MESSAGE_BYTES, WILD, type LineHash } from './words.ts';

export interface MinerOptions {
  /** Templates held at once. */
  maxTemplates: number;
  /** Lines after which a template that none of them had may be forgotten, when there is no room for a new one. */
  forgetAfter: number;
}

export const MINER_DEFAULTS: MinerOptions = { maxTemplates: 20_000, forgetAfter: 1_000_000 };

/** Templates that people said this of stay as they are. */
const HELD = PINNED | IGNORED;
/** Mean bytes of text per template for which there is room. */
const MEAN_TEXT = 512;
/** Generalised templates of one length; with more, templates of this length stay as they are. */
const MOST_GENERAL = 1024;
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
  used = new Float64Array(64);
  /** Slot of the line that was matched last, and true if its template was never seen before it. */
  slot = ANYTHING;
  lastIsNew = false;
  listener: SlotListener | undefined;
  #nextId = 1;
  readonly #aliases = new Map<number, number>();
  readonly #cache = new LineCache();
  readonly #hash: LineHash = { high: 0, low: 0 };
  readonly #exact = new Map<string, number>();
  readonly #holes = new Holes();
  /** Slots of generalised templates, by number of chunks. */
  readonly #general = new Map<number, number[]>();
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
    hashMessage(bytes, from, to, hash);
    let slot = this.#cache.find(hash.high, hash.low);
    if (slot < 0) slot = this.#read(bytes, from, to);
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
    const now = this.resolve(id);
    const { patterns } = this;
    const slot = patterns.slotsOf(now)[0];
    if (slot === undefined) return undefined;
    const flags = patterns.flags[slot];
    return {
      id: now,
      slot,
      text: shownText(patterns.text[slot]),
      name: patterns.name[slot] || null,
      pinned: slot !== ANYTHING && (flags & PINNED) !== 0,
      ignored: (flags & IGNORED) !== 0,
    };
  }

  /** All templates, by ascending id. */
  templates(): Template[] {
    const ids = new Set(this.patterns.id.filter((id) => id !== FREE));
    return [...ids].sort((a, b) => a - b).flatMap((id) => this.template(id) ?? []);
  }

  /** True where people want lines of this slot left out. */
  ignores(slot: number): boolean {
    return (this.patterns.flags[slot] & IGNORED) !== 0;
  }

  /** Values that stand in the message in place of the wildcards of this template. */
  parameters(id: number, bytes: Uint8Array, from: number, to: number): Parameter[] {
    const slot = this.patterns.slotsOf(this.resolve(id))[0];
    if (slot === undefined) return [];
    const end = Math.min(to, from + MESSAGE_BYTES);
    const message = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8');
    return parametersIn(shownText(this.patterns.text[slot]), message);
  }

  /** Does what a person asked for; false when there was nothing to do, as for a template that was forgotten. */
  edit(edit: TemplateEdit): boolean {
    const done = editTemplates(this, edit);
    if (done) {
      this.#cache.clear();
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
    for (let slot = 0; slot < this.patterns.size; slot++) {
      if (this.patterns.id[slot] !== id) continue;
      this.patterns.id[slot] = into;
      this.patterns.touch(slot);
    }
  }

  writeHead(writer: SnapshotWriter): void {
    writer.f64(this.lines);
    writer.u32(this.#nextId);
    writer.u32(this.patterns.size);
    writer.u32s(Uint32Array.from([...this.#aliases].flat()));
  }

  /** Followed by `patterns.readPage` of every page, the values of `used`, and `link`. */
  readHead(reader: SnapshotReader): void {
    this.lines = reader.f64();
    this.#nextId = reader.u32();
    this.patterns.size = reader.u32();
    const pairs = reader.u32s();
    for (let i = 0; i < pairs.length; i += 2) this.#aliases.set(pairs[i], pairs[i + 1]);
    this.used = new Float64Array(Math.max(64, 2 ** Math.ceil(Math.log2(this.patterns.size))));
  }

  /** Makes the indexes of what was read. */
  link(): void {
    for (let slot = 0; slot < this.patterns.size; slot++) if (this.patterns.id[slot] !== FREE) this.#link(slot);
  }

  snapshot(writer: SnapshotWriter): void {
    this.writeHead(writer);
    for (let page = 0; page < this.patterns.pages; page++) this.patterns.writePage(page, writer);
    writer.f64s(this.used.subarray(0, this.patterns.size));
  }

  static restore(reader: SnapshotReader, options: Partial<MinerOptions> = {}): Miner {
    const miner = new Miner(options);
    miner.readHead(reader);
    for (let page = 0; page < miner.patterns.pages; page++) miner.patterns.readPage(page, reader);
    miner.used.set(reader.f64s());
    miner.link();
    return miner;
  }

  /** Slot of a message that the cache does not know. */
  #read(bytes: Uint8Array, from: number, to: number): number {
    const { high, low } = this.#hash;
    const text = messageText(bytes, from, to);
    const signature = signatureOf(text);
    const slot = this.#exact.get(signature) ?? this.#fitting(signature) ?? this.#learn(signature);
    const splits = this.patterns.splits.get(slot);
    // What a split looks at is not in the hash, and room may come at any line.
    if (splits !== undefined) return this.#part(slot, splits, text);
    if (slot !== ANYTHING) this.#cache.put(high, low, slot);
    return slot;
  }

  /** The generalised template that fits, with the fewest generalised chunks; of several the oldest. */
  #fitting(signature: string): number | undefined {
    if (this.#general.size === 0) return undefined;
    const chunks = signature.split(' ');
    const { learned, origin, text } = this.patterns;
    let best: number | undefined;
    for (const slot of this.#general.get(chunks.length) ?? []) {
      const places = learned[slot];
      const worse = best === undefined ? -1 : places.length - learned[best].length || origin[slot] - origin[best];
      if (worse < 0 && fitsAll(text[slot].split(' '), places, chunks)) best = slot;
    }
    return best;
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
    this.#link(made);
    let slot = made;
    for (let merged: number | undefined = slot; merged !== undefined; merged = this.#generalise(slot)) slot = merged;
    this.lastIsNew = this.patterns.id[slot] === id;
    // Nobody was given the id of a template that did not last.
    if (!this.lastIsNew && this.#aliases.delete(id)) this.#nextId = id;
    return slot;
  }

  /** Merges the template with those that differ in one chunk, if that is a parameter; the slot that remains, or undefined. */
  #generalise(slot: number): number | undefined {
    const { text, flags } = this.patterns;
    const chunks = text[slot].split(' ');
    if ((this.#general.get(chunks.length)?.length ?? 0) >= MOST_GENERAL) return undefined;
    const constants = constantsIn(chunks);
    const hashes = Holes.hashes(chunks);
    for (let place = 0; place < hashes.length; place++) {
      if (!mayVary(chunks, place, constants)) continue;
      const others = this.#holes.find(place, hashes[place]).filter((other) => (flags[other] & HELD) === 0 && equalBut(place, text[other].split(' '), chunks));
      const variants = others.map((other) => text[other].split(' ')[place]);
      if (!areValues(variants, chunks, place)) continue;
      const merged = chunks.with(place, generalised(variants)).join(' ');
      const there = this.#exact.get(merged);
      if (there !== undefined && (flags[there] & HELD) !== 0) continue;
      return this.#merge(there === undefined || others.includes(there) ? others : [...others, there], place, merged);
    }
    return undefined;
  }

  /** The oldest of these templates stands for all, with the given text. */
  #merge(slots: readonly number[], place: number, text: string): number {
    const { id, origin, learned } = this.patterns;
    const into = slots.reduce((a, b) => ((id[b] - id[a] || origin[b] - origin[a]) < 0 ? b : a));
    const places = [...new Set([place, ...slots.flatMap((slot) => learned[slot])])].sort((a, b) => a - b);
    for (const slot of slots) {
      this.#unlink(slot);
      if (slot === into) continue;
      if (id[slot] !== id[into]) this.alias(id[slot], id[into]);
      this.patterns.name[into] ||= this.patterns.name[slot];
      this.used[into] = Math.max(this.used[into], this.used[slot]);
      this.listener?.merged(slot, into);
      this.patterns.clear(slot);
    }
    this.patterns.rewrite(into, text, places);
    this.#link(into);
    this.#cache.clear();
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
    this.#unlink(slot);
    this.listener?.forgotten(slot);
    this.patterns.clear(slot);
    this.#cache.clear();
    if (this.patterns.slotsOf(id).length > 0) return;
    for (const old of this.#aliases.keys()) if (this.resolve(old) === id) this.#aliases.delete(old);
  }

  #use(slot: number): void {
    if (slot >= this.used.length) {
      const bigger = new Float64Array(this.used.length * 2);
      bigger.set(this.used);
      this.used = bigger;
    }
    this.used[slot] = this.lines;
  }

  #link(slot: number): void {
    const { text, flags, learned } = this.patterns;
    if ((flags[slot] & PART) !== 0) return;
    this.#exact.set(text[slot], slot);
    const chunks = text[slot].split(' ');
    const constants = constantsIn(chunks);
    const hashes = Holes.hashes(chunks);
    for (let place = 0; place < Math.min(hashes.length, PLACES); place++) if (mayVary(chunks, place, constants)) this.#holes.add(slot, place, hashes[place]);
    if (learned[slot].length === 0) return;
    const general = this.#general.get(chunks.length);
    if (general === undefined) this.#general.set(chunks.length, [slot]);
    else general.push(slot);
  }

  #unlink(slot: number): void {
    const { text, learned } = this.patterns;
    if (this.#exact.get(text[slot]) === slot) this.#exact.delete(text[slot]);
    this.#holes.remove(slot);
    if (learned[slot].length === 0) return;
    const general = this.#general.get(text[slot].split(' ').length)!;
    general.splice(general.indexOf(slot), 1);
  }
}

/** Text of a template for people. */
export function shownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** True if a line with these chunks fits a template some of whose places were generalised. */
function fitsAll(template: readonly string[], places: readonly number[], chunks: readonly string[]): boolean {
  let next = 0;
  for (let place = 0; place < template.length; place++) {
    if (places[next] === place) {
      next++;
      if (!fits(template[place], chunks[place])) return false;
    } else if (template[place] !== chunks[place]) return false;
  }
  return true;
}

function wildcards(text: string): number {
  return text.split(WILD).length - 1;
}

function equalBut(place: number, a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((chunk, i) => i === place || chunk === b[i]);
}
