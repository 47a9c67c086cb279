import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdSpill } from './id-spill.ts';
import { LineReader, openLog } from './input.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'homeostat-logs-'))));
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Everything, each chunk copied while the one before it is still looked at. */
async function whole(path: string): Promise<Buffer> {
  const copies: Buffer[] = [];
  let before: { chunk: Uint8Array; copy: Buffer } | undefined;
  for await (const chunk of (await openLog(path)).chunks()) {
    if (before !== undefined) expect(Buffer.compare(before.copy, before.chunk)).toBe(0);
    before = { chunk, copy: Buffer.from(chunk) };
    copies.push(before.copy);
  }
  return Buffer.concat(copies);
}

const TEXT = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `line ${i} of a log that is longer than one chunk\n`).join(''));

describe('a log file', () => {
  it('is read whole, in chunks that stay as they are until the next but one', async () => {
    const path = await file('a.log', TEXT);
    expect(Buffer.compare(await whole(path), TEXT)).toBe(0);
    const input = await openLog(path);
    expect([input.size, input.seekable]).toEqual([TEXT.length, true]);
  });

  it('is read again from the beginning when asked again', async () => {
    const input = await openLog(await file('a.log', TEXT));
    for await (const _ of input.chunks()) break;
    let read = 0;
    for await (const chunk of input.chunks()) read += chunk.length;
    expect([read, input.read()]).toEqual([TEXT.length, TEXT.length]);
  });

  it('may be empty, or packed with gzip', async () => {
    expect(await whole(await file('empty.log', ''))).toHaveLength(0);
    const packed = zlib.gzipSync(TEXT);
    const path = await file('a.log.gz', packed);
    expect(Buffer.compare(await whole(path), TEXT)).toBe(0);
    expect((await openLog(path)).seekable).toBe(false);
  });

  it('says what is wrong with it', async () => {
    await expect(openLog(join(folder, 'none'))).rejects.toThrow('there is no such file');
    await expect(openLog(folder)).rejects.toThrow('it is a folder');
    await expect(openLog(await file('a.zip', Buffer.from('504b03040a000000', 'hex')))).rejects.toThrow('a zip archive');
    await expect(whole(await file('half.gz', zlib.gzipSync(TEXT).subarray(0, 5000)))).rejects.toThrow('its gzip data ends early');
  });

  it('packed with zstd is unpacked where this Node can, and refused in words where it cannot', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };
    if (zstdCompressSync !== undefined) expect(Buffer.compare(await whole(await file('a.zst', zstdCompressSync(TEXT))), TEXT)).toBe(0);
    else await expect(openLog(await file('a.zst', Buffer.from('28b52ffd24', 'hex')))).rejects.toThrow('which Node');
  });

  it('gives single lines again by their offset', async () => {
    const lines = new LineReader(await file('a.log', 'first\r\nsecond\nlast'));
    expect([await lines.line(7), await lines.line(0), await lines.line(14)]).toEqual(['second', 'first', 'last']);
    await lines.close();
  });
});

describe('numbers of lines', () => {
  it.each([0, 1, 1 << 20, (1 << 20) * 2 + 3])('come back in their order (%i of them)', async (n) => {
    const spill = new IdSpill(folder);
    for (let i = 0; i < n; i++) {
      if (spill.isFull) await spill.flush();
      spill.add(i * 7);
    }
    let at = 0;
    let wrong = 0;
    for await (const page of spill.pages()) for (const id of page) if (id !== 7 * at++) wrong++;
    expect([at, wrong, spill.length]).toEqual([n, 0, n]);
    await spill.close();
  });
});
