/** Loops over matrices of 32-bit floats, four lanes at once, and the memory in which these matrices lie. */
import {
  all,
  assemble,
  get,
  less,
  load,
  minus,
  plus,
  repeat,
  set,
  spread,
  store,
  times,
  vAdd,
  vDivide,
  vMax,
  vMin,
  vMultiply,
  vNearest,
  vScale,
  vSubtract,
  whole,
  type Assembled,
  type Code,
  type Routine,
} from './assembler.ts';

/** A block of a product that is kept in registers has so many rows, and 8 columns. */
const BLOCK_ROWS = 4;

/** Numbers locals in the order of their names. */
function locals<N extends string>(...names: N[]): Record<N, number> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<N, number>;
}

/** c += a b, by blocks of 4 rows and 8 columns; distances in bytes. */
function multiply(): Routine<'multiply'> {
  const l = locals('a', 'aRow', 'aColumn', 'b', 'bRow', 'c', 'cRow', 'rows', 'width', 'depth', 'column', 'left', 'atB', 'atA');
  const atA = (r: number): number => l.atA + r;
  const atC = (r: number): number => l.atA + BLOCK_ROWS + r;
  const low = (r: number): number => l.atA + 2 * BLOCK_ROWS + 2 * r;
  const high = (r: number): number => low(r) + 1;
  const b0 = low(BLOCK_ROWS);
  const b1 = b0 + 1;
  const eachRow = (f: (r: number) => Code[]): Code[] => Array.from({ length: BLOCK_ROWS }, (_, r) => f(r)).flat();
  const step = [
    set(b0, load(get(l.atB))),
    set(b1, load(get(l.atB), 16)),
    ...eachRow((r) => [
      set(low(r), vAdd(get(low(r)), vMultiply(spread(get(atA(r))), get(b0)))),
      set(high(r), vAdd(get(high(r)), vMultiply(spread(get(atA(r))), get(b1)))),
      set(atA(r), plus(get(atA(r)), get(l.aColumn))),
    ]),
    set(l.atB, plus(get(l.atB), get(l.bRow))),
    set(l.left, minus(get(l.left), whole(1))),
  ];
  const block = [
    set(l.atB, plus(get(l.b), get(l.column))),
    ...eachRow((r) => [
      set(atA(r), r === 0 ? get(l.a) : plus(get(atA(r - 1)), get(l.aRow))),
      set(atC(r), r === 0 ? plus(get(l.c), get(l.column)) : plus(get(atC(r - 1)), get(l.cRow))),
      set(low(r), load(get(atC(r)))),
      set(high(r), load(get(atC(r)), 16)),
    ]),
    set(l.left, get(l.depth)),
    repeat(step, get(l.left)),
    ...eachRow((r) => [store(get(atC(r)), get(low(r))), store(get(atC(r)), get(high(r)), 16)]),
    set(l.column, plus(get(l.column), whole(32))),
  ];
  const rows = [
    set(l.column, whole(0)),
    repeat(block, less(get(l.column), get(l.width))),
    set(l.a, plus(get(l.a), times(get(l.aRow), whole(BLOCK_ROWS)))),
    set(l.c, plus(get(l.c), times(get(l.cRow), whole(BLOCK_ROWS)))),
    set(l.rows, minus(get(l.rows), whole(BLOCK_ROWS))),
  ];
  return { name: 'multiply', parameters: 10, wholes: 3 + 2 * BLOCK_ROWS, vectors: 2 * BLOCK_ROWS + 2, body: [repeat(rows, get(l.rows))] };
}

/** Terms of the series of 2^x used for |x| <= 1/2: the rest is below 1e-8. */
const TERMS = 7;
/** Arguments of the logistic function end here, where it is 0 or 1 to the last bit. */
const LARGEST = 80;

/** exp(-x), with the parts of its exponent in two locals. */
function expNegative(x: Code, exponent: number, rest: number): Code {
  let factor = 1;
  const terms = Array.from({ length: TERMS }, (_, k) => (factor *= k === 0 ? 1 : Math.LN2 / k));
  const series = terms.reduceRight<Code>((sum, term) => (sum.length === 0 ? all(term) : vAdd(all(term), vMultiply(get(rest), sum))), []);
  return [
    ...set(rest, vMultiply(all(-Math.LOG2E), vMax(all(-LARGEST), vMin(all(LARGEST), x)))),
    ...set(exponent, vNearest(get(rest))),
    ...set(rest, vSubtract(get(rest), get(exponent))),
    ...vScale(get(exponent), series),
  ];
}

/** Goes through cells of an LSTM, rows of `units` bytes with gates in rows of four such (input, forget, output, candidate): `unit` is the work on four cells. */
function eachCell<N extends Kernel>(name: N, pointers: readonly string[], l: Record<string, number>, vectors: number, unit: Code[]): Routine<N> {
  const column = [...unit, ...pointers.map((p) => set(l[p], plus(get(l[p]), whole(16)))), set(l.left, minus(get(l.left), whole(16)))];
  const row = [
    set(l.left, get(l.units)),
    repeat(column, get(l.left)),
    set(l.gates, plus(get(l.gates), times(get(l.units), whole(3)))),
    set(l.rows, minus(get(l.rows), whole(1))),
  ];
  return { name, parameters: pointers.length + 2, wholes: 1, vectors, body: [repeat(row, get(l.rows))] };
}

const gate = (l: Record<string, number>, k: number): Code => (k === 0 ? get(l.gates) : plus(get(l.gates), times(get(l.units), whole(k))));

