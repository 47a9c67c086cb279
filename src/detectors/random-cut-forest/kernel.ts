/** The scores of a point in all trees of a forest in one call, as WebAssembly: the operations of `RandomCutTrees.score` in the same order. */
import {
  all,
  below,
  both,
  either,
  equals,
  exceeds,
  firsts,
  fromWhole,
  get,
  lane,
  less,
  load,
  loadBoth,
  loadHalf,
  loadPair,
  loadReal,
  loadSingle,
  loadWhole,
  minus,
  pAdd,
  pDivide,
  pHigher,
  pick,
  plus,
  pSubtract,
  rAdd,
  rDivide,
  real,
  repeat,
  rMultiply,
  rSubtract,
  seconds,
  set,
  storeWhole,
  times,
  when,
  whole,
  type Code,
  type Routine,
} from '../../math/assembler.ts';

export interface Shape {
  trees: number;
  sample: number;
  size: number;
}

/** Where things lie, in bytes: the arrays of a forest from its beginning, what all forests share from the beginning of the memory. */
export interface Places {
  forest: Record<'cuts' | 'box' | 'range' | 'points' | 'mass' | 'root', number>;
  forestBytes: number;
  /** A point; 1 / n and log2(n) for n from 0 to sample + 1; scratch. */
  shared: Record<'point' | 'inverses' | 'logarithms' | 'scratch', number>;
  sharedBytes: number;
}

/** So many trees are gone down side by side: while one waits for memory, the others go on. */
const TOGETHER = 5;

/** Bytes of a cut, and where the numbers are in it. */
const CUT = 16;
const CHILDREN = 4;
const VALUE = 12;

/** Dimensions whose code is written out; where there are more, they are gone through by so many at once. */
const WRITTEN_OUT = 16;
const AT_ONCE = 8;

/** Bytes of the way down a tree: depth and leaf, a 0 that is no node, the nodes from the root to the leaf. */
const wayBytes = ({ sample }: Shape): number => 4 * (sample + 3);
const NODES = 12;

/** Things of so many bytes one behind the other, each from the beginning of a line of the cache on. */
function sideBySide<N extends string>(lengths: Record<N, number>): { places: Record<N, number>; bytes: number } {
  let bytes = 0;
  const places = {} as Record<N, number>;
  for (const name in lengths) {
    places[name] = bytes;
    bytes += Math.ceil(lengths[name] / 64) * 64;
  }
  return { places, bytes };
}

export function placesOf(shape: Shape): Places {
  const { trees, sample, size } = shape;
  const inner = trees * (sample - 1);
  const forest = sideBySide({
    cuts: CUT * inner,
    box: 8 * size * inner,
    range: 8 * inner,
    points: 4 * size * sample * trees,
    mass: 2 * (inner + sample * trees),
    root: 2 * trees,
  });
  const table = 8 * (sample + 2);
  const shared = sideBySide({ point: 16 * size, inverses: table, logarithms: table, scratch: TOGETHER * wayBytes(shape) });
  return { forest: forest.places, forestBytes: forest.bytes, shared: shared.places, sharedBytes: shared.bytes };
}

/** Locals in the order of their kinds. */
function locals() {
  let made = 0;
  const some = (count: number): number[] => Array.from({ length: count }, () => made++);
  const [from] = some(1);
  const each = { node: some(TOGETHER), base: some(TOGETHER), cut: some(TOGETHER), depth: some(TOGETHER) };
  const [tree, way, step, k, leaf, above, one, other, point, same, mass] = some(11);
  const wholes = made - 1;
  const [grownOne, grownOther, grown] = some(3);
  const [sum, score] = some(2);
  return { from, each, tree, way, step, k, leaf, above, one, other, point, same, mass, wholes, grownOne, grownOther, grown, sum, score };
}
type Locals = ReturnType<typeof locals>;

