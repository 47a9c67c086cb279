/** Random cut trees in typed arrays: many trees of one size side by side, points put in and taken out one by one. */
import type { CounterRandom } from '../../core/random.ts';
import { arraysFor } from './arena.ts';

/** Largest distance from 0, so that sums of ranges stay finite. */
export const FARTHEST = 1e30;

/** Numbers of a cut, and where they are in it. */
const CUT = 4;
const LEFT = 1;
const RIGHT = 2;
const VALUE = 3;

/** No node. */
const NONE = 0xffff;

/**
 * Trees of Guha et al. (2016). A tree of `sample` leaves has nodes 0 .. sample - 2 inside and leaves from sample - 1 on; equal points share a
 * leaf. A box holds the least value of all points below and the least of all negated values, dimension after dimension; a point comes in
 * the same form, x and -x, so that it lies beyond a box where a number of the box is larger than its own. Numbers are 32-bit floats,
 * those of the points too, so that boxes are exact.
 */
export class RandomCutTrees {
  readonly #sample: number;
  readonly #inner: number;
  readonly #size: number;
  readonly #random: CounterRandom;
  /**
   * Of each inner node, side by side for the cache: place in a point of the dimension that it cuts, its left child (up to the value of the
   * cut), its right child, the value.
   */
  readonly #cuts: Int32Array;
  readonly #values: Float32Array;
  /** Of each inner node: its box, and the sum of the box's ranges. */
  readonly #box: Float32Array;
  readonly #range: Float64Array;
  /** Of each leaf: its point. */
  readonly #points: Float32Array;
  /** Of each node, leaves included: how many points are below; and its parent. */
  readonly #mass: Uint16Array;
  readonly #parent: Uint16Array;
  /** Of each tree: root, random numbers drawn; inner nodes and leaves that are not in use, a stack each with its height. */
  readonly #root: Uint16Array;
  readonly #draws: Float64Array;
  readonly #freeInner: Uint16Array;
  readonly #freeLeaves: Uint16Array;
  readonly #freeCounts: Uint16Array;
  /** `scores` in one call. */
  readonly #scores: ((point: Float64Array) => number) | undefined;
  /** Scratch: the nodes from the root to a leaf; numbers of a point that lie beyond a box; a leaf as a box; the cut chosen last. */
  readonly #path: Uint16Array;
  readonly #numbers: Uint16Array;
  readonly #leafBox: Float32Array;
  #cutDimension = 0;
  #cutValue = 0;

