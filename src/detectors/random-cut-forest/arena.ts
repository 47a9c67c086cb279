/** Memory in which forests of one shape lie side by side, together with the code that scores points in them. */
import { assemble, hasVectors, type Assembled } from '../../math/assembler.ts';
import { placesOf, scoring, type Places, type Shape } from './kernel.ts';

/** Memory of one forest. */
interface Slot {
  buffer: ArrayBuffer;
  /** Bytes from the beginning of the buffer. */
  at: number;
  scores?: ForestArrays['scores'];
}

/** What scoring reads of a forest: see `RandomCutTrees`. */
export interface ForestArrays {
  cuts: Int32Array;
  /** The same memory as `cuts`. */
  values: Float32Array;
  box: Float32Array;
  range: Float64Array;
  points: Float32Array;
  mass: Uint16Array;
  root: Uint16Array;
  /** Sum of the scores of a point in all trees. Absent where there is no WebAssembly or no memory of it: `RandomCutTrees` says the same, more slowly. */
  scores: ((point: Float64Array) => number) | undefined;
}

/**
 * A memory of WebAssembly holds so many forests, or as many as find room in so many bytes, but one at least. It stays until all of them are
 * gone, so they are few.
 */
const TOGETHER = 4;
const ARENA = 4 * 2 ** 20;

/** A memory takes 10 GB of the 128 TB of addresses of a process, whatever is in it: a thread has so many at most. */
const MOST = 2048;
let live = 0;
const gone = new FinalizationRegistry<undefined>(() => live--);

/** One memory, whose slots are given out one after another. */
class Arena {
  readonly #slots: number;
  readonly #places: Places;
  readonly #assembled: Assembled<'score'>;
  readonly #point: Float64Array;
  #taken = 0;

  constructor(make: (bytes: number) => Assembled<'score'>, { sample, size }: Shape, places: Places) {
    const { shared, sharedBytes, forestBytes } = places;
    this.#slots = Math.max(1, Math.min(TOGETHER, Math.floor((ARENA - sharedBytes) / forestBytes)));
    this.#places = places;
    this.#assembled = make(sharedBytes + this.#slots * forestBytes);
    const { buffer } = this.#assembled;
    this.#point = new Float64Array(buffer, shared.point, 2 * size);
    const numbers = Array.from({ length: sample + 2 }, (_, n) => n);
    new Float64Array(buffer, shared.inverses, sample + 2).set(numbers.map((n) => 1 / n));
    new Float64Array(buffer, shared.logarithms, sample + 2).set(numbers.map((n) => Math.log2(n)));
  }

  get isFull(): boolean {
    return this.#taken === this.#slots;
  }

  take(): Slot {
    const { sharedBytes, forestBytes } = this.#places;
    const { buffer, routines } = this.#assembled;
    const at = sharedBytes + this.#taken++ * forestBytes;
    const scores = (point: Float64Array): number => {
      for (let c = 0; c < point.length; c++) this.#point[c] = point[c];
      return routines.score(at);
    };
    return { buffer, at, scores };
  }
}

/** Code for one shape, and its arena that has room: those that are full live as long as a forest in them. */
class Pool {
  readonly #shape: Shape;
  readonly #places: Places;
  readonly #make: (bytes: number) => Assembled<'score'>;
  #open: Arena | undefined;

  constructor(shape: Shape, places: Places) {
    this.#shape = shape;
    this.#places = places;
    this.#make = assemble([scoring(shape, places)]);
  }

  /** Throws where no memory can be had. */
  take(): Slot | undefined {
    const arena = this.#open ?? this.#another();
    const slot = arena?.take();
    this.#open = arena?.isFull === true ? undefined : arena;
    return slot;
  }

  #another(): Arena | undefined {
    if (live >= MOST) return undefined;
    const arena = new Arena(this.#make, this.#shape, this.#places);
    gone.register(arena, undefined);
    live++;
    return arena;
  }
}

const pools = new Map<string, Pool>();

/** Absent where there is no code: then none is assembled for each forest in vain. */
function poolFor(shape: Shape, places: Places): Pool | undefined {
  const key = `${shape.trees} ${shape.sample} ${shape.size}`;
  let pool = pools.get(key);
  if (pool === undefined && hasVectors()) pools.set(key, (pool = new Pool(shape, places)));
  return pool;
}

function slotFor(shape: Shape, places: Places): Slot | undefined {
  try {
    return poolFor(shape, places)?.take();
  } catch (thrown) {
    // No addresses left (`ulimit -v`).
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** Zeroed arrays of a forest. */
export function arraysFor(shape: Shape): ForestArrays {
  const { trees, sample, size } = shape;
  const places = placesOf(shape);
  const { forest } = places;
  const { buffer, at, scores } = slotFor(shape, places) ?? { buffer: new ArrayBuffer(places.forestBytes), at: 0 };
  const inner = trees * (sample - 1);
  return {
    cuts: new Int32Array(buffer, at + forest.cuts, 4 * inner),
    values: new Float32Array(buffer, at + forest.cuts, 4 * inner),
    box: new Float32Array(buffer, at + forest.box, 2 * size * inner),
    range: new Float64Array(buffer, at + forest.range, inner),
    points: new Float32Array(buffer, at + forest.points, trees * sample * size),
    mass: new Uint16Array(buffer, at + forest.mass, inner + trees * sample),
    root: new Uint16Array(buffer, at + forest.root, trees),
    scores,
  };
}
