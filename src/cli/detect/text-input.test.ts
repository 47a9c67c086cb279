import { describe, expect, it } from 'vitest';
import { asUtf8 } from './text-input.ts';

async function read(bytes: Uint8Array, size: number): Promise<string> {
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const parts: Uint8Array[] = [];
  for await (const chunk of asUtf8(chunks)) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

const text = 'time,Größe\n1,2.5\n2,🙂\n';
const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
const big = Buffer.from(little).swap16();

describe('text of other systems', () => {
  it.each([
    ['UTF-16 with the low byte first', little],
    ['UTF-16 with the high byte first', big],
    ['UTF-8', Buffer.from(text)],
  ])('%s is read, however it is cut', async (_, bytes) => {
    for (const size of [2, 3, 5, 1000]) expect(await read(bytes, size), `${size}`).toBe(text);
  });

  it('with CR alone at the end of its lines gets line ends, and with CR LF is left as it is', async () => {
    expect(await read(Buffer.from('a,b\r1,2\r3,4\r'), 6)).toBe('a,b\n1,2\n3,4\n');
    expect(await read(Buffer.from('a,b\r\n1,2\r\n'), 6)).toBe('a,b\r\n1,2\r\n');
  });
});
