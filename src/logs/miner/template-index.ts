/** Finds the template of a signature, and templates that are variants of each other. Made of the templates alone. */
import { areValues, constantsIn, fits, generalised, mayVary } from './chunks.ts';
import { Holes, PLACES } from './holes.ts';
import { IGNORED, PART, PINNED, type Patterns } from './patterns.ts';

/** Generalised templates of one length; with more, templates of this length stay as they are. */
const MOST_GENERAL = 1024;
/** Templates that people said this of stay as they are. */
export const HELD = PINNED | IGNORED;

/** A generalised template, taken apart. */
interface General {
  slot: number;
  chunks: readonly string[];
  places: readonly number[];
}

/** Templates that differ in one chunk, and the text that stands for all of them. */
export interface Variants {
  slots: number[];
  place: number;
  text: string;
}

export class TemplateIndex {
  readonly #patterns: Patterns;
  readonly #exact = new Map<string, number>();
  readonly #holes = new Holes();
  /** Generalised templates, by number of chunks. */
  readonly #general = new Map<number, General[]>();

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  /** Slot of the template that this is the signature of, or that it fits. */
  find(signature: string): number | undefined {
    return this.#exact.get(signature) ?? this.#fitting(signature);
  }

  add(slot: number): void {
    const { text, flags, learned } = this.#patterns;
    if ((flags[slot] & PART) !== 0) return;
    this.#exact.set(text[slot], slot);
    const chunks = text[slot].split(' ');
    const constants = constantsIn(chunks);
    const hashes = Holes.hashes(chunks);
    for (let place = 0; place < Math.min(hashes.length, PLACES); place++) if (mayVary(chunks, place, constants)) this.#holes.add(slot, place, hashes[place]);
    if (learned[slot].length === 0) return;
    const general = { slot, chunks, places: learned[slot] };
    const alike = this.#general.get(chunks.length);
    if (alike === undefined) this.#general.set(chunks.length, [general]);
    else alike.push(general);
  }

  remove(slot: number): void {
    const { text, learned } = this.#patterns;
    if (this.#exact.get(text[slot]) === slot) this.#exact.delete(text[slot]);
    this.#holes.remove(slot);
    if (learned[slot].length === 0) return;
    const alike = this.#general.get(text[slot].split(' ').length)!;
    alike.splice(
      alike.findIndex((general) => general.slot === slot),
      1,
    );
  }

  /** The template and those that differ from it in one chunk, if that is a parameter. */
  variants(slot: number): Variants | undefined {
    const { text, flags } = this.#patterns;
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
      return { slots: there === undefined || others.includes(there) ? others : [...others, there], place, text: merged };
    }
    return undefined;
  }

  /** The generalised template that fits, with the fewest generalised chunks; of several the oldest. */
  #fitting(signature: string): number | undefined {
    if (this.#general.size === 0) return undefined;
    const chunks = signature.split(' ');
    const { origin } = this.#patterns;
    let best: General | undefined;
    for (const general of this.#general.get(chunks.length) ?? []) {
      const worse = best === undefined ? -1 : general.places.length - best.places.length || origin[general.slot] - origin[best.slot];
      if (worse < 0 && fitsAll(general, chunks)) best = general;
    }
    return best?.slot;
  }
}

/** True if a line with these chunks fits a template some of whose places were generalised. */
function fitsAll({ chunks: template, places }: General, chunks: readonly string[]): boolean {
  let next = 0;
  for (let place = 0; place < template.length; place++) {
    if (places[next] === place) {
      next++;
      if (!fits(template[place], chunks[place])) return false;
    } else if (template[place] !== chunks[place]) return false;
  }
  return true;
}

function equalBut(place: number, a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((chunk, i) => i === place || chunk === b[i]);
}
