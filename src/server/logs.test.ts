import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Type } from '../core/schema.ts';
import type { LogJob } from '../core/api.ts';
import { page } from './routes/common.ts';
import { ref } from './schemas.ts';
import { bearer, fits, OPERATOR, problem, serve, VIEWER } from './serve.fixture.ts';

const PLACES = ['/pipelines/app/logs', '/logs/jobs/job1'] as const;
const PART = { 'content-type': 'application/offset+octet-stream' };

describe('results over logs', () => {
  it.each(PLACES)('%s answers what the document says', async (base) => {
    const { api } = await serve();
    const answers = [
      [base.startsWith('/logs') ? `${base}/overview` : base, ref('LogOverview')],
      [`${base}/templates`, ref('LogTemplates')],
      [`${base}/sessions`, ref('LogSessions')],
      [`${base}/sessions/blk_1`, ref('LogSessionDetail')],
      [`${base}/scores`, ref('LogScores')],
      [`${base}/models`, Type.Array(ref('LogModel'))],
      [`${base}/answers`, Type.Array(ref('LogAnswer'))],
    ] as const;
    for (const [path, schema] of answers) {
      const response = await api(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('etag')).toBeTruthy();
      expect(fits(schema, await response.json()), path).toBe(true);
    }
  });

  it('are for log pipelines', async () => {
    const { api } = await serve();
    await problem(await api('/pipelines/checkout/logs'), 404, 'LOGS_NONE');
    await problem(await api('/pipelines/checkout/logs/sessions'), 404, 'LOGS_NONE');
    await problem(await api('/pipelines/nobody/logs'), 404, 'NOT_FOUND');
    await problem(await api('/logs/jobs/nobody/overview'), 404, 'NOT_FOUND');
    await problem(await api('/pipelines/app/logs/sessions/blk_9'), 404, 'NOT_FOUND');
  });

  it('take queries and say which do not fit', async () => {
    const { api } = await serve();
    const sessions = (await (await api('/pipelines/app/logs/sessions?anomalous=true&sort=score&from=2026-01-05T10:00:00Z')).json()) as { sessions: [] };
    expect(sessions.sessions).toHaveLength(1);
    await problem(await api('/pipelines/app/logs/sessions?odd=1'), 400, 'REQUEST_INVALID');
    await problem(await api('/pipelines/app/logs/templates?sort=odd'), 400, 'REQUEST_INVALID');
    await problem(await api('/pipelines/app/logs/sessions?from=2&to=1'), 400, 'REQUEST_INVALID');
  });

  it.each(PLACES)('%s takes what people say, in their name', async (base) => {
    const { post, api, process } = await serve({ tokens: [VIEWER, OPERATOR] });
    const by = bearer(OPERATOR.token);
    const answer = { pattern: 'a1b2', says: 'normal', reason: 'a backup', session: 'blk_1' };
    const answered = await post(`${base}/answers`, answer, by);
    expect(answered.status).toBe(202);
    const { id } = (await answered.json()) as { id: string };
    expect((await post(`${base}/templates/edits`, { do: 'merge', templates: [1, 2], into: 3 }, by)).status).toBe(202);
    const imported = await post(
      `${base}/answers/import`,
      {
        answers: [
          { id: 'a1', ...answer },
          { id: 'a2', ...answer },
        ],
      },
      by,
    );
    expect(await imported.json()).toEqual({ taken: 1, known: 1 });
    expect((await api(`${base}/answers/a1`, { method: 'DELETE', headers: by })).status).toBe(202);
    await problem(await api(`${base}/answers/a9`, { method: 'DELETE', headers: by }), 404, 'NOT_FOUND');
    expect(process.logs.app.said).toEqual([
      { type: 'answer-session', answer: { id, ...answer }, by: 'olga' },
      { type: 'edit-template', edit: { do: 'merge', templates: [1, 2], into: 3 }, by: 'olga' },
      { type: 'answer-session', answer: { id: 'a2', ...answer }, by: 'olga' },
      { type: 'undo-session-answer', id: 'a1', by: 'olga' },
    ]);
    await problem(await post(`${base}/answers`, answer, bearer(VIEWER.token)), 403, 'FORBIDDEN');
    expect((await post(`${base}/answers/preview`, { pattern: 'a1b2', says: 'normal' }, bearer(VIEWER.token))).status).toBe(200);
  });

  it('refuse edits that are none', async () => {
    const { post } = await serve();
    for (const edit of [
      {},
      { do: 'merge', templates: [], into: 1 },
      { do: 'pin', template: -1, pinned: true },
      { do: 'name', template: 1, name: 'a', more: 1 },
    ])
      await problem(await post('/pipelines/app/logs/templates/edits', edit), 400, 'REQUEST_INVALID');
  });

  it('download as files that no spreadsheet runs', async () => {
    const { api } = await serve();
    const csv = await api('/logs/jobs/job1/download?what=sessions');
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="sessions.csv"');
    const lines = (await csv.text()).split('\r\n');
    expect(lines[0]).toMatch(/^session,time,first,last,lines,score,/);
    expect(lines[1]).toMatch(/^blk_1,.*,new-event: =the template was never seen,a1b2,0,,/);
    expect(lines).toHaveLength(4);
    const templates = await (await api('/pipelines/app/logs/download?what=templates')).text();
    expect(templates).toContain('"Received block blk_1 of size 7, ""quoted"""');
    const answers = await api('/pipelines/app/logs/download?what=answers&format=ndjson');
    expect(answers.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    expect((JSON.parse(await answers.text()) as { id: string }).id).toBe('a1');
    await problem(await api('/pipelines/checkout/logs/download?what=templates'), 404, 'LOGS_NONE');
    await problem(await api('/pipelines/app/logs/download?what=lines'), 400, 'REQUEST_INVALID');
  });
});

describe('jobs', () => {
  it('are made within the bounds of the configuration, listed, cancelled and removed', async () => {
    const { api, post, process } = await serve({ limits: { max_upload: 1000, max_jobs: 3, keep_jobs: 5000 } });
    const made = await post('/logs/jobs', { file: 'app.log', size: 12, session: 'auto' });
    expect(made.status).toBe(201);
    expect(fits(ref('LogJob'), await made.json())).toBe(true);
    expect(process.logs.made).toEqual([{ job: { file: 'app.log', size: 12, session: 'auto' }, limits: { maxUpload: 1000, maxJobs: 3, keep: 5000 } }]);
    await problem(await post('/logs/jobs', { file: 'app.log', size: 0 }), 400, 'REQUEST_INVALID');
    const listed: unknown = await (await api('/logs/jobs')).json();
    expect(fits(page(ref('LogJob')), listed)).toBe(true);
    expect(((await (await api('/logs/jobs/job1')).json()) as LogJob).state).toBe('done');
    expect(((await (await post('/logs/jobs/job2/cancel', {})).json()) as LogJob).state).toBe('cancelled');
    await problem(await post('/logs/jobs/job1/cancel', {}), 409, 'JOB_STATE');
    expect((await api('/logs/jobs/job1', { method: 'DELETE' })).status).toBe(204);
    expect(process.logs.gone).toEqual(['job1']);
    await problem(await api('/logs/jobs/nobody'), 404, 'NOT_FOUND');
  });

  it('take parts where they fit, and say where they stand', async () => {
    const { api, process } = await serve();
    const head = await api('/logs/jobs/job2/content', { method: 'HEAD' });
    expect([head.status, head.headers.get('upload-offset'), head.headers.get('upload-length')]).toEqual([200, '40', '100']);
    expect((await api('/logs/jobs/nobody/content', { method: 'HEAD' })).status).toBe(404);
    const send = (offset: string, body: string, headers = {}) =>
      api('/logs/jobs/job2/content', { method: 'PATCH', headers: { ...PART, 'upload-offset': offset, ...headers }, body });
    const kept = await send('40', 'x'.repeat(60));
    expect([kept.status, kept.headers.get('upload-offset')]).toEqual([204, '100']);
    expect(process.logs.received).toEqual([{ offset: 40, bytes: Buffer.from('x'.repeat(60)) }]);
    const wrong = await send('30', 'x');
    expect(wrong.headers.get('upload-offset')).toBe('40');
    expect((await problem(wrong, 409, 'UPLOAD_OFFSET')).detail).toContain('stands at byte 40');
    await problem(await send('-1', 'x'), 400, 'REQUEST_INVALID');
    await problem(await api('/logs/jobs/job2/content', { method: 'PATCH', headers: PART, body: 'x' }), 400, 'REQUEST_INVALID');
    await problem(await send('40', 'x', { 'content-type': 'application/json' }), 415, 'MEDIA_TYPE_REFUSED');
  });

  it('take parts larger than any other body', async () => {
    const { api, process } = await serve({ limits: { max_body: 1000 } });
    const body = 'x'.repeat(100_000);
    const kept = await api('/logs/jobs/job2/content', { method: 'PATCH', headers: { ...PART, 'upload-offset': '40' }, body });
    expect(kept.status).toBe(204);
    expect(process.logs.received[0].bytes).toHaveLength(100_000);
  });

  it('are for operators, and not for other sites', async () => {
    const { api, post, url } = await serve({ tokens: [VIEWER, OPERATOR] });
    const viewer = bearer(VIEWER.token);
    await problem(await post('/logs/jobs', { file: 'a', size: 1 }, viewer), 403, 'FORBIDDEN');
    await problem(await post('/logs/jobs', { file: 'a', size: 1 }), 401, 'UNAUTHORIZED');
    const part = { method: 'PATCH', headers: { ...PART, ...viewer, 'upload-offset': '40' }, body: 'x' };
    await problem(await api('/logs/jobs/job2/content', part), 403, 'FORBIDDEN');
    await problem(await api('/logs/jobs/job1', { method: 'DELETE', headers: viewer }), 403, 'FORBIDDEN');
    const foreign = { ...part.headers, ...bearer(OPERATOR.token), origin: 'https://elsewhere.example' };
    await problem(await fetch(`${url}/api/v1/logs/jobs/job2/content`, { ...part, headers: foreign }), 403, 'CROSS_SITE');
    expect((await api('/logs/jobs/job2/content', { method: 'HEAD', headers: viewer })).status).toBe(200);
  });

  it('tell the stream how they go on', async () => {
    const { url, process } = await serve();
    const [job] = process.logs.jobs.list();
    const text = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(`${url}/api/v1/stream?topics=jobs`, (response) => {
        let all = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          all += chunk;
          if (all.includes('event: log-job')) {
            sent.destroy();
            resolve(all);
          }
        });
        process.emit({ type: 'series', pipeline: 'checkout', items: [] });
        process.emit({ type: 'log-job', job: job });
      });
      sent.on('error', reject).end();
    });
    expect(text).not.toContain('event: series');
    const data = /event: log-job\ndata: (.*)/.exec(text)![1];
    expect(JSON.parse(data)).toEqual({ type: 'log-job', job });
  });
});
