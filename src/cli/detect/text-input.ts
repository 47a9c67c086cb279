/** Text of other systems as the formats read it: UTF-16 with its mark becomes UTF-8, lines that end with CR alone end with LF. */

const CR = 13;
const LF = 10;

/** Decides by the first chunk; anything else is handed on as it is. */
export async function* asUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let change: ((chunk: Uint8Array) => Uint8Array) | undefined;
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst && chunk.length > 0) {
      change = changeFor(chunk);
      isFirst = false;
    }
    yield change === undefined ? chunk : change(chunk);
  }
}

function changeFor(first: Uint8Array): ((chunk: Uint8Array) => Uint8Array) | undefined {
  const mark = first.length < 2 ? 0 : first[0] * 256 + first[1];
  if (mark === 0xfffe || mark === 0xfeff) {
    const decoder = new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be');
    const encoder = new TextEncoder();
    return (chunk) => encoder.encode(decoder.decode(chunk, { stream: true }));
  }
  if (!first.includes(CR) || first.includes(LF)) return undefined;
  // A file of one line that ends with CR LF at the end of a chunk gets an empty line, which is no row.
  return (chunk) => chunk.map((byte) => (byte === CR ? LF : byte));
}
