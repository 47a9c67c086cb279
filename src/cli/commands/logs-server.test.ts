import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SAMPLE } from '../logs/sample.fixture.ts';
import { answer, answers } from './logs-answers.ts';
import { editOf, templates } from './logs-templates.ts';

let server: Server;
let url: string;
let asked: { method: string; path: string; body: unknown }[];
let written: string;
let replies: Record<string, unknown>;

beforeEach(async () => {
  vi.stubEnv('NO_COLOR', '1');
  asked = [];
  written = '';
  replies = {
    'GET /api/v1/pipelines': { items: [{ name: 'numbers' }, { name: 'hdfs' }], next: null },
    'GET /api/v1/pipelines/numbers/logs': [404, { code: 'LOGS_NONE', detail: 'reads no log lines' }],
    'GET /api/v1/pipelines/hdfs/logs': SAMPLE.overview,
  };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      asked.push({ method: request.method!, path: request.url!, body: body === '' ? undefined : JSON.parse(body) });
      const reply = replies[`${request.method} ${request.url}`] ?? [404, { code: 'NOT_FOUND', detail: `no ${request.url}` }];
      const [status, content] = Array.isArray(reply) && typeof reply[0] === 'number' ? (reply as [number, unknown]) : [200, reply];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((written += String(text)), true));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await new Promise((resolve) => server.close(resolve));
});

const last = (): (typeof asked)[number] => asked.at(-1)!;

