import { describe, expect, it } from 'vitest';
import { LogRun } from './run.ts';

/** Lines `gap` ms apart. */
async function* lines(count: number, gap: number, text: (i: number) => string): AsyncGenerator<Uint8Array> {
  const made = Array.from({ length: count }, (_, i) => `${new Date(Date.UTC(2026, 0, 1) + i * gap).toISOString()} INFO app: ${text(i)}\n`);
  yield Buffer.from(made.join(''));
}

async function learnt(count: number, gap: number, text: (i: number) => string): Promise<LogRun> {
  const run = LogRun.training({});
  await run.read([{ name: 'normal', chunks: lines(count, gap, text) }]);
  run.finish();
  return run;
}

describe('a run that goes on with a normal time', () => {
  it('takes as sessions what was found there', async () => {
    const windows = await learnt(600, 200, (i) => `served ${i * 7} bytes`);
    expect(new LogRun({}, () => {}, windows).pipeline.logs!.session).toMatchObject({ by: 'window', window: 5000 });
    const requests = await learnt(600, 200, (i) => `${['begin', 'work', 'end'][i % 3]} of request=r${Math.floor(i / 3)}x`);
    expect(new LogRun({}, () => {}, requests).pipeline.logs!.session.by).toBe('\\brequest=(\\w+)');
  });

  it('takes what it is told, where it is told', async () => {
    const windows = await learnt(600, 200, (i) => `served ${i * 7} bytes`);
    expect(new LogRun({ by: 'count' }, () => {}, windows).pipeline.logs!.session.by).toBe('count');
  });
});
