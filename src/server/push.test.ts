import { createConnection } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { http } from '../connectors/http/index.ts';
import { HomeostatError } from '../core/errors.ts';
import { MEDIA_TYPES } from './bodies.ts';
import type { FixtureRunning } from './running.fixture.ts';
import { JSON_TYPE, problem, serve, type Served } from './serve.fixture.ts';

const EVENTS = '[{"time":"2026-01-05T10:00:00Z","series":"latency","value":203.5}]';
const PATH = '/pipelines/checkout/events';

function push(served: Served, body: string | Uint8Array, headers: Record<string, string> = {}, path = PATH): Promise<Response> {
  return served.api(path, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
}
const kept = (process: FixtureRunning) => process.journals.checkout.kept.map(({ body, type }) => [type, Buffer.from(body).toString()]);
const inFlight = async (served: Served) => /^homeostat_push_bytes_in_flight (\d+)$/m.exec(await (await fetch(`${served.url}/metrics`)).text())![1];

describe('pushing events', () => {
  it('is answered with the position only once the journal has the events', async () => {
    const served = await serve();
    let open = () => {};
    served.process.journals.checkout.gate = new Promise((resolve) => (open = resolve));
    let answered = false;
    const answer = push(served, EVENTS).then((response) => {
      answered = true;
      return response;
    });
    await fetch(`${served.url}/livez`);
    expect(answered).toBe(false);
    open();
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([202, { position: 0, repeated: false }]);
    expect(kept(served.process)).toEqual([['application/json', EVENTS]]);
  });

  it('takes the pipeline in the query as well', async () => {
    const served = await serve();
    expect((await push(served, EVENTS, {}, '/events?pipeline=checkout')).status).toBe(202);
    await problem(await push(served, EVENTS, {}, '/events'), 400, 'REQUEST_INVALID');
  });

  it('takes exactly the media types that the http source has formats for, and notes them without parameters', async () => {
    expect([...MEDIA_TYPES].toSorted()).toEqual(Object.keys(http.formats).toSorted());
    const served = await serve();
    for (const type of MEDIA_TYPES) expect((await push(served, 'x', { 'content-type': `${type}; charset=UTF-8` })).status).toBe(202);
    expect(kept(served.process).map(([type]) => type)).toEqual([...MEDIA_TYPES]);
  });

  it('takes lines of text for a pipeline over logs alone', async () => {
    const served = await serve();
    const lines = { 'content-type': 'application/octet-stream' };
    await problem(await push(served, 'a line', lines), 415, 'MEDIA_TYPE_REFUSED');
    Object.assign(served.process.pipelines()[0], { logs: true });
    expect((await push(served, 'a line', lines)).status).toBe(202);
  });

  it.each([
    ['gzip', gzipSync(EVENTS)],
    ['deflate', deflateSync(EVENTS)],
    ['br', brotliCompressSync(EVENTS)],
    ['identity', Buffer.from(EVENTS)],
  ])('unpacks %s', async (encoding, body) => {
    const served = await serve();
    expect((await push(served, body, { 'content-encoding': encoding })).status).toBe(202);
    expect(kept(served.process)[0][1]).toBe(EVENTS);
  });

  it('writes nothing when a key is repeated', async () => {
    const served = await serve();
    const first = await push(served, EVENTS, { 'idempotency-key': 'batch-1' });
    const second = await push(served, EVENTS, { 'idempotency-key': 'batch-1' });
    expect([await first.json(), await second.json()]).toEqual([
      { position: 0, repeated: false },
      { position: 0, repeated: true },
    ]);
    expect(served.process.journals.checkout.kept).toHaveLength(1);
    await problem(await push(served, EVENTS, { 'idempotency-key': 'x'.repeat(256) }), 400, 'REQUEST_INVALID');
  });

  it('with wait=verdicts answers after the commit, and has said before it pushed that it will wait', async () => {
    const served = await serve();
    const { process } = served;
    const expectingAt: number[] = [];
    const append = process.journals.checkout.append.bind(process.journals.checkout);
    process.journals.checkout.append = (request) => {
      expectingAt.push(process.expecting);
      return append(request);
    };
    const response = await push(served, EVENTS, {}, `${PATH}?wait=verdicts`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ position: 0, repeated: false, verdicts: [{ id: '0000000000000001' }] });
    expect([expectingAt, process.expecting]).toEqual([[1], 0]);
  });

  it('answers 202 when the wait was too long: the events are kept all the same', async () => {
    const served = await serve();
    served.process.answer = async () => {
      throw new HomeostatError('OVERLOADED', { what: 'The wait', limit: 1 });
    };
    const response = await push(served, EVENTS, {}, `${PATH}?wait=verdicts&timeout=1`);
    expect([response.status, await response.json()]).toEqual([202, { position: 0, repeated: false }]);
  });
});

