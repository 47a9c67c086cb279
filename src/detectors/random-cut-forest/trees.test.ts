import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../core/random.ts';
import { RandomCutTrees } from './trees.ts';

type Point = readonly number[];
type Node = { points: Point[]; cut?: { dimension: number; value: number; left: Node; right: Node } };

const SIZE = 3;

/** The tree of three that is looked at. */
const TREE = 2;

/** A point as the trees take it. */
const doubled = (point: Point) => Float64Array.from(point.flatMap((x) => [x, -x]));

/** Trees of objects that hold all their points and look at them for every box. */
class Reference {
  root: Node | undefined;
  #draws = 0;
  readonly #random: CounterRandom;

  constructor(random: CounterRandom) {
    this.#random = random;
  }

  #draw(): number {
    return this.#random.at(TREE, this.#draws++).uniform();
  }

  /** What a point lies beyond the box of points, below and above in each dimension; and the ranges of the box together. */
  static beyond(points: readonly Point[], point: Point) {
    const sides = point.flatMap((x, d) => {
      const column = points.map((other) => other[d]);
      const low = Math.min(...column);
      const high = Math.max(...column);
      return [
        { dimension: d, from: x, to: low },
        { dimension: d, from: high, to: x },
      ].map((side) => ({ ...side, part: Math.max(0, side.to - side.from) }));
    });
    const range = point.reduce((sum, _, d) => sum + Math.max(...points.map((other) => other[d])) - Math.min(...points.map((other) => other[d])), 0);
    return { sides, range, grown: sides.reduce((sum, side) => sum + side.part, 0) };
  }

  insert(point: Point): void {
    this.root = this.root === undefined ? { points: [point] } : this.#into(this.root, point);
  }

  #into(node: Node, point: Point): Node {
    const { sides, range, grown } = Reference.beyond(node.points, point);
    const points = [...node.points, point];
    if (grown > 0) {
      const drawn = this.#draw();
      const probability = node.cut === undefined ? 1 : grown / (grown + range);
      if (drawn < probability) {
        let left = (drawn / probability) * grown;
        for (const { dimension, from, part } of sides) {
          if (part > 0 && left < part) {
            const value = Math.fround(from + left);
            const leaf = { points: [point] };
            const pair = point[dimension] <= value ? { left: leaf, right: node } : { left: node, right: leaf };
            return { points, cut: { dimension, value, ...pair } };
          }
          left -= part;
        }
      }
    }
    if (node.cut === undefined) return { points };
    const side = point[node.cut.dimension] <= node.cut.value ? 'left' : 'right';
    return { points, cut: { ...node.cut, [side]: this.#into(node.cut[side], point) } };
  }

  remove(point: Point): void {
    this.root = this.#without(this.root!, point);
  }

  #without(node: Node, point: Point): Node | undefined {
    const at = node.points.findIndex((other) => other.every((x, d) => x === point[d]));
    const points = node.points.toSpliced(at, 1);
    if (node.cut === undefined) return points.length === 0 ? undefined : { points };
    const side = point[node.cut.dimension] <= node.cut.value ? 'left' : 'right';
    const child = this.#without(node.cut[side], point);
    return child === undefined ? node.cut[side === 'left' ? 'right' : 'left'] : { points, cut: { ...node.cut, [side]: child } };
  }

  /** Score, and the part of each dimension in it where the point is not held. */
  score(point: Point, node = this.root!, depth = 0): { score: number; parts: number[] } {
    const { sides, range, grown } = Reference.beyond(node.points, point);
    const mine = point.map((_, d) => sides.reduce((sum, side) => sum + (side.dimension === d ? side.part : 0), 0));
    if (node.cut === undefined) {
      const mass = node.points.length;
      if (grown === 0) return { score: (1 - mass / (2 * this.root!.points.length)) / (depth + Math.log2(mass + 1)), parts: [] };
      return { score: 1 / (depth + 1), parts: mine.map((x) => x / grown / (depth + 1)) };
    }
    const below = this.score(point, node.cut[point[node.cut.dimension] <= node.cut.value ? 'left' : 'right'], depth + 1);
    if (grown === 0) return below;
    const probability = grown / (grown + range);
    return {
      score: probability / (depth + 1) + (1 - probability) * below.score,
      parts: below.parts.map((part, d) => (mine[d] / (grown + range)) * (1 / (depth + 1)) + (1 - probability) * part),
    };
  }
}

