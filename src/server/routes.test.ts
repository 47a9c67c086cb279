import { describe, expect, it } from 'vitest';
import type { Page } from '../core/api.ts';
import type { TSchema } from '../core/schema.ts';
import { Type } from '../core/schema.ts';
import type { Verdict } from '../core/verdicts.ts';
import { accepted, page } from './routes/common.ts';
import { START } from './running.fixture.ts';
import { ref } from './schemas.ts';
import { fits, JSON_TYPE, problem, serve } from './serve.fixture.ts';

describe('reading', () => {
  const lists: [string, TSchema, number][] = [
    ['/pipelines', page(ref('Pipeline')), 2],
    ['/series', page(ref('Series')), 2],
    ['/series?search=lat&sort=key', page(ref('Series')), 1],
    ['/verdicts?pipeline=checkout', page(ref('Verdict')), 40],
    ['/verdicts?pipeline=checkout&series=latency&anomalous=true', page(ref('Verdict')), 9],
    ['/events?pipeline=checkout&series=latency&limit=7', page(ref('Event')), 7],
    ['/incidents', page(ref('Incident')), 2],
    ['/incidents?open=false', page(ref('Incident')), 0],
    ['/answers', page(ref('Answer')), 2],
    ['/answers?pipeline=checkout&series=latency&active=true', page(ref('Answer')), 1],
    ['/answers?pipeline=host', page(ref('Answer')), 0],
    ['/silences', page(ref('Silence')), 1],
    ['/silences?pipeline=host', page(ref('Silence')), 0],
    ['/dead-letters', page(ref('DeadLetter')), 3],
    ['/audit', page(ref('Audit')), 1],
    ['/outbox?pipeline=checkout', page(ref('Delivery')), 2],
  ];
  it.each(lists)('GET %s answers a page of what the document says', async (path, schema, count) => {
    const { api } = await serve();
    const response = await api(path);
    expect(response.status).toBe(200);
    const body = (await response.json()) as Page<unknown>;
    expect(body.items).toHaveLength(count);
    expect(fits(schema, body)).toBe(true);
  });

  const single: [string, TSchema][] = [
    ['/pipelines/checkout', ref('Pipeline')],
    ['/series/checkout/range?key=latency', ref('Range')],
    ['/series/checkout/detector?key=latency', ref('Detector')],
    ['/incidents/feed0001', ref('IncidentDetail')],
    ['/answers/a1', ref('Answer')],
    ['/health', ref('Health')],
  ];
  it.each(single)('GET %s answers what the document says', async (path, schema) => {
    const { api } = await serve();
    const response = await api(path);
    expect(response.status).toBe(200);
    expect(fits(schema, await response.json())).toBe(true);
  });

  it('compares detectors over the stored rows of a series, or over a part of them', async () => {
    const { api } = await serve();
    const compare = (body: object) =>
      api('/series/checkout/compare', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const whole = await compare({ key: 'latency', detectors: ['ema', 'sma'] });
    expect(whole.status).toBe(200);
    const comparison: unknown = await whole.json();
    expect(fits(ref('Comparison'), comparison)).toBe(true);
    expect(comparison).toMatchObject({ from: START, to: START + 39_000, ways: [{ detector: 'ema' }, { detector: 'sma' }] });
    expect(await (await compare({ key: 'latency', detectors: ['ema'], from: String(START + 10_000) })).json()).toMatchObject({ from: START + 10_000 });
    expect((await compare({ key: 'nothing', detectors: ['ema'] })).status).toBe(404);
    expect((await compare({ key: 'latency', detectors: [] })).status).toBe(400);
    expect(await (await api('/detectors')).json()).toEqual([expect.objectContaining({ name: 'ema' })]);
  });

  it('gives every item exactly once over its pages', async () => {
    const { api } = await serve();
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const response: Response = await api(`/verdicts?pipeline=checkout&limit=13${next === '' ? '' : `&cursor=${next}`}`);
      const body = (await response.json()) as Page<Verdict>;
      seen.push(...body.items.map(({ id }) => id));
      next = body.next;
    }
    expect(seen).toHaveLength(40);
    expect(new Set(seen).size).toBe(40);
  });

  it('takes times as ms and as ISO 8601', async () => {
    const { api } = await serve();
    const count = async (from: string) => ((await (await api(`/verdicts?pipeline=checkout&from=${from}`)).json()) as Page<Verdict>).items.length;
    expect(await count(String(START + 30_000))).toBe(10);
    expect(await count(new Date(START + 30_000).toISOString())).toBe(10);
  });

  it('shows the last hour of a series when asked for no time, and nothing for a series without stored rows', async () => {
    const { api } = await serve();
    const shown = (await (await api('/series/checkout/range?key=latency')).json()) as { time: number[] };
    expect(shown.time.at(-1)).toBe(START + 39_000);
    expect(await (await api('/series/checkout/range?key=rate')).json()).toMatchObject({ time: [], resolution: 0 });
  });

  it('answers 304 to a client that already has this, and 200 once it changed', async () => {
    const { api, process } = await serve();
    for (const path of ['/series/checkout/range?key=latency', '/verdicts?pipeline=checkout', '/events?pipeline=checkout&series=latency']) {
      const tag = (await api(path)).headers.get('etag')!;
      const again = await api(path, { headers: { 'if-none-match': `W/"other", ${tag}` } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      process.verdicts.pop();
      expect((await api(path, { headers: { 'if-none-match': tag } })).status).toBe(200);
    }
  });

  it('says how it is to whoever keeps it running', async () => {
    const { url, process } = await serve();
    const ready = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, ((await response.json()) as { status: string }).status];
    };
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await ready()).toEqual([200, 'ready']);
    process.statuses[0].condition = 'starting';
    expect(await ready()).toEqual([503, 'starting']);
    process.statuses[1].condition = 'failed';
    expect(await ready()).toEqual([503, 'failed']);
  });

  it('is as healthy as its worst pipeline', async () => {
    const { api, process } = await serve();
    process.statuses[1].condition = 'degraded';
    expect(await (await api('/health')).json()).toMatchObject({ condition: 'degraded', version: '1.2.3', ledgerBytes: 1000, historyBytes: 2000 });
  });
});

