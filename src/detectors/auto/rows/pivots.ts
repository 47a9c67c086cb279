/** Which remembered rows may be near, without looking at all of their columns. */

/** Rows that distances are known from. */
const PIVOTS = 4;
/** One of them is chosen anew whenever so many rows were remembered, and none while a series has been here for so few rows. */
const RENEWED = 64;

/** Distances are kept as whole numbers of this many steps of the largest that two rows whose values lie within `largest` can have. */
const STEPS = 2 ** 29;
/** Steps that rounding may be off. */
const ROUNDING = 2;

/**
 * Manhattan distance of a row to the one that lies at `from`, or Infinity where it is at least `enough`. Sums of four, because each addition
 * waits for the one before it.
 */
export function manhattan(row: Float64Array, rows: Float32Array, from: number, enough: number): number {
  const width = row.length;
  const fours = width & ~3;
  let far = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let j = 0;
  while (j < fours) {
    const at = from + j;
    far += Math.abs(row[j] - rows[at]);
    second += Math.abs(row[j + 1] - rows[at + 1]);
    third += Math.abs(row[j + 2] - rows[at + 2]);
    fourth += Math.abs(row[j + 3] - rows[at + 3]);
    j += 4;
    if ((j & 15) === 0 && far + second + (third + fourth) >= enough) return Infinity;
  }
  far += second + (third + fourth);
  if (far >= enough) return Infinity;
  for (; j < width; j++) far += Math.abs(row[j] - rows[from + j]);
  return far;
}

/**
 * By the triangle inequality a row lies no nearer to another than their distances from a third, the pivot, differ (Burkhard and Keller 1973).
 * Nothing of this is kept in a snapshot: it saves time and changes no result.
 */
export class Pivots {
  /** Places of the rows that `look` found. */
  readonly places: Uint8Array;
  readonly #rows: Float32Array;
  readonly #count: number;
  readonly #width: number;
  readonly #scale: number;
  readonly #pivots: Float32Array;
  /** Of each remembered row: its distances from the pivots. */
  readonly #known: Int32Array;
  /** Scratch: a row as the distance needs it. */
  readonly #row: Float64Array;
  #learnt = 0;
  #looked = 0;

  /** `rows`: the `count` remembered rows, values within `largest`. */
  constructor(rows: Float32Array, count: number, largest: number) {
    this.#rows = rows;
    this.#count = count;
    this.#width = rows.length / count;
    this.#scale = STEPS / (2 * largest * this.#width);
    this.places = new Uint8Array(count);
    this.#pivots = new Float32Array(PIVOTS * this.#width);
    this.#known = new Int32Array(PIVOTS * count);
    this.#row = new Float64Array(this.#width);
  }

  /** How many remembered rows may lie nearer than `reach`; the others do not. Only when all rows are there. */
  look(row: Float64Array, reach: number): number {
    if (this.#looked < RENEWED && ++this.#looked === RENEWED) for (let i = 0; i < PIVOTS; i++) this.#choose(i, i);
    const places = this.places;
    if (this.#looked < RENEWED) {
      for (let place = 0; place < this.#count; place++) places[place] = place;
      return this.#count;
    }
    const known = this.#known;
    const a = this.#from(row, 0);
    const b = this.#from(row, 1);
    const c = this.#from(row, 2);
    const d = this.#from(row, 3);
    const apart = Math.ceil(reach * this.#scale) + ROUNDING;
    let found = 0;
    for (let place = 0, at = 0; place < this.#count; place++, at += PIVOTS) {
      places[found] = place;
      // Negative where one of the four differs by more; no branch to be guessed wrong.
      const nearer =
        (apart - Math.abs(known[at] - a)) |
        (apart - Math.abs(known[at + 1] - b)) |
        (apart - Math.abs(known[at + 2] - c)) |
        (apart - Math.abs(known[at + 3] - d));
      found += 1 + (nearer >> 31);
    }
    return found;
  }

  /** A row was put at this place. */
  learn(place: number): void {
    if (this.#looked < RENEWED) return;
    const row = this.#at(place);
    for (let i = 0; i < PIVOTS; i++) this.#known[place * PIVOTS + i] = this.#from(row, i);
    if (++this.#learnt % RENEWED === 0) this.#choose((this.#learnt / RENEWED) % PIVOTS, PIVOTS);
  }

  /** A remembered row, with the rounding that it is kept with. */
  #at(place: number): Float64Array {
    const row = this.#row;
    for (let j = 0, at = place * this.#width; j < this.#width; j++, at++) row[j] = this.#rows[at];
    return row;
  }

  #from(row: Float64Array, pivot: number): number {
    return Math.round(manhattan(row, this.#pivots, pivot * this.#width, Infinity) * this.#scale);
  }

  /** Takes the row that lies farthest from the other pivots, of which so many were chosen. */
  #choose(pivot: number, chosen: number): void {
    const known = this.#known;
    let farthest = -1;
    let taken = 0;
    for (let place = 0; place < this.#count; place++) {
      let nearest = STEPS;
      for (let i = 0; i < chosen; i++) if (i !== pivot) nearest = Math.min(nearest, known[place * PIVOTS + i]);
      if (nearest > farthest) {
        farthest = nearest;
        taken = place;
      }
    }
    const width = this.#width;
    this.#pivots.set(this.#rows.subarray(taken * width, (taken + 1) * width), pivot * width);
    for (let place = 0; place < this.#count; place++) known[place * PIVOTS + pivot] = this.#from(this.#at(place), pivot);
  }
}