/** Points as a forest meets them: some whole numbers, so that values and points repeat. */
function points(count: number, whole: boolean, seed = 9): Point[] {
  const random = new CounterRandom(seed);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: SIZE }, (_, d) => (whole ? random.at(d, i).below(4) : Math.fround(random.at(d, i).normal() * 10 ** d))),
  );
}

describe('random cut trees', () => {
  it.each([
    ['normal values', false],
    ['few whole numbers, so that points repeat', true],
  ])('score as trees of objects do, points put in and taken out: %s', (_, whole) => {
    const trees = new RandomCutTrees(3, 16, SIZE, new CounterRandom(4));
    const reference = new Reference(new CounterRandom(4));
    const held: { point: Point; leaf: number }[] = [];
    const random = new CounterRandom(8);
    const asked = points(600, false, 10);
    points(600, whole).forEach((point, i) => {
      if (held.length === 16 || (held.length > 0 && random.at(0, i).uniform() < 0.3)) {
        const [out] = held.splice(random.at(1, i).below(held.length), 1);
        trees.remove(TREE, out.leaf);
        reference.remove(out.point);
      }
      held.push({ point, leaf: trees.insert(TREE, doubled(point)) });
      reference.insert(point);
      expect(trees.mass(TREE)).toBe(held.length);
      for (const other of [asked[i], point, held[0].point]) {
        const parts = new Float64Array(SIZE);
        const want = reference.score(other);
        expect(trees.score(TREE, doubled(other), parts), `step ${i}`).toBeCloseTo(want.score, 12);
        expect(trees.score(TREE, doubled(other))).toBeCloseTo(want.score, 12);
        if (want.parts.length > 0) want.parts.forEach((part, d) => expect(parts[d], `step ${i}, dimension ${d}`).toBeCloseTo(part, 12));
      }
    });
    expect([trees.mass(0), trees.mass(1)]).toEqual([0, 0]);
    for (const { leaf } of held) trees.remove(TREE, leaf);
    expect(trees.mass(TREE)).toBe(0);
  });

  it('score as trees whose points and cuts were multiplied one by one after a dimension was rescaled', () => {
    const trees = new RandomCutTrees(3, 64, SIZE, new CounterRandom(4));
    const reference = new Reference(new CounterRandom(4));
    const leaves = points(64, false).map((point) => {
      reference.insert(point);
      return trees.insert(TREE, doubled(point));
    });
    const scaled = ([a, b, c]: Point): Point => [a, b / 8, c];
    const whole = (node: Node): Node => ({
      points: node.points.map(scaled),
      cut: node.cut && {
        dimension: node.cut.dimension,
        value: node.cut.dimension === 1 ? node.cut.value / 8 : node.cut.value,
        left: whole(node.cut.left),
        right: whole(node.cut.right),
      },
    });
    trees.rescale(1, 1 / 8);
    reference.root = whole(reference.root!);
    points(30, false, 11).forEach((point, i) => {
      expect(trees.score(TREE, doubled(point))).toBeCloseTo(reference.score(point).score, 12);
      trees.remove(TREE, leaves[i]);
      reference.remove(scaled(points(64, false)[i]));
      trees.insert(TREE, doubled(point));
      reference.insert(point);
    });
  });

  it('keep what is multiplied within reach', () => {
    const trees = new RandomCutTrees(1, 16, SIZE, new CounterRandom(4));
    for (const point of points(16, false)) trees.insert(0, doubled(point));
    trees.rescale(2, 2 ** 120);
    const score = trees.score(0, doubled([0, 0, 0]));
    expect(Number.isFinite(score)).toBe(true);
    expect(trees.score(0, doubled([0, 0, 1e30]))).toBeLessThan(1);
  });
});
