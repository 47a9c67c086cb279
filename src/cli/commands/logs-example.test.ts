import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { example } from './logs-example.ts';

let folder: string;
let out: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeostat-example-'));
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

describe('logs example', () => {
  it('writes so many lines, the same for the same seed', async () => {
    await example({ lines: 5000, seed: 3 });
    const first = out;
    out = '';
    await example({ lines: 5000, seed: 3 });
    expect(out).toBe(first);
    expect(out.trimEnd().split('\n')).toHaveLength(5000);
    out = '';
    await example({ lines: 5000, seed: 4 });
    expect(out).not.toBe(first);
  });

  it('says which sessions go wrong, and they stand in the log', async () => {
    const truth = join(folder, 'truth.csv');
    await example({ lines: 20_000, seed: 1, truth });
    const [head, ...rows] = (await readFile(truth, 'utf8')).trimEnd().split('\n');
    expect(head).toBe('session,time,kind');
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(out).toContain(row.split(',')[0]);
  });
});