/** Gates become active in place, then cell = forget * before + input * candidate, active = tanh(cell), out = output * active. */
function cellForward(): Routine<'cellForward'> {
  const l = locals(
    'gates',
    'before',
    'cell',
    'active',
    'out',
    'rows',
    'units',
    'left',
    'exponent',
    'remainder',
    'input',
    'forget',
    'output',
    'candidate',
    'value',
  );
  const sigmoid = (x: Code): Code => vDivide(all(1), vAdd(all(1), expNegative(x, l.exponent, l.remainder)));
  const tanh = (x: Code): Code => vSubtract(vMultiply(all(2), sigmoid(vMultiply(all(2), x))), all(1));
  const unit = [
    set(l.input, sigmoid(load(gate(l, 0)))),
    set(l.forget, sigmoid(load(gate(l, 1)))),
    set(l.output, sigmoid(load(gate(l, 2)))),
    set(l.candidate, tanh(load(gate(l, 3)))),
    ...[l.input, l.forget, l.output, l.candidate].map((local, k) => store(gate(l, k), get(local))),
    set(l.value, vAdd(vMultiply(get(l.forget), load(get(l.before))), vMultiply(get(l.input), get(l.candidate)))),
    store(get(l.cell), get(l.value)),
    set(l.value, tanh(get(l.value))),
    store(get(l.active), get(l.value)),
    store(get(l.out), vMultiply(get(l.output), get(l.value))),
  ];
  return eachCell('cellForward', ['gates', 'before', 'cell', 'active', 'out'], l, 7, unit);
}

/** From active gates to the gradients before their activation, in place; cellGradient goes to that of the step before. */
function cellBackward(): Routine<'cellBackward'> {
  const l = locals(
    'gates',
    'before',
    'active',
    'outGradient',
    'cellGradient',
    'rows',
    'units',
    'left',
    'input',
    'forget',
    'output',
    'candidate',
    'tanh',
    'above',
    'through',
  );
  /** a (1 - a): slope of the logistic function. */
  const slope = (a: number): Code => vMultiply(get(a), vSubtract(all(1), get(a)));
  const slopeOfTanh = (a: number): Code => vSubtract(all(1), vMultiply(get(a), get(a)));
  const unit = [
    ...[l.input, l.forget, l.output, l.candidate].map((local, k) => set(local, load(gate(l, k)))),
    set(l.tanh, load(get(l.active))),
    set(l.above, load(get(l.outGradient))),
    set(l.through, vAdd(load(get(l.cellGradient)), vMultiply(vMultiply(get(l.above), get(l.output)), slopeOfTanh(l.tanh)))),
    store(gate(l, 0), vMultiply(vMultiply(get(l.through), get(l.candidate)), slope(l.input))),
    store(gate(l, 1), vMultiply(vMultiply(get(l.through), load(get(l.before))), slope(l.forget))),
    store(gate(l, 2), vMultiply(vMultiply(get(l.above), get(l.tanh)), slope(l.output))),
    store(gate(l, 3), vMultiply(vMultiply(get(l.through), get(l.input)), slopeOfTanh(l.candidate))),
    store(get(l.cellGradient), vMultiply(get(l.through), get(l.forget))),
  ];
  return eachCell('cellBackward', ['gates', 'before', 'active', 'outGradient', 'cellGradient'], l, 7, unit);
}

type Kernel = 'multiply' | 'cellForward' | 'cellBackward';
let instantiate: ((bytes: number) => Assembled<Kernel>) | undefined;

/** Floats of a workspace from the `at`-th on; rows of a matrix are `stride` apart. */
export interface Part {
  values: Float32Array;
  at: number;
}
export interface Matrix extends Part {
  stride: number;
}

const address = ({ values, at }: Part): number => values.byteOffset + at * 4;

/** Memory in which matrices lie side by side, so that they can be worked on. Its size is fixed at the start. */
export class Workspace {
  readonly #buffer: ArrayBuffer;
  readonly #kernels: Assembled<Kernel>['routines'];
  #used = 0;

  /** Room for so many floats. */
  constructor(floats: number) {
    instantiate ??= assemble([multiply(), cellForward(), cellBackward()]);
    const { buffer, routines } = instantiate(floats * 4);
    this.#buffer = buffer;
    this.#kernels = routines;
  }

  /** The next `length` floats, 0 at first; a multiple of 4. */
  floats(length: number): Float32Array {
    const at = this.#used;
    this.#used += length * 4;
    return new Float32Array(this.#buffer, at, length);
  }

  /** c += a b: a is m * k, b is k * n, c is m * n; m a multiple of 4, n of 8, none 0. */
  addProduct(m: number, n: number, k: number, a: Matrix, b: Matrix, c: Matrix): void {
    this.#kernels.multiply(address(a), a.stride * 4, 4, address(b), b.stride * 4, address(c), c.stride * 4, m, n * 4, k);
  }

  /** c += a' b: a is k * m. */
  addTransposedProduct(m: number, n: number, k: number, a: Matrix, b: Matrix, c: Matrix): void {
    this.#kernels.multiply(address(a), 4, a.stride * 4, address(b), b.stride * 4, address(c), c.stride * 4, m, n * 4, k);
  }

  /** See the routine of this name: `rows` rows of `units` cells, a multiple of 4, and of four times so many gates. */
  cellForward(rows: number, units: number, gates: Part, before: Part, cell: Part, active: Part, out: Part): void {
    this.#kernels.cellForward(address(gates), address(before), address(cell), address(active), address(out), rows, units * 4);
  }

  cellBackward(rows: number, units: number, gates: Part, before: Part, active: Part, outGradient: Part, cellGradient: Part): void {
    this.#kernels.cellBackward(address(gates), address(before), address(active), address(outGradient), address(cellGradient), rows, units * 4);
  }
}
