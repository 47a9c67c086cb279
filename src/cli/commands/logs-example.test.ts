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
    await example({ lines: 5000, seed: 3, drift: 0 });
    const first = out;
    out = '';
    await example({ lines: 5000, seed: 3, drift: 0 });
    expect(out).toBe(first);
    expect(out.trimEnd().split('\n')).toHaveLength(5000);
    out = '';
    await example({ lines: 5000, seed: 4, drift: 0 });
    expect(out).not.toBe(first);
  });

  it('has new wording after a release', async () => {
    await example({ lines: 20_000, seed: 1, drift: 0 });
    const plain = out;
    out = '';
    await example({ lines: 20_000, seed: 1, drift: 3_600_000 });
    const words = (log: string): Set<string> => new Set(log.split(/[\s,]+/).filter((word) => /^[a-z]+$/i.test(word)));
    const before = words(plain);
    expect([...words(out)].filter((word) => !before.has(word))).not.toEqual([]);
  });

  it('says which sessions go wrong, and they stand in the log', async () => {
    const truth = join(folder, 'truth.csv');
    await example({ lines: 20_000, seed: 1, drift: 0, truth });
    const [head, ...rows] = (await readFile(truth, 'utf8')).trimEnd().split('\n');
    expect(head).toBe('session,time,kind');
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(out).toContain(row.split(',')[0]);
  });
});
