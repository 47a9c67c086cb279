/** Fast non-cryptographic hashes for ids and partitioning; stable for ever, since ids are stored. */

/** 32-bit FNV-1a of the UTF-16 code units of a text, with a murmur finaliser so that short keys spread. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let h = seed | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** Finaliser of MurmurHash3 (Appleby, public domain). */
export function mix32(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 16 hex digits that name the given texts; the parts are separated, so ('ab', 'c') differs from ('a', 'bc'). */
export function hashId(...parts: (string | number)[]): string {
  const text = parts.join('\u0000');
  return hashText(text).toString(16).padStart(8, '0') + hashText(text, 0x9747b28c).toString(16).padStart(8, '0');
}
