/**
 * Instructions of WebAssembly as expressions (WebAssembly 2.0, section 5), as many as numeric loops over floats need: JavaScript has no
 * vector instructions. Each operation rounds as IEEE 754 says, so results are the same on every machine. `v` stands for four floats.
 */

/** Bytes of instructions. */
export type Code = number[];

const I32 = 0x7f;
const F64 = 0x7c;
const V128 = 0x7b;
const EMPTY = 0x40;

function unsigned(value: number): Code {
  const out: Code = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest];
}

function signed(value: number): Code {
  const out: Code = [];
  let rest = value;
  for (; rest < -64 || rest >= 64; rest >>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest & 0x7f];
}

const vector = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const text = (word: string): Code => sized([...new TextEncoder().encode(word)]);
const lanes = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const word = (value: number): Code => [...new Uint8Array(Int32Array.of(value).buffer)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const whole = (value: number): Code => [0x41, ...signed(value)];
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const minus = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const less = (a: Code, b: Code): Code => [...a, ...b, 0x49];
/** `less` is of numbers without a sign, this of numbers with one. */
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x48];
export const both = (a: Code, b: Code): Code => [...a, ...b, 0x71];
export const either = (a: Code, b: Code): Code => [...a, ...b, 0x72];
/** `a` where the condition is not 0, else `b`; both are worked out. */
export const pick = (condition: Code, a: Code, b: Code): Code => [...a, ...b, ...condition, 0x1b];
/** Runs the body where the condition is not 0, else the other one. */
export const when = (condition: Code, body: Code[], otherwise: Code[] = []): Code => [
  ...condition,
  0x04,
  EMPTY,
  ...body.flat(),
  ...(otherwise.length === 0 ? [] : [0x05, ...otherwise.flat()]),
  0x0b,
];
export const loadWhole = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const loadHalf = (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)];
export const storeWhole = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)];
/** Runs the body, and again while `again` is not 0. */
export const repeat = (body: Code[], again: Code): Code => [0x03, EMPTY, ...body.flat(), ...again, 0x0d, 0, 0x0b];

/** 64-bit floats, `r`; `loadSingle` widens a 32-bit one. */
export const real = (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];
export const loadReal = (address: Code, offset = 0): Code => [...address, 0x2b, 3, ...unsigned(offset)];
export const loadSingle = (address: Code, offset = 0): Code => [...address, 0x2a, 2, ...unsigned(offset), 0xbb];
export const fromWhole = (a: Code): Code => [...a, 0xb8];
export const equals = (a: Code, b: Code): Code => [...a, ...b, 0x61];
export const exceeds = (a: Code, b: Code): Code => [...a, ...b, 0x64];
export const rAdd = (a: Code, b: Code): Code => [...a, ...b, 0xa0];
export const rSubtract = (a: Code, b: Code): Code => [...a, ...b, 0xa1];
export const rMultiply = (a: Code, b: Code): Code => [...a, ...b, 0xa2];
export const rDivide = (a: Code, b: Code): Code => [...a, ...b, 0xa3];

/** Pairs of 64-bit floats, `p`: `loadPair` widens two 32-bit floats, `firsts` and `seconds` pair the same lane of two pairs. */
export const loadPair = (address: Code, offset = 0): Code => [...address, ...lanes(0x5d), 2, ...unsigned(offset), ...lanes(0x5f)];
/** A 64-bit float of memory in the first lane, another in the second. */
export const loadBoth = (first: Code, second: Code, offset = 0): Code => [
  ...second,
  ...first,
  ...lanes(0x5d),
  3,
  ...unsigned(offset),
  ...lanes(0x57),
  3,
  ...unsigned(offset),
  1,
];
export const firsts = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0x0d), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
export const seconds = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0x0d), 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];
export const lane = (a: Code, which: 0 | 1): Code => [...a, ...lanes(0x21), which];
export const pAdd = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xf0)];
export const pSubtract = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xf1)];
export const pDivide = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xf3)];
/** `b` where it is above `a`, else `a`. */
export const pHigher = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xf7)];

export const load = (address: Code, offset = 0): Code => [...address, ...lanes(0x00), 2, ...unsigned(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...lanes(0x0b), 2, ...unsigned(offset)];
/** One float of memory in all four lanes. */
export const spread = (address: Code): Code => [...address, ...lanes(0x09), 2, 0];
export const all = (value: number): Code => {
  const bits = word(new Int32Array(Float32Array.of(value).buffer)[0]);
  return [...lanes(0x0c), ...bits, ...bits, ...bits, ...bits];
};
export const vAdd = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe4)];
export const vSubtract = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe5)];
export const vMultiply = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe6)];
export const vDivide = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe7)];
export const vMin = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe8)];
export const vMax = (a: Code, b: Code): Code => [...a, ...b, ...lanes(0xe9)];
export const vNearest = (a: Code): Code => [...a, ...lanes(0x6a)];
/** 2^a times b for whole a: a is added to the exponents of b, which must stay normal. */
export const vScale = (a: Code, b: Code): Code => [...a, ...lanes(0xf8), ...whole(23), ...lanes(0xab), ...b, ...lanes(0xae)];

/**
 * A function of so many whole-number parameters. Behind them are locals: of whole numbers, of four floats, of one 64-bit float. Its result is
 * the 64-bit float that `result` leaves, none where that is absent.
 */
export interface Routine<N extends string = string> {
  name: N;
  parameters: number;
  wholes: number;
  vectors: number;
  reals?: number;
  body: Code[];
  result?: Code;
}

/** What is used of the global of this name, which the types of Node do not state. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

const PAGE = 65_536;
/** `asm` and version 1. */
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const section = (id: number, content: Code): Code => [id, ...sized(content)];

/** Whether what is assembled can run here: there is WebAssembly (not with `node --jitless`), and it knows vectors. */
export function hasVectors(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  const constant = sized([0, ...lanes(0x0c), ...Array.from({ length: 16 }, () => 0), 0x0b]);
  return WebAssembly.validate(
    Uint8Array.from([...MAGIC, ...section(1, vector([[0x60, 0, 1, V128]])), ...section(3, vector([[0]])), ...section(10, vector([constant]))]),
  );
}

/** Routines over a memory of their own; those without result answer undefined. */
export interface Assembled<N extends string> {
  buffer: ArrayBuffer;
  routines: Record<N, (...numbers: number[]) => number>;
}

/** Answers what makes instances of these routines, each over so many bytes of memory, which it imports as `host.memory`. */
export function assemble<N extends string>(routines: readonly Routine<N>[]): (bytes: number) => Assembled<N> {
  const types = routines.map(({ parameters, result }) => {
    const given = vector(Array.from({ length: parameters }, () => [I32]));
    return [0x60, ...given, ...vector(result === undefined ? [] : [[F64]])];
  });
  const bodies = routines.map(({ wholes, vectors, reals = 0, body, result = [] }) => {
    const locals = vector([
      [...unsigned(wholes), I32],
      [...unsigned(vectors), V128],
      [...unsigned(reals), F64],
    ]);
    return sized([...locals, ...body.flat(), ...result, 0x0b]);
  });
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...MAGIC,
      ...section(1, vector(types)),
      ...section(2, vector([[...text('host'), ...text('memory'), 2, 0, 0]])),
      ...section(3, vector(routines.map((_, i) => unsigned(i)))),
      ...section(7, vector(routines.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
      ...section(10, vector(bodies)),
    ]),
  );
  return (bytes) => {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    const { exports } = new WebAssembly.Instance(module, { host: { memory } });
    return { buffer: memory.buffer, routines: exports as Assembled<N>['routines'] };
  };
}