const add = (local: number, code: Code): Code => set(local, plus(get(local), code));
const scaled = (code: Code, bytes: number): Code => times(code, whole(bytes));

/** Goes down `TOGETHER` trees from `tree` on. Behind the last tree it is the last one once more, which is not looked at. */
function descent(l: Locals, { trees, sample, size }: Shape, { forest, shared }: Places): Code[] {
  const inner = sample - 1;
  const way = wayBytes({ trees, sample, size });
  const { node, base, cut, depth } = l.each;
  const isInside = (k: number): Code => less(get(node[k]), whole(inner));
  const begin = (k: number): Code[] => [
    set(l.k, k === 0 ? get(l.tree) : pick(less(plus(get(l.tree), whole(k)), whole(trees)), plus(get(l.tree), whole(k)), whole(trees - 1))),
    set(node[k], loadHalf(plus(get(l.from), scaled(get(l.k), 2)), forest.root)),
    set(base[k], plus(get(l.from), scaled(get(l.k), inner * CUT))),
    set(depth[k], whole(0)),
  ];
  const isRight = (k: number): Code =>
    exceeds(loadReal(scaled(loadWhole(get(cut[k]), forest.cuts), 8), shared.point), loadSingle(get(cut[k]), forest.cuts + VALUE));
  // No branches, which would be guessed wrong: what has come to a leaf reads the first cut, and stays.
  const down = (k: number): Code[] => [
    set(cut[k], plus(get(base[k]), scaled(pick(isInside(k), get(node[k]), whole(0)), CUT))),
    storeWhole(get(l.step), get(node[k]), shared.scratch + k * way + NODES),
    add(depth[k], isInside(k)),
    set(node[k], pick(isInside(k), loadWhole(plus(get(cut[k]), scaled(isRight(k), 4)), forest.cuts + CHILDREN), get(node[k]))),
  ];
  const eachTree = (f: (k: number) => Code[]): Code[] => node.flatMap((_, k) => f(k));
  return [
    ...eachTree(begin),
    set(l.step, whole(0)),
    repeat([...eachTree(down), add(l.step, whole(4))], node.map((_, k) => isInside(k)).reduce(either)),
    ...eachTree((k) => [storeWhole(whole(0), get(depth[k]), shared.scratch + k * way), storeWhole(whole(0), get(node[k]), shared.scratch + k * way + 4)]),
  ];
}

/** What the boxes at `one` and `other` would grow by, summed dimension after dimension, both at once. */
function growth(l: Locals, { size }: Shape, { forest, shared }: Places): Code[] {
  const part = (box: number, d: number): Code => pHigher(all(0), pSubtract(loadPair(get(box), forest.box + 8 * d), load(get(l.point), shared.point + 16 * d)));
  const dimension = (d: number): Code[] => [
    set(l.grownOne, part(l.one, d)),
    set(l.grownOther, part(l.other, d)),
    set(l.grown, pAdd(get(l.grown), pAdd(firsts(get(l.grownOne), get(l.grownOther)), seconds(get(l.grownOne), get(l.grownOther))))),
  ];
  const dimensions = (count: number): Code[] => Array.from({ length: count }, (_, d) => dimension(d)).flat();
  const begin = [set(l.grown, all(0)), set(l.point, whole(0))];
  if (size <= WRITTEN_OUT) return [...begin, ...dimensions(size)];
  const looped = size - (size % AT_ONCE);
  const go = [add(l.one, whole(8 * AT_ONCE)), add(l.other, whole(8 * AT_ONCE)), add(l.point, whole(16 * AT_ONCE))];
  return [...begin, repeat([...dimensions(AT_ONCE), ...go], less(get(l.point), whole(16 * looped))), ...dimensions(size - looped)];
}

