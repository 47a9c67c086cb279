import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { messageOf } from '../api/client.ts';
import { StreamView } from './stream-view.ts';

const problem = {
  status: 503,
  code: 'HISTORY_UNREACHABLE',
  detail: 'The history (cassandra) does not take or give verdicts since 09:00',
  mend: 'It goes on by itself.',
};

const verdict = (time: number): Verdict => ({
  id: `${time}`,
  kind: 'point',
  pipeline: 'p',
  series: 's',
  labels: {},
  unit: '',
  time: new Date(time).toISOString(),
  values: [1],
  score: 0.5,
  threshold: 3,
  anomalous: false,
  onset: 0,
  expected: null,
  lower: null,
  upper: null,
  contributions: null,
  member: null,
  detector: 'ema',
  config: '',
  late: false,
  subject: null,
  detail: null,
  revises: null,
  cause: { partition: 0, offset: 0, place: 0 },
});

afterEach(() => vi.unstubAllGlobals());

describe('a view whose history is away', () => {
  it('shows what comes live, and says what it cannot show', async () => {
    vi.stubGlobal('fetch', async (url: string) => {
      if (url.includes('/range')) return new Response(JSON.stringify(problem), { status: 503 });
      return new Response(JSON.stringify({ items: [], next: null }));
    });
    const view = new StreamView('p', 's');
    await view.start(null, null);
    await vi.waitFor(() => expect(view.loading.value).toBe(false), 15_000);
    expect(view.isIncomplete).toBe(false);
    expect(messageOf(view.error.value)).toBe(`${problem.detail}. ${problem.mend}`);
    view.take([verdict(Date.now() + 1_000)]);
    expect(view.columns.value.time.length).toBe(1);
    expect(view.isIncomplete).toBe(true);
    view.stop();
  });
});
