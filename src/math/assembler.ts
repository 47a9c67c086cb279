/**
 * Instructions of WebAssembly as expressions (WebAssembly 2.0, section 5), as many as numeric loops over 32-bit floats need: JavaScript has no
 * vector instructions. Each operation rounds as IEEE 754 says, so results are the same on every machine. `v` stands for four floats.
 */

/** Bytes of instructions. */
export type Code = number[];

const I32 = 0x7f;
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
/** Runs the body, and again while `again` is not 0. */
export const repeat = (body: Code[], again: Code): Code => [0x03, EMPTY, ...body.flat(), ...again, 0x0d, 0, 0x0b];

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

/** A function without result: so many whole-number parameters, locals of whole numbers behind them, then locals of four floats. */
export interface Routine<N extends string = string> {
  name: N;
  parameters: number;
  wholes: number;
  vectors: number;
  body: Code[];
}

/** What is used of the global of this name, which the types of Node do not state. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

const PAGE = 65_536;
/** `asm` and version 1. */
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Routines over a memory of their own. */
export interface Assembled<N extends string> {
  buffer: ArrayBuffer;
  routines: Record<N, (...numbers: number[]) => void>;
}

/** Answers what makes instances of these routines, each over so many bytes of memory, which it imports as `host.memory`. */
export function assemble<N extends string>(routines: readonly Routine<N>[]): (bytes: number) => Assembled<N> {
  const types = routines.map(({ parameters }) => [0x60, ...vector(Array.from({ length: parameters }, () => [I32])), 0]);
  const bodies = routines.map(({ wholes, vectors, body }) => {
    const locals = vector([
      [...unsigned(wholes), I32],
      [...unsigned(vectors), V128],
    ]);
    return sized([...locals, ...body.flat(), 0x0b]);
  });
  const section = (id: number, content: Code): Code => [id, ...sized(content)];
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
