import { expect, it } from 'vitest';
import { lowestByte, noDigits } from './four-bytes.ts';

it('tells the first of four bytes that is no digit', () => {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  for (let place = 0; place < 4; place++) {
    for (let c = 0; c < 256; c++) {
      for (const other of [0x30, 0x39, 0x2f, 0x3a, 0xff, 0x00]) {
        bytes.fill(0x35).fill(other, place + 1);
        bytes[place] = c;
        const mask = noDigits(view.getInt32(0, true));
        const first = [...bytes].findIndex((byte) => byte < 0x30 || byte > 0x39);
        expect(mask === 0 ? -1 : lowestByte(mask)).toBe(first);
      }
    }
  }
});
