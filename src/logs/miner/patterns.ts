/** The templates that a miner holds, in slots; written and read in pages of slots, so that a change rewrites little. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

export const PAGE_SLOTS = 64;
/** Id, and slot, of lines for which there is no room for a template of their own. */
export const ANYTHING = 0;
/** No template has this id: it marks a slot that is free. */
export const FREE = 0xffffffff;

export const PINNED = 1;
export const IGNORED = 2;
/** Reached only through the template that it was split from. */
export const PART = 4;

/** Lines of a template whose parameter in the chunk `word` is `value` belong to the template in `slot`. */
export interface Split {
  word: number;
  value: string;
  slot: number;
}

const NONE: readonly number[] = [];

/** Text is Latin-1, a character a byte. */
export class Patterns {
  /** Slots ever used; those behind are free. */
  size = 0;
  /** Id that lines of the slot get, and the one that it was made with: they differ where people merged templates. */
  readonly id: number[] = [];
  readonly origin: number[] = [];
  readonly text: string[] = [];
  readonly flags: number[] = [];
  /** Chunks that were generalised, ascending. */
  readonly learned: (readonly number[])[] = [];
  readonly splits = new Map<number, Split[]>();
  /** Given by people, by id. */
  readonly name: string[] = [];
  /** Pages that changed since this was last emptied. */
  readonly changed = new Set<number>();
  /** Slots in use, and the bytes of their texts. */
  live = 0;
  textBytes = 0;
  #lowestFree = 0;
  /** The slot of each id that was made with it; where that is gone, the lowest that has it. */
  readonly #slots = new Map<number, number>();

  /** Fills the lowest free slot. */
  take(id: number, text: string, flags = 0): number {
    let slot = this.#lowestFree;
    while (slot < this.size && this.id[slot] !== FREE) slot++;
    this.#lowestFree = slot + 1;
    this.#put(slot, id, id, text, flags, NONE, '');
    this.size = Math.max(this.size, slot + 1);
    this.touch(slot);
    return slot;
  }

  rewrite(slot: number, text: string, learned: readonly number[]): void {
    this.textBytes += text.length - this.text[slot].length;
    this.text[slot] = text;
    this.learned[slot] = learned;
    this.touch(slot);
  }

  clear(slot: number): void {
    this.#put(slot, FREE, FREE, '', 0, NONE, '');
    this.splits.delete(slot);
    this.#lowestFree = Math.min(this.#lowestFree, slot);
    this.touch(slot);
  }

  /** Slots whose lines have this id, that of the template itself first. */
  slotsOf(id: number): number[] {
    const slots: number[] = [];
    const own = this.#slots.get(id);
    for (let slot = 0; slot < this.size; slot++) if (this.id[slot] === id && slot !== own) slots.push(slot);
    return own === undefined ? slots : [own, ...slots];
  }

  /** Slot of the template with this id. */
  slotOf(id: number): number | undefined {
    return this.#slots.get(id);
  }

  /** Ids of all templates. */
  ids(): Iterable<number> {
    return this.#slots.keys();
  }

  /** Lines with this id have the id `into` from now on. */
  give(id: number, into: number): void {
    for (const slot of this.slotsOf(id)) {
      this.id[slot] = into;
      this.touch(slot);
      if (!this.#slots.has(into)) this.#slots.set(into, slot);
    }
    this.#slots.delete(id);
  }

  touch(slot: number): void {
    this.changed.add(Math.floor(slot / PAGE_SLOTS));
  }

  get pages(): number {
    return Math.ceil(this.size / PAGE_SLOTS);
  }

  writePage(page: number, writer: SnapshotWriter): void {
    const from = page * PAGE_SLOTS;
    for (let slot = from; slot < from + PAGE_SLOTS; slot++) {
      const here = slot < this.size && this.id[slot] !== FREE;
      writer.u32(here ? this.id[slot] : FREE);
      if (!here) continue;
      writer.u32(this.origin[slot]);
      writer.u8(this.flags[slot]);
      writer.bytes(Buffer.from(this.text[slot], 'latin1'));
      writer.u32s(Uint32Array.from(this.learned[slot]));
      writer.text(this.name[slot]);
      const splits = this.splits.get(slot) ?? [];
      writer.u32(splits.length);
      for (const { word, value, slot: part } of splits) {
        writer.u32(word);
        writer.bytes(Buffer.from(value, 'latin1'));
        writer.u32(part);
      }
    }
  }

  readPage(page: number, reader: SnapshotReader): void {
    const from = page * PAGE_SLOTS;
    for (let slot = from; slot < from + PAGE_SLOTS; slot++) {
      const id = reader.u32();
      if (id === FREE) {
        if (slot < this.size) this.#put(slot, FREE, FREE, '', 0, NONE, '');
        continue;
      }
      const origin = reader.u32();
      const flags = reader.u8();
      const text = Buffer.from(reader.bytes()).toString('latin1');
      const learned = [...reader.u32s()];
      this.#put(slot, id, origin, text, flags, learned.length === 0 ? NONE : learned, reader.text());
      const splits = Array.from({ length: reader.u32() }, () => ({
        word: reader.u32(),
        value: Buffer.from(reader.bytes()).toString('latin1'),
        slot: reader.u32(),
      }));
      if (splits.length > 0) this.splits.set(slot, splits);
    }
  }

  #put(slot: number, id: number, origin: number, text: string, flags: number, learned: readonly number[], name: string): void {
    const before = this.id[slot] ?? FREE;
    if (before !== FREE) {
      this.live--;
      this.textBytes -= this.text[slot].length;
    }
    this.id[slot] = id;
    this.origin[slot] = origin;
    this.text[slot] = text;
    this.flags[slot] = flags;
    this.learned[slot] = learned;
    this.name[slot] = name;
    if (this.#slots.get(before) === slot) {
      const other = this.id.indexOf(before);
      if (other < 0) this.#slots.delete(before);
      else this.#slots.set(before, other);
    }
    if (id === FREE) return;
    if (origin === id || !this.#slots.has(id)) this.#slots.set(id, slot);
    this.live++;
    this.textBytes += text.length;
  }
}
