import { beforeAll, describe, expect, it } from 'vitest';
import { thresholds } from '../../thresholds/index.ts';
import { madeRows, TABLE_ROWS } from './rows.ts';
import { measureSpeed, type SpeedBenchmark } from './speed.ts';
import { bytesText, speedTables } from './tables.ts';

describe('made rows', () => {
  it('repeat without a break, and move in every column', () => {
    const rows = madeRows(2);
    expect(rows).toHaveLength(2 * TABLE_ROWS);
    expect(Math.abs(rows[0] - rows[2 * (TABLE_ROWS - 1)])).toBeLessThan(12);
    expect(new Set(rows.subarray(0, 100)).size).toBe(100);
  });
});

describe('a quick run', () => {
  let figures: SpeedBenchmark;
  beforeAll(async () => {
    figures = await measureSpeed({ detectors: ['ema', 'envelope'], peers: false, quick: true, apart: false, say: () => {} });
  }, 120_000);

  it('measures every shape that a detector takes, and every threshold', () => {
    const [ema, envelope] = figures.detectors;
    expect(Object.keys(ema.speed)).toEqual(['1 column', '8 columns', '38 columns', '1,000 series', '100,000 series']);
    expect(ema.speed['8 columns']).toMatchObject({ rowsPerSecond: expect.any(Number) as number });
    expect(ema.speed['100,000 series']).toEqual({ why: 'not in a quick run' });
    expect(ema.memory['1']).toMatchObject({ rows: 50, snapshotBytes: expect.any(Number) as number });
    expect(envelope.name).toBe('envelope');
    expect(figures.thresholds.map(({ name }) => name)).toEqual(thresholds.map(({ name }) => name));
    for (const { figures: one } of figures.thresholds) expect(one).toMatchObject({ perSecond: expect.any(Number) as number });
    expect(figures.peers).toEqual([]);
  });

  it('becomes tables', () => {
    for (const { head, rows, title } of speedTables(figures)) for (const row of rows) expect(row, title).toHaveLength(head.length);
  });

  it('refuses a detector that does not exist', async () => {
    await expect(measureSpeed({ detectors: ['emma'], peers: false, quick: true, apart: false, say: () => {} })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });
});

describe('targets', () => {
  const speed = (rowsPerSecond: number) => ({ rowsPerSecond, warmRows: 1 });
  const memory = (bytes: number) => ({ bytes, instances: 1, rows: 1, snapshotBytes: 36, writeMicroseconds: 1, readMicroseconds: 2 });
  const all = (rows: number) => ({
    '1 column': speed(rows),
    '8 columns': speed(rows),
    '38 columns': speed(rows),
    '1,000 series': speed(rows),
    '100,000 series': { why: 'would need 3.2 GB' },
  });

  it('compare with what is asked for and with peers', () => {
    const [table, , , , , peers] = speedTables({
      detectors: [
        {
          name: 'ema',
          speed: all(25e6),
          memory: { '1': memory(150) },
          lengths: [
            { option: 'span', value: 5, speed: speed(1e6) },
            { option: 'span', value: 80, speed: { why: 'it failed' } },
          ],
        },
        { name: 'half-space-trees', speed: all(9_000), memory: { '1': { why: 'it failed' } }, lengths: [] },
      ],
      thresholds: [{ name: 'sigma', figures: { perSecond: 5e6, bytes: 40, snapshotBytes: 12 } }],
      peers: [
        { peer: 'river-hst', of: 'half-space-trees', width: 8, rowsPerSecond: 1_000, version: 'river 1' },
        { peer: 'rcf-1', of: 'auto', width: 8, rowsPerSecond: { why: 'not measured: no Java' }, version: '' },
      ],
    });
    expect(table.rows).toEqual([
      ['ema, 1 column, rows/s', '>= 20.0 M', '25.0 M', 'yes'],
      ['half-space-trees by river-hst, 8 columns', '>= 10 times', '9.0 times', 'no'],
      ['ema, bytes a series of 1 column', '<= 200 B', '150 B', 'yes'],
    ]);
    expect(peers.rows).toEqual([
      ['river-hst (river 1)', '8', '1.00 k', 'half-space-trees', '9.00 k', '9.0 times'],
      ['rcf-1', '8', 'not measured: no Java', 'auto', '–', '–'],
    ]);
  });

  it('write bytes so that they can be compared', () => expect([bytesText(144.4), bytesText(32_768), bytesText(NaN)]).toEqual(['144 B', '32.0 KiB', '–']));
});
