/** The source `promql`: what a query answers over time, from a server that keeps it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position, Source, SourceBatch } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { EventBuilder } from '../../core/events.ts';
import { LONGEST_TIMER, Type, quantity, type SourceContext, type Static } from '../../core/schema.ts';
import { parseQuantity } from '../../core/units.ts';
import { seriesKey } from '../../formats/keys.ts';
import { accessFields, get, statusWords, withoutUser } from './get.ts';

export const promqlOptions = Type.Object({
  url: Type.String({ pattern: '^https?://.', description: 'Server with the API of Prometheus (also Thanos, Mimir, VictoriaMetrics), without /api/v1.' }),
  query: Type.String({ minLength: 1, maxLength: 10_000, description: 'Query in PromQL; each of its series is a series here.' }),
  name: Type.String({ minLength: 1, description: 'Name of series whose answer has none, as after `rate`.', default: 'query' }),
  step: quantity('duration', 'Time between two values.', '15s', { minimum: 1 }),
  from: Type.String({ description: 'Where it begins: a time (2026-01-05T10:00:00Z), or how long before the first start (1h).', default: '1h' }),
  to: Type.String({ description: 'Where it ends, as a time; empty: it goes on for ever.', default: '' }),
  lag: quantity('duration', 'How old a value must be before it is asked for, so that the server has scraped and computed it.', '30s'),
  points: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Steps of one request.', default: 500 }),
  ...accessFields,
});

export type PromqlOptions = Static<typeof promqlOptions>;

/** One series of an answer. */
interface Series {
  metric: Record<string, string>;
  /** Absent where all of it are native histograms. */
  values?: [time: number, value: string][];
}

/** Beginning and end on the grid of steps, ms. */
interface Span {
  from: number;
  to: number;
}

export class PromqlSource implements Source {
  readonly partitions = 1;
  readonly finite: boolean;
  readonly #options: PromqlOptions;
  readonly #context: SourceContext;
  readonly #span: Span;
  readonly #closing = new AbortController();
  #hasHistograms = false;

  /** Throws SOURCE_OPTIONS. */
  constructor(options: PromqlOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.finite = options.to !== '';
    this.#span = spanOf(options, context.now());
  }

  /** A position is the time (ms) of the next step. Throws SOURCE_UNREACHABLE, and SOURCE_OPTIONS where the server refuses the query. */
  async *open(from: Position | undefined, signal: AbortSignal): AsyncIterable<SourceBatch> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const { step, points, lag } = this.#options;
    for (let next = typeof from === 'number' ? from : this.#span.from; next <= this.#span.to && !stop.aborted;) {
      const newest = Math.min(this.#span.to, Math.floor((this.#context.now() - lag) / step) * step);
      if (newest < next) {
        await sleep(Math.min(LONGEST_TIMER, Math.max(10, next + lag - this.#context.now())), undefined, { signal: stop }).catch(() => undefined);
        continue;
      }
      const last = Math.min(newest, next + (points - 1) * step);
      const series = await this.#ask(next, last, stop);
      if (series === undefined) return;
      this.#noteHistograms(series);
      next = last + step;
      yield { records: { kind: 'events', fill: (out) => this.#fill(series, out) }, position: next };
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** Undefined when it was stopped. */
  async #ask(from: number, to: number, stop: AbortSignal): Promise<Series[] | undefined> {
    try {
      return await rangeOf(this.#options, from, to, stop);
    } catch (thrown) {
      if (stop.aborted) return undefined;
      if (thrown instanceof HomeostatError) throw thrown;
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: 'promql', detail: `${withoutUser(this.#options.url)}: ${messageOf(thrown)}` }, thrown);
    }
  }

  #noteHistograms(all: readonly Series[]): void {
    const count = all.filter(({ values }) => values === undefined).length;
    if (count === 0 || this.#hasHistograms) return;
    this.#hasHistograms = true;
    this.#context.log(
      'warn',
      `promql: ${count} of ${all.length} series are native histograms, which are left out; ask for numbers of them: histogram_quantile, histogram_count, histogram_sum`,
    );
  }

  /** Rows in order of time and, at one time, of the name of the series: the same data give the same rows. */
  #fill(all: readonly Series[], out: EventBuilder): void {
    const rows: { time: number; key: string; labels: Record<string, string>; value: number }[] = [];
    for (const { metric, values = [] } of all) {
      const { __name__: name = this.#options.name, ...labels } = metric;
      const key = seriesKey(name, labels);
      for (const [time, value] of values) rows.push({ time: Math.round(time * 1000), key, labels, value: Number(value) });
    }
    rows.sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    let place = 0;
    for (const [i, { time, key, labels, value }] of rows.entries()) {
      place = i > 0 && rows[i - 1].time === time ? place + 1 : 0;
      const series = out.dictionary.intern(key, labels);
      if (series >= 0) out.add(series, time, Number.isFinite(value) ? value : NaN, 0, time, place);
      else {
        out.refuse(0, time, place, 'SERIES_LIMIT', out.dictionary.refusal(key), Buffer.from(`${key} ${time} ${value}`));
      }
    }
  }
}

/** One range query, both ends included. Rejects in words; throws SOURCE_OPTIONS where the server refuses it. */
export async function rangeOf(options: PromqlOptions, from: number, to: number, signal: AbortSignal): Promise<Series[]> {
  const { url, query, step } = options;
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/$/, '')}/api/v1/query_range`;
  address.search = new URLSearchParams({ query, start: String(from / 1000), end: String(to / 1000), step: String(step / 1000) }).toString();
  const got = await get(address.href, 'application/json', options, signal);
  const { status, body } = got;
  const answer = parsed(body);
  if (answer?.status === 'success' && answer.data?.resultType === 'matrix') return answer.data.result;
  const detail = answer?.error === undefined ? statusWords(got) : `HTTP ${status}, ${answer.error}`;
  if (status === 400 || status === 422)
    throw new HomeostatError('SOURCE_OPTIONS', { source: 'promql', detail: `${withoutUser(url)} refuses the query: ${detail}` });
  throw new Error(detail);
}

interface Answered {
  status?: string;
  error?: string;
  data?: { resultType: string; result: Series[] };
}

function parsed(body: Buffer): Answered | undefined {
  try {
    return JSON.parse(body.toString()) as Answered;
  } catch {
    return undefined;
  }
}

function spanOf({ from, to, step }: PromqlOptions, now: number): Span {
  const begin = timeOf(from, 'from', now);
  const end = to === '' ? Infinity : timeOf(to, 'to', undefined);
  if (end < begin) throw new HomeostatError('SOURCE_OPTIONS', { source: 'promql', detail: `to (${to}) lies before from (${from})` });
  return { from: Math.ceil(begin / step) * step, to: end === Infinity ? Infinity : Math.floor(end / step) * step };
}

/** `now`: where a time before it may stand as a duration. */
function timeOf(text: string, option: string, now: number | undefined): number {
  const before = now === undefined ? undefined : parseQuantity('duration', text);
  const time = before === undefined ? Date.parse(text) : now! - before;
  if (Number.isFinite(time)) return time;
  throw new HomeostatError('SOURCE_OPTIONS', { source: 'promql', detail: `${option} is "${text}", which is no time such as 2026-01-05T10:00:00Z` });
}