/** The score from the leaf up, two boxes at a time, until one holds the point. */
function ascent(l: Locals, shape: Shape, places: Places): Code[] {
  const { size } = shape;
  const { forest, shared } = places;
  const inverse = (before: number): Code => loadReal(scaled(get(l.step), 8), shared.inverses - 8 * before);
  const node = (before: number): Code => loadWhole(plus(get(l.way), scaled(get(l.step), 4)), shared.scratch + NODES - 4 - 4 * before);
  const blend = (which: 0 | 1): Code => set(l.score, rAdd(get(l.score), rMultiply(lane(get(l.grown), which), rSubtract(inverse(which), get(l.score)))));
  const ofForest = (above: number, bytes: number): Code => plus(get(l.from), scaled(plus(get(l.above), get(above)), bytes));
  const pair = [
    set(l.k, node(0)),
    set(l.leaf, node(1)),
    set(l.one, ofForest(l.k, 8 * size)),
    set(l.other, ofForest(l.leaf, 8 * size)),
    ...growth(l, shape, places),
    set(l.grown, pDivide(get(l.grown), pAdd(get(l.grown), loadBoth(ofForest(l.k, 8), ofForest(l.leaf, 8), forest.range)))),
    blend(0),
    when(below(whole(1), get(l.step)), [blend(1)]),
    add(l.step, whole(-2)),
  ];
  return [
    set(l.score, loadReal(scaled(get(l.step), 8), shared.inverses + 8)),
    when(get(l.step), [repeat(pair, both(below(whole(0), get(l.step)), exceeds(lane(get(l.grown), 1), real(0))))]),
  ];
}

/** The score of a point that the leaf `leaf` at depth `step` holds. */
function held(l: Locals, { sample }: Shape, { forest, shared }: Places): Code[] {
  const massOf = (node: Code): Code => loadHalf(plus(get(l.from), scaled(plus(scaled(get(l.tree), 2 * sample - 1), node), 2)), forest.mass);
  const root = loadHalf(plus(get(l.from), scaled(get(l.tree), 2)), forest.root);
  const share = rDivide(fromWhole(get(l.mass)), fromWhole(scaled(massOf(root), 2)));
  return [
    set(l.mass, massOf(get(l.leaf))),
    set(l.score, rDivide(rSubtract(real(1), share), rAdd(fromWhole(get(l.step)), loadReal(scaled(get(l.mass), 8), shared.logarithms + 8)))),
  ];
}

/** `score(from)`: the sum of the scores in all trees, none of them empty, of the forest that begins there. */
export function scoring(shape: Shape, places: Places): Routine<'score'> {
  const { trees, sample, size } = shape;
  const { forest, shared } = places;
  const l = locals();
  const way = wayBytes(shape);
  const leafAt = plus(get(l.from), scaled(plus(scaled(get(l.tree), sample), minus(get(l.leaf), whole(sample - 1))), 4 * size));
  const compare = [
    set(l.same, equals(loadSingle(get(l.one), forest.points), loadReal(get(l.point), shared.point))),
    add(l.one, whole(4)),
    add(l.point, whole(16)),
  ];
  const tree = [
    set(l.step, loadWhole(get(l.way), shared.scratch)),
    set(l.leaf, loadWhole(get(l.way), shared.scratch + 4)),
    set(l.above, scaled(get(l.tree), sample - 1)),
    set(l.one, leafAt),
    set(l.point, whole(0)),
    repeat(compare, both(get(l.same), less(get(l.point), whole(16 * size)))),
    when(get(l.same), held(l, shape, places), ascent(l, shape, places)),
    set(l.sum, rAdd(get(l.sum), get(l.score))),
    add(l.tree, whole(1)),
    add(l.way, whole(way)),
  ];
  const isMore = less(get(l.tree), whole(trees));
  const together = [...descent(l, shape, places), set(l.way, whole(0)), repeat(tree, both(isMore, less(get(l.way), whole(TOGETHER * way))))];
  const body = [repeat(together, isMore)];
  return { name: 'score', parameters: 1, wholes: l.wholes, vectors: 3, reals: 2, body, result: get(l.sum) };
}
