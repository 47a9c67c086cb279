import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINE_BYTES, readBack } from './source-lines.ts';

let folder: string;
let lines: string[];
let offsets: number[];
let bytes: Buffer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-lines-'));
  lines = Array.from({ length: 30_000 }, (_, i) => `line ${i} ${Math.sin(i)} ü`);
  let at = 0;
  offsets = lines.map((line) => (at += Buffer.byteLength(line) + 1) - Buffer.byteLength(line) - 1);
  bytes = Buffer.from(`${lines.join('\n')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const wanted = [0, 1, 2, 500, 29_998, 29_999];
const position = (path: string, base = 0) => ({ files: [{ path, inode: String(statSync(path).ino), base }] });

async function read(path: string, base = 0, stand = position(path, base)): Promise<(string | undefined)[]> {
  const found = await readBack(
    'file',
    stand,
    0,
    wanted.map((i) => offsets[i] + base),
  );
  return found.map((piece) => piece && Buffer.from(piece).toString().split('\n', 1)[0]);
}

describe('lines read back from their file', () => {
  it('are those at the offsets, of a plain file and of a packed one', async () => {
    const expected = wanted.map((i) => lines[i]);
    const plain = join(folder, 'a.log');
    writeFileSync(plain, bytes);
    expect(await read(plain)).toEqual(expected);
    // Earlier files of the stream were rotated away.
    expect(await read(plain, 1000)).toEqual(expected);
    const packed = join(folder, 'a.log.gz');
    writeFileSync(packed, Buffer.concat([gzipSync(bytes.subarray(0, 700_001)), gzipSync(bytes.subarray(700_001))]));
    expect(await read(packed)).toEqual(expected);
  });

  it('are as many as a damaged packed file still gives', async () => {
    const packed = join(folder, 'a.log.gz');
    writeFileSync(packed, gzipSync(bytes).subarray(0, 100_000));
    const found = await read(packed);
    expect(found.slice(0, 4)).toEqual([0, 1, 2, 500].map((i) => lines[i]));
    expect(found.slice(4)).toEqual([undefined, undefined]);
  });

  it('are not there when the file is another, is gone, or was none', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, bytes);
    const stand = position(path);
    const nothing = wanted.map(() => undefined);
    renameSync(path, join(folder, 'a.log.1'));
    expect(await read(path, 0, stand)).toEqual(nothing);
    writeFileSync(path, 'another file\n');
    expect(await read(path, 0, stand)).toEqual(nothing);
    expect(await readBack('http', 17, 0, [0, 5])).toEqual([undefined, undefined]);
    expect(await readBack('file', null, 0, [0])).toEqual([undefined]);
    expect(await readBack('file', stand, 3, [0])).toEqual([undefined]);
    expect(await readBack('file', position(path, 100), 0, [5])).toEqual([undefined]);
  });

  it('are cut, however long they are', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'x'.repeat(LINE_BYTES * 3));
    appendFileSync(path, '\nend');
    const [long, end] = await readBack('file', position(path), 0, [0, LINE_BYTES * 3 + 1]);
    expect(long).toHaveLength(LINE_BYTES);
    expect(Buffer.from(end!).toString()).toBe('end');
  });
});
