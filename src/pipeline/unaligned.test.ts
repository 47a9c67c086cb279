import { describe, expect, it } from 'vitest';
import type { PipelineStatus, SeriesStatus } from '../core/api.ts';
import type { PipelineConfig } from './config/index.ts';
import { unaligned } from './unaligned.ts';

const config = (align: object | undefined): PipelineConfig => ({ align }) as PipelineConfig;
const rows = { by: 'host', columns: ['cpu', 'memory'], columnLabel: 'metric' };
const series = (key: string, labels: Record<string, string> = {}): SeriesStatus => ({ key, labels }) as SeriesStatus;
const said = (align: object | undefined, all: SeriesStatus[]) => unaligned(config(align), { startedAt: 5 } as PipelineStatus, all);

describe('rows that can never come', () => {
  it('are told of, with what there is instead', () => {
    expect(said(rows, [series('cpu'), series('load{span=1m}', { span: '1m' })])).toEqual({
      part: 'align',
      condition: 'degraded',
      reason: 'none of 2 series has the label "host" (align.by), so there are no rows: name a label that they have, or add it with labels',
      since: 5,
    });
    expect(said(rows, [series('cpu_percent', { host: 'a' }), series('x', { host: 'a', metric: 'disk' })])?.reason).toBe(
      'none of 2 series is one of the columns cpu, memory (align.columns), so there are no rows: there are cpu_percent, disk',
    );
  });

  it('are not told of where a series makes a row, where none has come, and where nothing is put in rows', () => {
    expect(said(rows, [series('x'), series('web-1/cpu{host=a}', { host: 'a' })])).toBeUndefined();
    expect(said(rows, [series('x', { host: 'a', metric: 'memory' })])).toBeUndefined();
    expect(said(rows, [])).toBeUndefined();
    expect(said(undefined, [series('x')])).toBeUndefined();
  });
});
