/** `homeostat bench` as a person runs it, on a made folder of sets. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { madeData } from '../../src/evaluation/datasets/made.fixture.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const results = fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url));
const data = madeData();
afterAll(() => rmSync(data, { recursive: true, force: true }));

function bench(...args: string[]): { code: number | null; out: string; err: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
  delete env['HOMEOSTAT_DATA'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'bench', ...args], { env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('homeostat bench accuracy', () => {
  it('measures sets and parts in threads, prints tables, and keeps nothing of a quick run', () => {
    const before = readFileSync(results, 'utf8');
    const { code, out, err } = bench(
      'accuracy',
      '--data',
      data,
      '--quick',
      '--no-peers',
      '--detectors',
      'ema,cusum',
      '--only',
      'ms_cloud,skab,nab,calibration',
    );
    expect(code).toBe(0);
    for (const title of ['ms_cloud: ', 'skab: ', 'nab: ', 'Do thresholds keep their promise']) expect(out).toMatch(new RegExp(`^${title}`, 'm'));
    expect(out).toMatch(/^ema +\.\d{3}/m);
    expect(out).not.toContain('Not measured');
    expect(err).toMatch(/min: skab, cusum$/m);
    expect(readFileSync(results, 'utf8')).toBe(before);
  });

  it('gives figures to programs', () => {
    const { code, out, err } = bench('accuracy', '--data', data, '--no-peers', '-d', 'ema', '--only', 'ucr', '--json', '--quiet');
    expect([code, err]).toEqual([0, '']);
    const { figures } = JSON.parse(out) as { figures: { sets: { ucr: { name: string; figures: { series: { hit: number; rows: number }[] } }[] } } };
    expect(figures.sets.ucr).toMatchObject([{ name: 'ema', figures: { series: [{ hit: 1, rows: 600 }] } }]);
  });

  it('says which folder is missing and where the set comes from', () => {
    const { code, err } = bench('accuracy', '--data', '/nowhere', '--no-peers', '--only', 'smd');
    expect(code).toBe(1);
    expect(err).toContain('/nowhere/smd is missing from the benchmark data');
    expect(err).toContain('https://github.com/NetManAIOps/OmniAnomaly');
    const without = bench('accuracy', '--no-peers', '--only', 'smd');
    expect(without.code).toBe(2);
    expect(without.err).toContain('HOMEOSTAT_DATA');
  });
});

describe('homeostat bench speed', () => {
  it('measures each detector in a process of its own', () => {
    const { code, out } = bench('speed', '--quick', '--no-peers', '--detectors', 'ema', '--json', '--quiet');
    expect(code).toBe(0);
    const { figures } = JSON.parse(out) as {
      figures: {
        detectors: { name: string; speed: Record<string, { rowsPerSecond: number }>; memory: Record<string, { bytes: number }> }[];
        thresholds: unknown[];
      };
    };
    const [ema] = figures.detectors;
    expect(ema.speed['1 column'].rowsPerSecond).toBeGreaterThan(1_000);
    expect(ema.memory['1'].bytes).toBeGreaterThan(0);
    expect(figures.thresholds.length).toBeGreaterThan(3);
  });
});
