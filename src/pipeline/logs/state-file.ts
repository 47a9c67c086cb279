/** Bytes by key in a file that has no name, so that they need no memory. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Slot {
  at: number;
  length: number;
  capacity: number;
}

/** Room that a slot has beyond what it holds when it is made, so that it can grow where it is. */
const SPARE = 1.5;

export class StateFile {
  readonly #slots = new Map<number, Slot>();
  readonly #folder: string;
  #file: number | undefined;
  #end = 0;

  /** The file is made when something is kept for the first time. */
  constructor(folder = tmpdir()) {
    this.#folder = folder;
  }

  put(key: number, bytes: Uint8Array): void {
    let slot = this.#slots.get(key);
    if (slot === undefined || bytes.length > slot.capacity) {
      slot = { at: this.#end, length: 0, capacity: Math.ceil(bytes.length * SPARE) };
      this.#end += slot.capacity;
      this.#slots.set(key, slot);
    }
    slot.length = bytes.length;
    this.#file ??= nameless(this.#folder);
    writeSync(this.#file, bytes, 0, bytes.length, slot.at);
  }

  get(key: number): Uint8Array | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || this.#file === undefined) return undefined;
    const bytes = new Uint8Array(slot.length);
    readSync(this.#file, bytes, 0, slot.length, slot.at);
    return bytes;
  }

  keys(): number[] {
    return [...this.#slots.keys()].sort((a, b) => a - b);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#slots.clear();
  }
}

/** Removed at once, so that nothing is left however the program ends. */
function nameless(folder: string): number {
  const path = join(folder, `homeostat-${process.pid}-${Math.random().toString(36).slice(2)}.states`);
  const file = openSync(path, 'wx+', 0o600);
  rmSync(path);
  return file;
}
