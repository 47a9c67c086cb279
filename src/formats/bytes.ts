/** Bytes that formats look for, and small helpers over them. */

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const DOT = 46;
export const SLASH = 47;
export const ZERO = 48;
export const COLON = 58;
export const BACKSLASH = 92;
/** Never part of UTF-8, so it parts the fields of a joined key. */
export const NEVER = 0xff;

/** Text of bytes[from .. to), broken UTF-8 shown by replacement characters. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

/** At most 60 characters of bytes[from .. to) in quotation marks, for a message. */
export function shown(bytes: Uint8Array, from: number, to: number): string {
  const text = textOf(bytes, from, Math.min(to, from + 240));
  return JSON.stringify(text.length > 60 || to > from + 240 ? `${text.slice(0, 60)}…` : text);
}

/** Length of the UTF-8 byte order mark at `from`, or 0. */
export function bomLength(bytes: Uint8Array, from = 0): number {
  return bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf ? 3 : 0;
}

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