describe('logs templates', () => {
  const options = { sort: 'count', limit: 40 };

  it('lists those of the only pipeline over logs', async () => {
    replies['GET /api/v1/pipelines/hdfs/logs/templates?sort=count&limit=40'] = SAMPLE.templates;
    expect(await templates('list', [], { ...options, url })).toBe(0);
    expect(written).toContain('9,000');
    expect(written).toContain('stored: pinned Stored <*>');
  });

  it('shows one with its words counted from 1, as split takes them', async () => {
    replies['GET /api/v1/pipelines/p/logs/templates?sort=id&limit=20000'] = SAMPLE.templates;
    await templates('show', ['2'], { ...options, url, pipeline: 'p' });
    expect(written).toContain('1:Stored 2:<*>');
    await expect(templates('show', ['5'], { ...options, url, pipeline: 'p' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('sends an edit', async () => {
    replies['GET /api/v1/pipelines/p/logs/templates?sort=id&limit=20000'] = SAMPLE.templates;
    replies['POST /api/v1/pipelines/p/logs/templates/edits'] = [202, { sequence: 3 }];
    await templates('split', ['2'], { ...options, url, pipeline: 'p', word: 2, values: ['GET', 'POST'], json: true });
    expect(last().body).toEqual({ do: 'split', template: 2, word: 1, values: ['GET', 'POST'] });
    expect(JSON.parse(written)).toMatchObject({ sequence: 3 });
  });

  it('sends none that does nothing', async () => {
    replies['GET /api/v1/pipelines/p/logs/templates?sort=id&limit=20000'] = SAMPLE.templates;
    const split = { ...options, url, pipeline: 'p', word: 1, values: ['GET'] };
    await expect(templates('split', ['2'], split)).rejects.toThrow('word 1 of template 2 is "Stored"');
    await expect(templates('merge', ['2', '700'], { ...options, url, pipeline: 'p' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(asked.map(({ method }) => method)).not.toContain('POST');
  });

  it.each([
    ['name', ['7', 'disk full'], { do: 'name', template: 7, name: 'disk full' }],
    ['pin', ['7'], { do: 'pin', template: 7, pinned: true }],
    ['unpin', ['7'], { do: 'pin', template: 7, pinned: false }],
    ['ignore', ['7'], { do: 'ignore', template: 7, ignored: true }],
    ['heed', ['7'], { do: 'ignore', template: 7, ignored: false }],
    ['merge', ['7', '8', '9'], { do: 'merge', into: 7, templates: [8, 9] }],
  ])('understands %s %j', (action, what, edit) => {
    expect(editOf(action, what, {})).toEqual(edit);
  });

  it.each([
    ['pin', [], 'needs the id'],
    ['pin', ['x'], '"x" is no id'],
    ['pin', ['1', '2'], '"2" is one argument too many'],
    ['name', ['1'], 'one text'],
    ['merge', ['1'], 'at least one other'],
    ['split', ['1'], 'needs --word'],
  ])('refuses %s %j', (action, what, words) => {
    expect(() => editOf(action, what, {})).toThrow(words);
  });

  it('says which pipelines there are where it cannot choose', async () => {
    replies['GET /api/v1/pipelines/numbers/logs'] = SAMPLE.overview;
    await expect(templates('list', [], { ...options, url })).rejects.toThrow('--pipeline is needed, because there are several: numbers, hdfs');
  });
});

describe('logs answer', () => {
  // As it comes over the wire: a field is called `then`.
  const preview: unknown = JSON.parse('{"pattern":"ab12","days":7,"alerts":3,"silenced":2,"added":0,"normal":1,"anomalous":0,"then":"silenced"}');
  const options = { reason: 'planned', days: 7, pipeline: 'p' };

  beforeEach(() => {
    replies['GET /api/v1/pipelines/p/logs/sessions/blk_%3C1%3E'] = SAMPLE.sessions[0];
    replies['POST /api/v1/pipelines/p/logs/answers/preview'] = preview;
    replies['POST /api/v1/pipelines/p/logs/answers'] = [202, { id: 'a1', sequence: 5 }];
  });

  it('only shows what it would change', async () => {
    await answer('normal', 'blk_<1>', { ...options, url });
    expect(last()).toMatchObject({ path: '/api/v1/pipelines/p/logs/answers/preview', body: { pattern: 'ab12', says: 'normal', days: 7 } });
    expect(written).toContain('3 alerts in 7 days; it would have made 2 alerts fewer');
    expect(written).toContain('alert no more');
    expect(written).toContain('give the answer with --yes');
  });

  it('gives it with --yes, and takes it back', async () => {
    await answer('normal', 'blk_<1>', { ...options, url, yes: true });
    expect(last().body).toEqual({ pattern: 'ab12', says: 'normal', reason: 'planned', session: 'blk_<1>' });
    expect(written).toContain('homeostat logs answer undo a1');
    replies['DELETE /api/v1/pipelines/p/logs/answers/a1'] = [202, { sequence: 6 }];
    await answer('undo', 'a1', { ...options, url, json: true });
    expect(last().method).toBe('DELETE');
  });
});

describe('logs answers', () => {
  const one = { id: 'a1', pattern: 'ab12', says: 'normal', reason: 'planned', by: 'eva', session: 'blk_1', at: '2026-01-01T00:00:00Z', undone: false };

  beforeEach(() => {
    replies['GET /api/v1/pipelines/p/logs/answers'] = [{ ...one, id: 'a3' }, { ...one, id: 'a2', undone: true }, one];
  });

  it('lists those in force, or all', async () => {
    await answers({ url, pipeline: 'p' });
    expect(written).not.toContain('a2');
    await answers({ url, pipeline: 'p', all: true });
    expect(written).toContain('taken back');
  });

  it('exports those in force, the oldest first, as import takes them', async () => {
    await answers({ url, pipeline: 'p', export: true });
    const { answers: all } = JSON.parse(written) as { answers: { id: string }[] };
    expect(all.map(({ id }) => id)).toEqual(['a1', 'a3']);
    expect(all[0]).toEqual({ id: 'a1', pattern: 'ab12', says: 'normal', reason: 'planned', session: 'blk_1' });
  });

  it('says what is wrong with a file to import', async () => {
    await expect(answers({ url, pipeline: 'p', import: '/nowhere.json' })).rejects.toThrow('--import: /nowhere.json cannot be read');
  });
});
