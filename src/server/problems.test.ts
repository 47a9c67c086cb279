import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FixtureRunning } from './running.fixture.ts';
import { JSON_TYPE, problem, raw, serve } from './serve.fixture.ts';

describe('refusals', () => {
  const unknown: [string, RegExp][] = [
    ['/nowhere', /\/nowhere/],
    ['/pipelines/checkuot', /pipeline "checkuot"/],
    ['/series?pipeline=nope', /pipeline "nope"/],
    ['/series/checkout/range?key=nope', /series of checkout "nope"/],
    ['/verdicts?pipeline=nope', /nope/],
    ['/verdicts?pipeline=checkout&series=nope', /nope/],
    ['/events?pipeline=checkout&series=nope', /nope/],
    ['/incidents/none', /incident "none"/],
    ['/incidents?pipeline=nope', /nope/],
    ['/silences?pipeline=nope', /nope/],
    ['/dead-letters?pipeline=nope', /nope/],
    ['/outbox?pipeline=nope', /nope/],
    ['/stream?pipeline=nope', /nope/],
  ];
  it.each(unknown)('GET %s is 404 and names what is not there', async (path, named) => {
    const { api } = await serve();
    expect((await problem(await api(path), 404, 'NOT_FOUND')).detail).toMatch(named);
  });

  const invalid: [string, RegExp][] = [
    ['/series?limt=3', /unknown query parameter "limt", did you mean "limit"\?/],
    ['/pipelines?all=1', /unknown query parameter "all" \(none is taken\)/],
    ['/series?limit=0', /query parameter "limit" must be >= 1/],
    ['/series?limit=many', /query parameter "limit" must be integer/],
    ['/series?sort=size', /query parameter "sort" must be one of score, key/],
    ['/series?limit=1&limit=2', /"limit"/],
    ['/verdicts', /query parameter "pipeline" is missing/],
    ['/verdicts?pipeline=checkout&from=yesterday', /"from" is "yesterday"/],
    ['/verdicts?pipeline=checkout&from=2000&to=1000', /"from" is after "to"/],
    ['/verdicts?pipeline=checkout&to=9e99', /neither ms/],
    ['/stream?topics=verdict', /unknown topic "verdict", did you mean "verdicts"\?/],
    ['/stream?topic=verdicts', /unknown query parameter "topic", did you mean "topics"\?/],
  ];
  it.each(invalid)('GET %s is 400 and says what does not fit', async (path, said) => {
    const { api } = await serve();
    expect((await problem(await api(path), 400, 'REQUEST_INVALID')).detail).toMatch(said);
  });

  const bodies: [string, unknown, RegExp][] = [
    ['/incidents/feed0001/acknowledge', { coment: '' }, /unknown body key "coment", did you mean "comment"\?/],
    ['/pipelines/checkout/savepoint', { name: 'x' }, /unknown body key "name"/],
    ['/silences', { pipeline: 'checkout', matchers: {} }, /body key "until" is missing/],
    ['/silences', { pipeline: 'checkout', matchers: { host: 1 }, until: 9e12 }, /"matchers.host" must be string/],
    ['/silences', { pipeline: 'checkout', matchers: {}, until: '9999999999999' }, /"until" must be number/],
    ['/dead-letters/replay', { ids: [] }, /"ids"/],
    ['/dead-letters/replay', [], /the body must be object/],
    ['/detect', { values: [1, 'two'] }, /"values/],
    ['/detect', {}, /body key "values" is missing/],
    ['/session', { token: '' }, /"token"/],
  ];
  it.each(bodies)('POST %s with %j is 400 and says what does not fit', async (path, body, said) => {
    const { post, process } = await serve();
    expect((await problem(await post(path, body), 400, 'REQUEST_INVALID')).detail).toMatch(said);
    expect(process.said).toEqual([]);
  });

  it('says so when a body is not JSON, too large, or of another type', async () => {
    const { api, post } = await serve({ limits: { max_body: 1000 } });
    await problem(await api('/detect', { method: 'POST', headers: JSON_TYPE, body: '{"values":' }), 400, 'REQUEST_INVALID');
    await problem(await api('/detect', { method: 'POST', headers: JSON_TYPE, body: '{"values":[1],"__proto__":{}}' }), 400, 'REQUEST_INVALID');
    await problem(await post('/detect', { values: Array.from({ length: 1000 }, () => 1) }), 413, 'BODY_TOO_LARGE');
    await problem(await post('/session', { token: 'x'.repeat(5000) }), 413, 'BODY_TOO_LARGE');
    await problem(await api('/detect', { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<a/>' }), 415, 'MEDIA_TYPE_REFUSED');
  });

  it('answers to broken addresses, broken HTTP and too many headers as to everything else', async () => {
    const { url } = await serve();
    expect(await raw(`${url}/%zz`, 'GET', {})).toMatchObject({ status: 400, headers: { 'x-content-type-options': 'nosniff' } });
    const talk = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
        let answer = '';
        socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        socket.on('end', () => resolve(answer)).on('error', reject);
      });
    expect(await talk('BOO\r\n\r\n')).toMatch(/^HTTP\/1.1 400[^]*"code":"REQUEST_INVALID"/);
    expect(await talk(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431[^]*larger than 16384 bytes/);
  });

  it('keeps the cause of its own failures to the log', async () => {
    const lines: [object, string][] = [];
    const log = { error: (fields: object, message: string) => void lines.push([fields, message]) };
    const process = new FixtureRunning();
    process.pipelines = () => {
      throw new Error('secret detail');
    };
    const { api } = await serve({ log }, process);
    const { detail } = await problem(await api('/pipelines'), 500, 'INTERNAL');
    expect(detail).not.toContain('secret');
    expect(lines).toHaveLength(1);
    expect(lines[0][0]).toMatchObject({ err: new Error('secret detail'), path: '/api/v1/pipelines' });
    expect(detail).toContain((lines[0][0] as { request: string }).request);
  });
});
