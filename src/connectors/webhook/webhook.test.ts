import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { within } from '../../testing/index.ts';
import { webhook } from './index.ts';

interface Got {
  headers: IncomingHttpHeaders;
  body: string;
}

let server: Server;
let url: string;
let got: Got[];
/** Status of each answer in turn, then 200; 0 never answers. */
let answers: number[];

beforeEach(async () => {
  got = [];
  answers = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const status = answers.shift() ?? 200;
      if (status === 0) return;
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const dictionary = new SeriesDictionary();
dictionary.intern('a');

function batchOf(count: number) {
  const batch = emptyVerdicts(1, count);
  batch.length = count;
  for (let i = 0; i < count; i++) batch.idLow[i] = i;
  return batch;
}

async function send(count: number, options: Record<string, unknown> = {}): Promise<void> {
  const sink = webhook.create({ url, backoff: 1, max_backoff: 4, ...options } as never, { pipeline: 'p', folder: '.' });
  await sink.open(undefined);
  try {
    await within(Promise.resolve(sink.write(batchOf(count), 'p', dictionary)), 'write');
    await within(sink.flush(), 'flush');
  } finally {
    await sink.close();
  }
}

describe('the sink webhook', () => {
  it('posts at most so many verdicts at once', async () => {
    await send(25, { batch: 10 });
    expect(got.map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([10, 10, 5]);
  });

  it('repeats the same request under the same key until it is taken', async () => {
    answers = [500, 429, 503];
    await send(2);
    expect(got.length).toBe(4);
    expect(new Set(got.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(got.map(({ body }) => body)).size).toBe(1);
  });

  it('gives the same verdicts the same key in another run, and others another', async () => {
    await send(2);
    await send(2);
    await send(3);
    const keys = got.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('gives up in the end, naming the receiver without what may be a secret', async () => {
    answers = Array.from({ length: 10 }, () => 500);
    const failure = await send(1, { attempts: 3 }).catch((thrown: Error) => thrown);
    expect(failure).toMatchObject({ code: 'RECEIVER_FAILED' });
    expect((failure as Error).message).toContain('HTTP 500 (attempt 3 of 3)');
    expect((failure as Error).message).not.toContain('hidden');
    expect(got.length).toBe(3);
  });

  it('does not repeat what will never be taken', async () => {
    answers = [400];
    await expect(send(1)).rejects.toThrow('HTTP 400 (attempt 1');
    expect(got.length).toBe(1);
  });

  it('does not wait for ever for an answer', async () => {
    answers = [0];
    await send(1, { timeout: 400 });
    expect(got.length).toBeGreaterThan(1);
  });

  it('signs the body with the time', async () => {
    await send(1, { secret: 'key' });
    const { headers, body } = got[0];
    const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['homeostat-signature']))!;
    expect(hex).toBe(createHmac('sha256', 'key').update(`${seconds}.${body}`).digest('hex'));
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('takes everything since the last flush again after it has failed, and sends nothing twice for it', async () => {
    answers = [400];
    const sink = webhook.create({ url, batch: 2 } as never, { pipeline: 'p', folder: '.' });
    await sink.open(undefined);
    await expect(sink.write(batchOf(3), 'p', dictionary)).rejects.toThrow('HTTP 400');
    await sink.write(batchOf(3), 'p', dictionary);
    await sink.flush();
    await sink.close();
    expect(got.slice(1).map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([2, 1]);
  });

  it('stops repeating when it is closed', async () => {
    answers = Array.from({ length: 100 }, () => 500);
    const sink = webhook.create({ url, backoff: 60_000, max_backoff: 60_000 } as never, { pipeline: 'p', folder: '.' });
    await sink.open(undefined);
    await sink.write(batchOf(1), 'p', dictionary);
    const flushed = sink.flush().catch((thrown: Error) => thrown.message);
    await sink.close();
    expect(await within(flushed, 'flush')).toContain('does not take verdicts');
  });
});