  constructor(trees: number, sample: number, size: number, random: CounterRandom) {
    const inner = sample - 1;
    this.#sample = sample;
    this.#inner = inner;
    this.#size = size;
    this.#random = random;
    const { cuts, values, box, range, points, mass, root, scores } = arraysFor({ trees, sample, size });
    this.#cuts = cuts;
    this.#values = values;
    this.#box = box;
    this.#range = range;
    this.#points = points;
    this.#mass = mass;
    this.#root = root.fill(NONE);
    this.#scores = scores;
    this.#parent = new Uint16Array(trees * (inner + sample));
    this.#draws = new Float64Array(trees);
    this.#freeInner = new Uint16Array(trees * inner);
    for (let i = 0; i < this.#freeInner.length; i++) this.#freeInner[i] = inner - 1 - (i % inner);
    this.#freeLeaves = new Uint16Array(trees * sample);
    for (let i = 0; i < this.#freeLeaves.length; i++) this.#freeLeaves[i] = inner + sample - 1 - (i % sample);
    this.#freeCounts = new Uint16Array(2 * trees);
    for (let i = 0; i < this.#freeCounts.length; i++) this.#freeCounts[i] = i % 2 === 0 ? inner : sample;
    this.#path = new Uint16Array(inner + sample);
    this.#numbers = new Uint16Array(2 * size);
    this.#leafBox = new Float32Array(2 * size);
  }

  /** How many points are in a tree. */
  mass(tree: number): number {
    const root = this.#root[tree];
    return root === NONE ? 0 : this.#mass[tree * (this.#inner + this.#sample) + root];
  }

  /** Uniform in [0, 1): the next number of the tree's own stream. */
  draw(tree: number): number {
    return this.#random.at(tree, this.#draws[tree]++).uniform();
  }

  /** Puts a point in and returns its leaf (algorithm 2 of the paper). */
  insert(tree: number, point: Float64Array): number {
    const inner = this.#inner;
    const nodes = tree * (inner + this.#sample);
    let node = this.#root[tree];
    if (node === NONE) return (this.#root[tree] = this.#newLeaf(tree, point, NONE));
    let parent = NONE;
    while (node < inner) {
      const at = tree * inner + node;
      const outside = this.#outside(at, point);
      if (outside > 0) {
        const drawn = this.draw(tree);
        if (drawn < outside) {
          this.#choose(this.#box, at * 2 * this.#size, drawn / outside, point);
          return this.#branch(tree, node, parent, point);
        }
        this.#extend(at, point);
      }
      this.#mass[nodes + node]++;
      parent = node;
      node = this.#child(at, point);
    }
    const from = (tree * this.#sample + node - inner) * this.#size;
    if (this.#differs(point, from)) {
      for (let d = 0; d < this.#size; d++) this.#leafBox[2 * d + 1] = -(this.#leafBox[2 * d] = this.#points[from + d]);
      this.#choose(this.#leafBox, 0, this.draw(tree), point);
      return this.#branch(tree, node, parent, point);
    }
    this.#mass[nodes + node]++;
    return node;
  }

  /** The child of an inner node on whose side of the cut a point lies. */
  #child(at: number, point: Float64Array): number {
    const cuts = this.#cuts;
    const k = at * CUT;
    return cuts[k + LEFT + Number(point[cuts[k]] > this.#values[k + VALUE])];
  }

  /** Whether a point is another than the one at `from`. */
  #differs(point: Float64Array, from: number): boolean {
    for (let d = 0; d < this.#size; d++) if (point[2 * d] !== this.#points[from + d]) return true;
    return false;
  }

  /** Chooses a cut that parts the point from a box, uniformly along what it lies beyond. */
  #choose(box: Float32Array, at: number, uniform: number, point: Float64Array): void {
    let beyond = 0;
    for (let c = 0; c < point.length; c++) beyond += Math.max(0, box[at + c] - point[c]);
    let left = uniform * beyond;
    for (let c = 0; c < point.length && left >= 0; c++) {
      const part = box[at + c] - point[c];
      if (part <= 0) continue;
      const least = c % 2 === 0 ? point[c] : -box[at + c];
      const most = c % 2 === 0 ? box[at + c] : -point[c];
      const cut = Math.fround(least + left);
      this.#cutDimension = c >> 1;
      // Rounded up to the far end, the cut would part nothing.
      this.#cutValue = cut < most ? cut : least;
      left -= part;
    }
  }

  /** Puts a new inner node with the drawn cut in the place of `node`, which becomes its child beside a new leaf. */
  #branch(tree: number, node: number, parent: number, point: Float64Array): number {
    const inner = this.#inner;
    const nodes = tree * (inner + this.#sample);
    const made = this.#freeInner[tree * inner + --this.#freeCounts[2 * tree]];
    const leaf = this.#newLeaf(tree, point, made);
    const at = tree * inner + made;
    const left = point[2 * this.#cutDimension] <= this.#cutValue;
    this.#cuts[at * CUT] = 2 * this.#cutDimension;
    this.#values[at * CUT + VALUE] = this.#cutValue;
    this.#cuts[at * CUT + LEFT] = left ? leaf : node;
    this.#cuts[at * CUT + RIGHT] = left ? node : leaf;
    this.#mass[nodes + made] = this.#mass[nodes + node] + 1;
    this.#parent[nodes + made] = parent;
    this.#parent[nodes + node] = made;
    this.#join(tree, made);
    this.#hang(tree, parent, node, made);
    return leaf;
  }

  #newLeaf(tree: number, point: Float64Array, parent: number): number {
    const sample = this.#sample;
    const leaf = this.#freeLeaves[tree * sample + --this.#freeCounts[2 * tree + 1]];
    for (let d = 0, k = (tree * sample + leaf - this.#inner) * this.#size; d < this.#size; d++, k++) this.#points[k] = point[2 * d];
    this.#mass[tree * (this.#inner + sample) + leaf] = 1;
    this.#parent[tree * (this.#inner + sample) + leaf] = parent;
    return leaf;
  }

  /** `now` takes the place of `before` below `parent`, or as root. */
  #hang(tree: number, parent: number, before: number, now: number): void {
    if (parent === NONE) this.#root[tree] = now;
    else {
      const k = (tree * this.#inner + parent) * CUT;
      this.#cuts[k + (this.#cuts[k + LEFT] === before ? LEFT : RIGHT)] = now;
    }
  }

  /** Takes one point of a leaf out; the leaf goes with its last (the sibling takes the place of the parent). */
  remove(tree: number, leaf: number): void {
    const inner = this.#inner;
    const nodes = tree * (inner + this.#sample);
    let node = this.#parent[nodes + leaf];
    if (--this.#mass[nodes + leaf] > 0) {
      for (; node !== NONE; node = this.#parent[nodes + node]) this.#mass[nodes + node]--;
      return;
    }
    this.#freeLeaves[tree * this.#sample + this.#freeCounts[2 * tree + 1]++] = leaf;
    if (node === NONE) {
      this.#root[tree] = NONE;
      return;
    }
    const k = (tree * inner + node) * CUT;
    const sibling = this.#cuts[k + (this.#cuts[k + LEFT] === leaf ? RIGHT : LEFT)];
    const parent = this.#parent[nodes + node];
    this.#freeInner[tree * inner + this.#freeCounts[2 * tree]++] = node;
    this.#parent[nodes + sibling] = parent;
    this.#hang(tree, parent, node, sibling);
    let shrinks = true;
    for (node = parent; node !== NONE; node = this.#parent[nodes + node]) {
      this.#mass[nodes + node]--;
      shrinks &&= this.#shrink(tree, node, (tree * this.#sample + leaf - inner) * this.#size);
    }
  }

  #extend(at: number, point: Float64Array): void {
    const box = this.#box;
    let range = 0;
    for (let c = 0, k = at * 2 * this.#size; c < point.length; c++, k++) {
      if (point[c] < box[k]) box[k] = point[c];
      range -= box[k];
    }
    this.#range[at] = range;
  }

  /**
   * Makes the box of a node that of its children after the point at `from` has gone from below: it can shrink only where the point lay on
   * its surface. Whether it changed.
   */
  #shrink(tree: number, node: number, from: number): boolean {
    const box = this.#box;
    const at = tree * this.#inner + node;
    let changed = false;
    for (let d = 0, k = at * 2 * this.#size; d < this.#size; d++, k += 2) {
      const x = this.#points[from + d];
      if (x <= box[k] && this.#renew(tree, node, 2 * d)) changed = true;
      if (-x <= box[k + 1] && this.#renew(tree, node, 2 * d + 1)) changed = true;
    }
    if (changed) this.#sum(at);
    return changed;
  }

  /** Makes one number of the box of a node that of its children; whether it changed. */
  #renew(tree: number, node: number, c: number): boolean {
    const at = tree * this.#inner + node;
    const k = at * 2 * this.#size + c;
    const least = Math.min(this.#least(tree, this.#cuts[at * CUT + LEFT], c), this.#least(tree, this.#cuts[at * CUT + RIGHT], c));
    const changed = least !== this.#box[k];
    this.#box[k] = least;
    return changed;
  }

  /** A number of the box of a node or leaf. */
  #least(tree: number, node: number, c: number): number {
    if (node < this.#inner) return this.#box[(tree * this.#inner + node) * 2 * this.#size + c];
    const x = this.#points[(tree * this.#sample + node - this.#inner) * this.#size + (c >> 1)];
    return c % 2 === 0 ? x : -x;
  }

  /** Sums the ranges of a box. */
  #sum(at: number): void {
    let range = 0;
    for (let k = at * 2 * this.#size, end = k + 2 * this.#size; k < end; k++) range -= this.#box[k];
    this.#range[at] = range;
  }

  /** Makes the box of a node that of its children; whether it changed. */
  #join(tree: number, node: number): boolean {
    const inner = this.#inner;
    const size = this.#size;
    const box = this.#box;
    const at = tree * inner + node;
    const left = this.#cuts[at * CUT + LEFT];
    const right = this.#cuts[at * CUT + RIGHT];
    const one = left >= inner ? this.#points : box;
    const other = right >= inner ? this.#points : box;
    let a = left >= inner ? (tree * this.#sample + left - inner) * size : (tree * inner + left) * 2 * size;
    let b = right >= inner ? (tree * this.#sample + right - inner) * size : (tree * inner + right) * 2 * size;
    let changed = false;
    let range = 0;
    for (let d = 0, k = at * 2 * size; d < size; d++, k += 2) {
      const lowA = one[a++];
      const highA = left >= inner ? -lowA : one[a++];
      const lowB = other[b++];
      const highB = right >= inner ? -lowB : other[b++];
      const low = lowA < lowB ? lowA : lowB;
      const high = highA < highB ? highA : highB;
      if (box[k] !== low || box[k + 1] !== high) changed = true;
      box[k] = low;
      box[k + 1] = high;
      range -= low;
      range -= high;
    }
    this.#range[at] = range;
    return changed;
  }

  /** Sum of the scores of a point in all trees, none of which may be empty. */
  scores(point: Float64Array): number {
    if (this.#scores !== undefined) return this.#scores(point);
    let sum = 0;
    for (let tree = 0; tree < this.#root.length; tree++) sum += this.score(tree, point);
    return sum;
  }

  /** Multiplies a dimension of everything held by a power of two, which is exact. */
  rescale(dimension: number, factor: number): void {
    const size = this.#size;
    const box = this.#box;
    const scaled = (x: number) => Math.max(-FARTHEST, Math.min(FARTHEST, x * factor));
    for (let k = dimension; k < this.#points.length; k += size) this.#points[k] = scaled(this.#points[k]);
    for (let k = 2 * dimension; k < box.length; k += 2 * size) {
      box[k] = scaled(box[k]);
      box[k + 1] = scaled(box[k + 1]);
    }
    for (let at = 0, k = 0; at < this.#range.length; at++) {
      if (this.#cuts[at * CUT] === 2 * dimension) this.#values[at * CUT + VALUE] = scaled(this.#values[at * CUT + VALUE]);
      let range = 0;
      for (let c = 0; c < 2 * size; c++, k++) range -= box[k];
      this.#range[at] = range;
    }
  }

  /**
   * Score of a point in a tree as the Java implementation of random cut forests defines it: the expected value of 1 / (depth + 1) of the
   * node at which the point would have been parted from the tree; less for a point that the tree holds. With `parts`, what each dimension
   * has in it is added there.
   */
  score(tree: number, point: Float64Array, parts?: Float64Array): number {
    const inner = this.#inner;
    const size = this.#size;
    const path = this.#path;
    const nodes = tree * (inner + this.#sample);
    let node = this.#root[tree];
    let depth = 0;
    while (node < inner) {
      const at = tree * inner + node;
      path[depth++] = node;
      node = this.#child(at, point);
    }
    const from = (tree * this.#sample + node - inner) * size;
    let count = this.#beyond(point, from);
    if (count === 0) {
      const mass = this.#mass[nodes + node];
      return (1 - mass / (2 * this.#mass[nodes + this.#root[tree]])) / (depth + Math.log2(mass + 1));
    }
    const deepest = depth;
    const box = this.#box;
    const beyond = this.#numbers;
    let score = 1 / (depth + 1);
    while (depth > 0) {
      const at = tree * inner + path[depth - 1];
      const base = at * 2 * size;
      let kept = 0;
      // Twice what the box would grow by. No branches here: they would be guessed wrong half of the time.
      let grown = 0;
      for (let i = 0; i < count; i++) {
        const c = beyond[i];
        const part = box[base + c] - point[c];
        beyond[kept] = c;
        kept += Number(part > 0);
        grown += part + Math.abs(part);
      }
      if (kept === 0) break;
      count = kept;
      score += (grown / (grown + 2 * this.#range[at])) * (1 / depth - score);
      depth--;
    }
    if (parts !== undefined) this.#explain(tree, point, depth, deepest, from, parts);
    return score;
  }

  /**
   * Lists the numbers of a point that lie beyond those of a leaf. Boxes further up hold the leaf's, so no others can lie beyond them:
   * on the way up the list only gets shorter.
   */
  #beyond(point: Float64Array, from: number): number {
    const beyond = this.#numbers;
    const points = this.#points;
    let count = 0;
    for (let d = 0; d < this.#size; d++) {
      const x = point[2 * d];
      const held = points[from + d];
      beyond[count] = 2 * d + Number(x > held);
      count += Number(x !== held);
    }
    return count;
  }

  /** Probability that a cut of the box of an inner node and the point parts the two: what the box would grow by, as a share of the grown box. */
  #outside(at: number, point: Float64Array): number {
    const box = this.#box;
    let twice = 0;
    for (let c = 0, k = at * 2 * this.#size; c < point.length; c += 2, k += 2) {
      const below = box[k] - point[c];
      const above = box[k + 1] - point[c + 1];
      // No branch to be guessed wrong: twice the one that is above 0.
      twice += below + Math.abs(below) + (above + Math.abs(above));
    }
    return twice === 0 ? 0 : twice / (twice + 2 * this.#range[at]);
  }

  /** Adds the part of each dimension in a score: on the way down, what is left of it is shared by the dimensions in which a box is left. */
  #explain(tree: number, point: Float64Array, top: number, deepest: number, leaf: number, parts: Float64Array): void {
    const size = this.#size;
    const box = this.#box;
    let rest = 1;
    for (let depth = top; depth < deepest; depth++) {
      const at = tree * this.#inner + this.#path[depth];
      const base = at * 2 * size;
      let grown = 0;
      for (let c = 0; c < point.length; c++) grown += Math.max(0, box[base + c] - point[c]);
      const share = rest / (grown + this.#range[at]) / (depth + 1);
      for (let c = 0; c < point.length; c++) parts[c >> 1] += Math.max(0, box[base + c] - point[c]) * share;
      rest -= (rest * grown) / (grown + this.#range[at]);
    }
    let away = 0;
    for (let d = 0; d < size; d++) away += Math.abs(point[2 * d] - this.#points[leaf + d]);
    for (let d = 0; d < size; d++) parts[d] += ((Math.abs(point[2 * d] - this.#points[leaf + d]) / away) * rest) / (deepest + 1);
  }

  /** The arrays that are the state, always in the same order. */
  blocks(): ArrayBufferView[] {
    const shape = [this.#root, this.#draws, this.#freeCounts, this.#freeInner, this.#freeLeaves, this.#parent, this.#mass];
    return [...shape, this.#cuts, this.#points, this.#range, this.#box];
  }
}
