import { get as httpGet, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveEvent } from '../core/api.ts';
import { incidentFixture, START, statusFixture, transitionFixture, verdictFixture } from './running.fixture.ts';
import { JSON_TYPE, OPERATOR, problem, serve, VIEWER, type Served } from './serve.fixture.ts';

interface Frame {
  id?: string;
  event: string;
  data: LiveEvent;
  /** When it arrived, ms. */
  at: number;
}

const listeners: Listener[] = [];

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.response.destroy();
});

/** A client of the stream that notes every frame. */
class Listener {
  readonly frames: Frame[] = [];
  text = '';
  ended = false;
  readonly response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.response = response;
    listeners.push(this);
    response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    response.on('close', () => (this.ended = true)).on('error', () => {});
  }

  /** Frames of one type, once there are so many. */
  async of(type: LiveEvent['type'], count: number): Promise<Frame[]> {
    await expect.poll(() => this.frames.filter(({ event }) => event === type).length, { timeout: 5000, interval: 5 }).toBeGreaterThanOrEqual(count);
    return this.frames.filter(({ event }) => event === type);
  }

  #take(chunk: string): void {
    this.text += chunk;
    const parts = this.text.split('\n\n');
    this.text = parts.pop()!;
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if (fields.event !== undefined)
        this.frames.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) as LiveEvent, at: performance.now() });
    }
  }
}

function listen({ url }: Served, query = '', headers: Record<string, string> = {}): Promise<Listener> {
  return new Promise((resolve, reject) => {
    httpGet(`${url}/api/v1/stream${query}`, { headers }, (response) =>
      response.statusCode === 200 ? resolve(new Listener(response)) : reject(new Error(String(response.statusCode))),
    ).on('error', reject);
  });
}

const verdicts = (from: number, count: number, series = 'latency', pipeline = 'checkout'): LiveEvent => ({
  type: 'verdicts',
  pipeline,
  checkpoint: from,
  verdicts: Array.from({ length: count }, (_, i) => verdictFixture(from + i, series, pipeline)),
  skipped: 0,
});
const incident: LiveEvent = { type: 'incident', incident: incidentFixture(), transition: transitionFixture() };
const series: LiveEvent = {
  type: 'series',
  pipeline: 'checkout',
  items: ['latency', 'rate'].map((key, index) => ({
    pipeline: 'checkout',
    index,
    key,
    labels: {},
    unit: '',
    time: START,
    value: 1,
    score: 1,
    threshold: 3,
    anomalous: false,
    warmup: false,
  })),
};
const ids = (frames: Frame[]) => frames.flatMap(({ data }) => (data.type === 'verdicts' ? data.verdicts.map(({ cause }) => cause.offset) : []));

