import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERDICT_KINDS } from '../../core/verdicts.ts';
import { fileChunks } from './chunks.ts';
import { LogRun } from './run.ts';

const TEXT = Array.from(
  { length: 300 },
  (_, i) => `2026-01-01T00:${String(Math.floor(i / 5)).padStart(2, '0')}:00Z INFO app: request req-${i % 30} came\n`,
).join('');
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeostat-chunks-'));
  path = join(folder, 'app.log');
  await writeFile(path, TEXT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a file in chunks', () => {
  it.each([64, 4096, 1 << 20])('of at most %i bytes is whole and in order', async (size) => {
    const parts: string[] = [];
    let before: { bytes: Uint8Array; text: string } | undefined;
    for await (const bytes of fileChunks(path, size)) {
      // A chunk stays as it is while the next one is there.
      if (before !== undefined) expect(Buffer.from(before.bytes).toString('latin1')).toBe(before.text);
      expect(bytes.length).toBeLessThanOrEqual(size);
      before = { bytes, text: Buffer.from(bytes).toString('latin1') };
      parts.push(before.text);
    }
    expect(parts.join('')).toBe(TEXT);
  });

  it('says the same of its sessions, however it is cut, with rates and without', async () => {
    const counted = async (size: number, rates: boolean): Promise<{ sessions: number; lines: number; kinds: Set<string> }> => {
      const kinds = new Set<string>();
      const run = new LogRun({ judge: null, rates, by: 'req-\\d+' }, ({ kind, length }) => {
        for (let i = 0; i < length; i++) kinds.add(VERDICT_KINDS[kind[i]]);
      });
      await run.read([{ name: path, chunks: fileChunks(path, size) }]);
      run.finish();
      return { sessions: run.sessions, lines: run.lines, kinds };
    };
    const whole = await counted(1 << 20, true);
    expect(whole).toMatchObject({ sessions: 30, lines: 300, kinds: new Set(['point']) });
    expect(await counted(333, false)).toEqual({ ...whole, kinds: new Set() });
  });
});