describe('asking', () => {
  const asked: [string, string, unknown, object][] = [
    ['POST', '/pipelines/checkout/savepoint', {}, { type: 'savepoint', by: 'local' }],
    ['POST', '/pipelines/checkout/restart-source', {}, { type: 'restart-source', by: 'local' }],
    ['POST', '/incidents/feed0001/acknowledge', { comment: 'on it' }, { type: 'acknowledge', incident: 'feed0001', by: 'local', comment: 'on it' }],
    ['POST', '/incidents/feed0001/acknowledge', {}, { type: 'acknowledge', incident: 'feed0001', by: 'local', comment: '' }],
    ['DELETE', '/silences/s1', undefined, { type: 'unsilence', id: 's1', by: 'local' }],
  ];
  it.each(asked)('%s %s becomes a control record and is answered once it is durable', async (method, path, body, record) => {
    const { api, process } = await serve();
    const response = await api(path, body === undefined ? { method } : { method, headers: JSON_TYPE, body: JSON.stringify(body) });
    expect(response.status).toBe(202);
    expect(fits(accepted, await response.json())).toBe(true);
    expect(process.said).toEqual([{ pipeline: 'checkout', record }]);
  });

  it('takes a write that needs no body without one', async () => {
    const { api, process } = await serve();
    expect((await api('/pipelines/checkout/savepoint', { method: 'POST', headers: JSON_TYPE })).status).toBe(202);
    expect(process.said).toHaveLength(1);
  });

  it('makes silences with an id, and refuses one that has already ended', async () => {
    const { post, process } = await serve();
    const until = Date.now() + 60_000;
    const response = await post('/silences', { pipeline: 'checkout', matchers: { host: 'a' }, until });
    const { id } = (await response.json()) as { id: string };
    expect(process.said[0].record).toEqual({ type: 'silence', id, matchers: { host: 'a' }, until, by: 'local', comment: '' });
    await problem(await post('/silences', { pipeline: 'checkout', matchers: {}, until: Date.now() - 1 }), 400, 'REQUEST_INVALID');
  });

  it('replays dead letters in the pipelines that they belong to, and none when one is unknown', async () => {
    const { post, process } = await serve();
    const response = await post('/dead-letters/replay', { ids: [1, 3] });
    expect([response.status, await response.json()]).toEqual([202, { accepted: 2 }]);
    expect(process.said).toEqual([
      { pipeline: 'checkout', record: { type: 'replay-dead-letters', ids: [1], by: 'local' } },
      { pipeline: 'host', record: { type: 'replay-dead-letters', ids: [3], by: 'local' } },
    ]);
    await problem(await post('/dead-letters/replay', { ids: [2, 99] }), 404, 'NOT_FOUND');
    expect(process.said).toHaveLength(2);
  });

  it('scores posted points and keeps nothing', async () => {
    const { post, process } = await serve({ limits: { max_points: 5 } });
    const response = await post('/detect', { times: ['2026-01-05T10:00:00Z', 1, 2], values: [1, null, 3], detector: { ema: {} } });
    expect(response.status).toBe(200);
    expect(fits(Type.Object({ verdicts: Type.Array(ref('Verdict')) }), await response.json())).toBe(true);
    expect(
      (
        await post('/detect', {
          values: [
            [1, 2],
            [3, null],
          ],
        })
      ).status,
    ).toBe(200);
    expect(process.said).toEqual([]);
    await problem(await post('/detect', { values: [1, 2, 3, 4, 5, 6] }), 400, 'REQUEST_INVALID');
    await problem(await post('/detect', { times: [1], values: [1, 2] }), 400, 'REQUEST_INVALID');
    await problem(await post('/detect', { values: [1], detector: { emma: {} } }), 400, 'CONFIG_UNKNOWN_KEY');
  });
});