describe('the stream', () => {
  it('begins with the status of every pipeline and goes on with what happens', async () => {
    const served = await serve();
    const listener = await listen(served);
    expect(listener.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(listener.response.headers['x-content-type-options']).toBe('nosniff');
    const [first] = await listener.of('status', 1);
    expect(first.data).toMatchObject({ pipelines: [{ name: 'checkout' }, { name: 'host' }] });
    served.process.emit(verdicts(1, 2));
    served.process.emit(incident);
    served.process.emit(series);
    await listener.of('series', 1);
    expect(listener.frames.map(({ event }) => event)).toEqual(['status', 'verdicts', 'incident', 'series']);
    expect(ids(listener.frames)).toEqual([1, 2]);
  });

  it('shows only the topics, pipeline and series that are asked for', async () => {
    const served = await serve();
    const topics = await listen(served, '?topics=incidents');
    const pipeline = await listen(served, '?topics=status,verdicts&pipeline=host');
    const one = await listen(served, '?pipeline=checkout&series=rate');
    for (const event of [
      verdicts(1, 1),
      verdicts(2, 1, 'rate'),
      verdicts(3, 1, 'cpu', 'host'),
      incident,
      series,
      { type: 'status', pipelines: [statusFixture('checkout')] } as LiveEvent,
      { type: 'status', pipelines: [statusFixture('host')] } as LiveEvent,
      { type: 'reset', reason: 'the engine was started anew' } as LiveEvent,
    ])
      served.process.emit(event);
    await Promise.all([topics.of('reset', 1), pipeline.of('reset', 1), one.of('reset', 1)]);
    expect(topics.frames.map(({ event }) => event)).toEqual(['incident', 'reset']);
    expect(pipeline.frames.map(({ event }) => event)).toEqual(['status', 'verdicts', 'status', 'reset']);
    expect(ids(pipeline.frames)).toEqual([3]);
    expect(one.frames.map(({ event }) => event)).toEqual(['status', 'verdicts', 'series', 'status', 'reset']);
    expect(ids(one.frames)).toEqual([2]);
    expect(one.frames[2].data).toMatchObject({ items: [{ key: 'rate' }] });
  });

  it.each([{ header: true }, { header: false }])(
    'gives what was missed to a client that comes back, once and in order (header: $header)',
    async ({ header }) => {
      const served = await serve();
      const first = await listen(served, '?topics=verdicts');
      served.process.emit(verdicts(1, 1));
      const last = (await first.of('verdicts', 1)).at(-1)!.id!;
      first.response.destroy();
      served.process.emit(verdicts(2, 2));
      served.process.emit(incident);
      served.process.emit(verdicts(4, 1));
      const second = header
        ? await listen(served, '?topics=verdicts', { 'last-event-id': last })
        : await listen(served, `?topics=verdicts&lastEventId=${last}`);
      served.process.emit(verdicts(5, 1));
      await expect.poll(() => ids(second.frames)).toEqual([2, 3, 4, 5]);
      expect(second.frames.map(({ event }) => event)).not.toContain('reset');
    },
  );

  it('says reset when what was missed is gone, and goes on from there', async () => {
    const served = await serve({ limits: { stream_replay: 10 } });
    const first = await listen(served, '?topics=verdicts');
    served.process.emit(verdicts(1, 1));
    const last = (await first.of('verdicts', 1))[0].id!;
    first.response.destroy();
    for (let i = 2; i < 20; i++) served.process.emit(verdicts(i, 1));
    const second = await listen(served, '?topics=verdicts', { 'last-event-id': last });
    const [reset] = await second.of('reset', 1);
    expect(reset.data).toMatchObject({ reason: expect.stringMatching(/more was missed/) as string });
    expect(ids(second.frames)).toEqual([]);
    second.response.destroy();
    served.process.emit(verdicts(20, 1));
    const third = await listen(served, '?topics=verdicts', { 'last-event-id': reset.id! });
    expect(ids(await third.of('verdicts', 1))).toEqual([20]);
  });

  it.each(['0123456789ab-1', 'nonsense', '-', '1-NaN'])('says reset to an id that this process never gave: %s', async (id) => {
    const served = await serve();
    const listener = await listen(served, '', { 'last-event-id': id });
    expect(await listener.of('reset', 1)).toHaveLength(1);
  });

  it('does not hand a stream more at once than it may hold', async () => {
    const served = await serve({ limits: { stream_buffer: 5000 } });
    const first = await listen(served, '?topics=verdicts');
    served.process.emit(verdicts(1, 1));
    const last = (await first.of('verdicts', 1))[0].id!;
    for (let i = 2; i < 100; i++) served.process.emit(verdicts(i, 1));
    const second = await listen(served, '?topics=verdicts', { 'last-event-id': last });
    expect((await second.of('reset', 1))[0].data).toMatchObject({ reason: expect.stringMatching(/more was missed than one stream/) as string });
  });

  it('keeps an idle stream open with comments', async () => {
    const served = await serve({ limits: { heartbeat: 20 } });
    const listener = await listen(served);
    let comments = 0;
    listener.response.on('data', (chunk: string) => (comments += chunk.split(': still here').length - 1));
    await expect.poll(() => comments).toBeGreaterThan(2);
    expect(listener.frames.every(({ event }) => event === 'status')).toBe(true);
  });
});

describe('bounds of the stream', () => {
  it('leaves events out for a client that does not read, keeps little for it, and says reset when it reads again', async () => {
    const served = await serve({ limits: { stream_buffer: 100_000 } });
    const slow = await listen(served, '?topics=verdicts');
    const quick = await listen(served, '?topics=verdicts');
    slow.response.pause();
    const before = process.memoryUsage().external + process.memoryUsage().arrayBuffers;
    const event = verdicts(1, 200);
    const dropped = async () => Number(/^homeostat_stream_dropped_total (\d+)$/m.exec(await (await fetch(`${served.url}/metrics`)).text())![1]);
    let sent = 0;
    while ((sent % 10 > 0 || (await dropped()) < 10) && sent < 1000) {
      served.process.emit(event);
      sent++;
      await quick.of('verdicts', sent);
    }
    expect(await dropped()).toBeGreaterThanOrEqual(10);
    expect(process.memoryUsage().external + process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    expect(quick.frames.filter(({ event }) => event === 'reset')).toEqual([]);
    slow.response.resume();
    const [reset] = await slow.of('reset', 1);
    expect(reset.data).toMatchObject({ reason: expect.stringMatching(/too slow/) as string });
    served.process.emit(incident);
    served.process.emit(verdicts(7777, 1));
    await expect.poll(() => ids(slow.frames.slice(-1))).toEqual([7777]);
    expect(slow.frames.filter(({ event }) => event === 'verdicts').length).toBeLessThan(sent);
  });

  it('opens no more streams than allowed, and others again when one has gone', async () => {
    const served = await serve({ limits: { max_streams: 2 } });
    const [first] = [await listen(served), await listen(served)];
    const refused = await served.api('/stream');
    expect(refused.headers.get('retry-after')).toBe('1');
    await problem(refused, 429, 'OVERLOADED');
    first.response.destroy();
    await expect
      .poll(() =>
        listen(served).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('lets the process rest while nobody has listened', async () => {
    const served = await serve();
    expect(served.process.listeners.size).toBe(0);
    await listen(served);
    expect(served.process.listeners.size).toBe(1);
    await served.close();
    expect(served.process.listeners.size).toBe(0);
  });

  it('answers HEAD without opening a stream', async () => {
    const { api } = await serve();
    expect((await api('/stream', { method: 'HEAD' })).status).toBe(404);
  });

  it('ends with the session that opened it', async () => {
    const served = await serve({ tokens: [VIEWER, OPERATOR], limits: { session: 1000, heartbeat: 20 } });
    const signed = await served.api('/session', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ token: VIEWER.token }) });
    const cookie = signed.headers.get('set-cookie')!.split(';')[0];
    const listener = await listen(served, '', { cookie });
    await listener.of('status', 1);
    const busy = setInterval(() => served.process.emit(verdicts(1, 1)), 1);
    await expect.poll(() => listener.ended, { timeout: 5000 }).toBe(true);
    clearInterval(busy);
    await expect(listen(served, '', { cookie })).rejects.toThrow('401');
  });
});

it('an event reaches a hundred streams well within half a second', async () => {
  const served = await serve();
  const open = await Promise.all(Array.from({ length: 100 }, () => listen(served, '?topics=verdicts')));
  const waits: number[] = [];
  for (let round = 1; round <= 20; round++) {
    const started = performance.now();
    served.process.emit(verdicts(round * 100, 50));
    await expect.poll(() => open.every(({ frames }) => frames.length === round), { interval: 2 }).toBe(true);
    for (const { frames } of open) waits.push(frames.at(-1)!.at - started);
  }
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)]).toBeLessThan(500);
});