describe('refusing events', () => {
  it('is 404 for a pipeline that does not exist and for one that is not pushed to', async () => {
    const served = await serve();
    await problem(await push(served, EVENTS, {}, '/pipelines/nope/events'), 404, 'NOT_FOUND');
    expect((await problem(await push(served, EVENTS, {}, '/pipelines/host/events'), 404, 'NOT_FOUND')).detail).toMatch(/pushed to "host"/);
  });

  it('is 415 for other types, charsets and encodings', async () => {
    const served = await serve();
    await problem(await push(served, 'x', { 'content-type': 'application/xml' }), 415, 'MEDIA_TYPE_REFUSED');
    await problem(await push(served, 'x', { 'content-type': 'text/csv; charset=latin1' }), 415, 'MEDIA_TYPE_REFUSED');
    await problem(await push(served, 'x', { 'content-encoding': 'zstd' }), 415, 'MEDIA_TYPE_REFUSED');
    await problem(await push(served, 'x', { 'content-encoding': 'constructor' }), 415, 'MEDIA_TYPE_REFUSED');
  });

  it('is 400 for an empty body and for one that is not packed as it says', async () => {
    const served = await serve();
    await problem(await push(served, ''), 400, 'REQUEST_INVALID');
    await problem(await push(served, EVENTS, { 'content-encoding': 'gzip' }), 400, 'REQUEST_INVALID');
    await problem(await push(served, gzipSync(EVENTS).subarray(0, 20), { 'content-encoding': 'gzip' }), 400, 'REQUEST_INVALID');
  });

  it('is 413 for what is too large as it is sent, with a length and without', async () => {
    const served = await serve({ limits: { max_body: 1000 } });
    await problem(await push(served, 'x'.repeat(1001)), 413, 'BODY_TOO_LARGE');
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600));
        if (++sent === 4) controller.close();
      },
    });
    let sent = 0;
    const init: RequestInit = { method: 'POST', headers: JSON_TYPE, body: chunks, duplex: 'half' };
    await problem(await served.api(PATH, init), 413, 'BODY_TOO_LARGE');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('stops unpacking a %s bomb at the bound, and keeps nothing of it', async (encoding, pack) => {
    const served = await serve({ limits: { max_expanded: 100_000 } });
    const bomb = pack(Buffer.alloc(20_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    expect((await problem(await push(served, bomb, { 'content-encoding': encoding }), 413, 'BODY_TOO_LARGE')).detail).toMatch(
      /100000 bytes \(server.max_expanded\)/,
    );
    expect(served.process.journals.checkout.kept).toHaveLength(0);
    expect(await inFlight(served)).toBe('0');
  });

  it.each(['JOURNAL_FULL', 'DISK_FULL'] as const)('is 507 with Retry-After on %s, and taken again when there is room', async (code) => {
    const served = await serve();
    const { checkout } = served.process.journals;
    checkout.failure = new HomeostatError(code, { path: 'journal/checkout', size: '1 GiB', limit: '1 GiB', detail: 'ENOSPC' });
    const response = await push(served, EVENTS);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await problem(response, 507, code);
    checkout.failure = undefined;
    expect((await push(served, EVENTS)).status).toBe(202);
  });

  it('is 429 with Retry-After when bodies would hold too much memory at once, and gives the memory back', async () => {
    const served = await serve({ limits: { max_in_flight: 1500 } });
    const { checkout } = served.process.journals;
    let open = () => {};
    checkout.gate = new Promise((resolve) => (open = resolve));
    const first = push(served, 'x'.repeat(1000));
    await expect.poll(() => inFlight(served)).toBe('1000');
    const second = await push(served, 'x'.repeat(1000));
    expect(second.headers.get('retry-after')).toBe('1');
    await problem(second, 429, 'OVERLOADED');
    open();
    expect((await first).status).toBe(202);
    expect(await inFlight(served)).toBe('0');
    expect((await push(served, 'x'.repeat(1000))).status).toBe(202);
  });

  it('is 429 when too many wait for verdicts, before anything is written', async () => {
    const served = await serve({ limits: { max_waiting: 1 } });
    let answer = () => {};
    served.process.answer = () => new Promise((resolve) => (answer = () => resolve([])));
    const first = push(served, EVENTS, {}, `${PATH}?wait=verdicts`);
    await expect.poll(() => served.process.journals.checkout.kept.length).toBe(1);
    await problem(await push(served, EVENTS, {}, `${PATH}?wait=verdicts`), 429, 'OVERLOADED');
    expect(served.process.journals.checkout.kept).toHaveLength(1);
    answer();
    expect((await first).status).toBe(200);
  });

  it('gives the memory back when the sender goes away in the middle', async () => {
    const served = await serve();
    const { port } = new URL(served.url);
    const socket = createConnection(Number(port), '127.0.0.1');
    socket.write(`POST /api/v1${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(2000)}`);
    await expect.poll(() => inFlight(served)).toBe('2000');
    socket.destroy();
    await expect.poll(() => inFlight(served)).toBe('0');
    expect(served.process.journals.checkout.kept).toHaveLength(0);
  });
});
