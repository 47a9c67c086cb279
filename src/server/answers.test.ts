import { describe, expect, it } from 'vitest';
import { HomeostatError } from '../core/errors.ts';
import { START } from './running.fixture.ts';
import { ref } from './schemas.ts';
import { bearer, fits, JSON_TYPE, OPERATOR, problem, serve, VIEWER } from './serve.fixture.ts';

type Api = Awaited<ReturnType<typeof serve>>['api'];

const post = (api: Api, path: string, body: object): Promise<Response> =>
  api(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const stretch = { says: 'missed', pipeline: 'checkout', series: 'latency', from: new Date(START).toISOString(), to: String(START + 5000) };
const DAY = 86_400_000;

describe('an answer', () => {
  it('is shown first, and nothing is changed', async () => {
    const { api, process: running } = await serve();
    const response = await post(api, '/answers/preview', { ...stretch, when: 'hour-of-day', days: 2 });
    expect(response.status).toBe(200);
    expect(fits(ref('AnswerPreview'), await response.json())).toBe(true);
    expect(running.asked).toEqual([
      { pipeline: 'checkout', says: 'missed', when: 'hour-of-day', of: { series: 'latency', from: START, to: START + 5000 }, back: 2 * DAY },
    ]);
    expect(running.said).toEqual([]);
  });

  it('is a control record with the factors of its preview', async () => {
    const { api, process: running } = await serve();
    const response = await post(api, '/answers', { says: 'false-alarm', incident: 'feed0001', comment: 'backup', until: String(START + DAY) });
    expect(response.status).toBe(202);
    const { id, sequence } = (await response.json()) as { id: string; sequence: number };
    expect(sequence).toBe(1);
    expect(running.asked).toEqual([{ pipeline: 'checkout', says: 'false-alarm', when: 'always', of: { incident: 'feed0001' }, back: 7 * DAY }]);
    const parts = [{ series: 'latency', from: START + 31_000, to: START + 33_000, limitFactor: 1.16, onsetFactor: 1 }];
    const record = { type: 'answer', id, says: 'false-alarm', when: 'always', until: START + DAY, incident: 'feed0001', parts, by: 'local', comment: 'backup' };
    expect(running.said).toEqual([{ pipeline: 'checkout', record }]);
  });

  it('of one moment begins and ends there, and never ends unless that is said', async () => {
    const { api, process: running } = await serve();
    expect((await post(api, '/answers', { ...stretch, to: undefined })).status).toBe(202);
    expect(running.asked[0].of).toEqual({ series: 'latency', from: START, to: START });
    expect(running.said[0].record).toMatchObject({ until: null, incident: null, comment: '' });
  });

  it('is taken back once', async () => {
    const { api, process: running } = await serve();
    expect((await api('/answers/a1', { method: 'DELETE' })).status).toBe(202);
    expect(running.said).toEqual([{ pipeline: 'checkout', record: { type: 'undo-answer', id: 'a1', by: 'local' } }]);
    await problem(await api('/answers/a2', { method: 'DELETE' }), 404, 'NOT_FOUND');
    await problem(await api('/answers/nobody', { method: 'DELETE' }), 404, 'NOT_FOUND');
    await problem(await api('/answers/nobody'), 404, 'NOT_FOUND');
  });

  it('comes in from an export, each once', async () => {
    const { api, process: running } = await serve();
    const parts = [{ series: 'latency', from: 1, to: 2, limitFactor: 1.5, onsetFactor: 1 }];
    const one = { says: 'false-alarm', when: 'always', until: null, comment: 'x', parts };
    const response = await post(api, '/answers/import', {
      pipeline: 'checkout',
      answers: [
        { ...one, id: 'a1' },
        { ...one, id: 'new' },
      ],
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ taken: 1, known: 1 });
    expect(running.said).toEqual([{ pipeline: 'checkout', record: { type: 'answer', ...one, id: 'new', incident: null, by: 'local' } }]);
    const beyond = { ...one, id: 'b', parts: [{ ...parts[0], limitFactor: 11 }] };
    await problem(await post(api, '/answers/import', { pipeline: 'checkout', answers: [beyond] }), 400, 'REQUEST_INVALID');
    await problem(await post(api, '/answers/import', { pipeline: 'nobody', answers: [{ ...one, id: 'b' }] }), 404, 'NOT_FOUND');
  });

  it('is shown to whoever may look, and given by whoever may act', async () => {
    const { api, process: running } = await serve({ tokens: [VIEWER, OPERATOR] });
    const as = (token: string, path: string): Promise<Response> =>
      api(path, { method: 'POST', headers: { ...JSON_TYPE, ...bearer(token) }, body: JSON.stringify(stretch) });
    expect((await as(VIEWER.token, '/answers/preview')).status).toBe(200);
    await problem(await as(VIEWER.token, '/answers'), 403, 'FORBIDDEN');
    expect(running.said).toEqual([]);
    expect((await as(OPERATOR.token, '/answers')).status).toBe(202);
    expect(running.said[0].record).toMatchObject({ type: 'answer', by: 'olga' });
  });

  it('is listed under an ETag', async () => {
    const { api, process: running } = await serve();
    const list = await api('/answers');
    const headers = { 'if-none-match': list.headers.get('etag')! };
    expect((await api('/answers', { headers })).status).toBe(304);
    running.answers.pop();
    expect((await api('/answers', { headers })).status).toBe(200);
    await problem(await api('/answers?pipeline=nobody'), 404, 'NOT_FOUND');
  });

  const wrong: [string, object, number][] = [
    ['both an incident and a series', { ...stretch, incident: 'feed0001' }, 400],
    ['neither', { says: 'missed' }, 400],
    ['no time', { ...stretch, from: undefined }, 400],
    ['no pipeline', { ...stretch, pipeline: undefined }, 400],
    ['a time that is none', { ...stretch, from: 'yesterday' }, 400],
    ['an end before its begin', { ...stretch, to: '0' }, 400],
    ['another word', { ...stretch, says: 'perhaps' }, 400],
    ['an unknown pipeline', { ...stretch, pipeline: 'nobody' }, 404],
    ['an unknown incident', { says: 'false-alarm', incident: 'none' }, 404],
  ];
  it.each(wrong)('about %s is refused', async (_, body, status) => {
    const { api, process: running } = await serve();
    const code = status === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID';
    for (const path of ['/answers', '/answers/preview']) await problem(await post(api, path, body), status, code);
    expect(running.said).toEqual([]);
  });

  it('is not taken in where its preview is refused', async () => {
    const { api, process: running } = await serve();
    running.previewAnswer = async () => {
      throw new HomeostatError('REQUEST_INVALID', { detail: 'nothing was anomalous there' });
    };
    await problem(await post(api, '/answers', stretch), 400, 'REQUEST_INVALID');
    expect(running.said).toEqual([]);
  });
});
