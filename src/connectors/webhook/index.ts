/** The sink `webhook`: verdicts as JSON arrays, posted in groups, repeated until they are taken or the attempts end. */
import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { within } from '../../core/deadline.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import { LONGEST_TIMER, Type, defineSink, quantity, type Static } from '../../core/schema.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { eachVerdict, onlyOption } from '../verdict-lines.ts';

const webhookSinkOptions = Type.Object({
  url: Type.String({ pattern: '^https?://', description: 'Address that takes the POST.' }),
  only: onlyOption,
  batch: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most verdicts of one request.', default: 500 }),
  secret: Type.String({
    description: 'Signs each body: `Homeostat-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. Empty: not signed.',
    default: '',
    secret: true,
  }),
  timeout: quantity('duration', 'Longest wait for the answer to one attempt.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
  attempts: Type.Integer({ minimum: 1, description: 'Attempts per request before the sink fails.', default: 8 }),
  backoff: quantity('duration', 'Wait before the second attempt; doubles from attempt to attempt, with jitter.', '500ms', {
    minimum: 10,
    maximum: LONGEST_TIMER,
  }),
  max_backoff: quantity('duration', 'Longest wait between two attempts.', '30s', { minimum: 10, maximum: LONGEST_TIMER }),
});

type WebhookOptions = Static<typeof webhookSinkOptions>;

const DEFAULTS = { only: 'all', batch: 500, secret: '', timeout: 10_000, attempts: 8, backoff: 500, max_backoff: 30_000 } as const;

/** How one attempt ended. */
type Attempt = { ok: true } | { ok: false; detail: string; retry: boolean; after: number };

class WebhookSink implements Sink {
  readonly #options: WebhookOptions;
  readonly #closed = new AbortController();
  /** Verdicts as JSON, fewer than a request holds, that wait for `flush`. */
  #waiting: string[] = [];
  #ids: string[] = [];

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#waiting = [];
    this.#ids = [];
  }

  /** Returns once no more than a part of a request waits, so a slow receiver makes the caller wait. Throws RECEIVER_FAILED. */
  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const { only, batch } = this.#options;
    eachVerdict(verdicts, only, pipeline, dictionary, (verdict) => {
      this.#waiting.push(JSON.stringify(verdict));
      this.#ids.push(verdict.id);
    });
    while (this.#waiting.length >= batch) await this.#sendFirst(batch);
  }

  async flush(): Promise<JsonValue> {
    while (this.#waiting.length > 0) await this.#sendFirst(this.#options.batch);
    return null;
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  async #sendFirst(count: number): Promise<void> {
    const body = `[${this.#waiting.slice(0, count).join(',')}]`;
    const key = createHash('sha256').update(this.#ids.slice(0, count).join(' ')).digest('hex').slice(0, 32);
    try {
      await this.#send(body, key);
    } catch (thrown) {
      // The caller repeats everything since the last flush.
      await this.open();
      throw thrown;
    }
    this.#waiting = this.#waiting.slice(count);
    this.#ids = this.#ids.slice(count);
  }

  async #send(body: string, key: string): Promise<void> {
    const { attempts, backoff, max_backoff } = this.#options;
    let wait = backoff;
    for (let n = 1; ; n++) {
      const attempt = await this.#post(body, key);
      if (attempt.ok) return;
      if (!attempt.retry || n >= attempts || this.#closed.signal.aborted) {
        throw new HomeostatError('RECEIVER_FAILED', { target: this.#target(), what: 'verdicts', detail: `${attempt.detail} (attempt ${n} of ${attempts})` });
      }
      const jittered = wait * (0.5 + Math.random() / 2);
      await sleep(Math.min(max_backoff, Math.max(jittered, attempt.after)), undefined, { signal: this.#closed.signal }).catch(() => undefined);
      wait = Math.min(max_backoff, wait * 2);
    }
  }

  async #post(body: string, key: string): Promise<Attempt> {
    const { url, secret, timeout } = this.#options;
    const address = new URL(url);
    const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'homeostat', 'idempotency-key': key };
    if (address.username !== '') {
      headers['authorization'] = `Basic ${Buffer.from(`${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`).toString('base64')}`;
      address.username = address.password = '';
    }
    if (secret !== '') {
      const seconds = Math.floor(Date.now() / 1000);
      headers['homeostat-signature'] = `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
    }
    try {
      const answer = await within(timeout, this.#closed.signal, async (signal) => {
        const given = await fetch(address, { method: 'POST', headers, body, redirect: 'error', signal });
        await given.body?.cancel();
        return given;
      });
      if (answer.ok) return { ok: true };
      const retry = answer.status >= 500 || answer.status === 429 || answer.status === 408;
      return { ok: false, detail: `HTTP ${answer.status}`, retry, after: 1000 * (Number(answer.headers.get('retry-after')) || 0) };
    } catch (thrown) {
      const late = thrown instanceof Error && thrown.name === 'TimeoutError';
      const detail = late ? `no answer within ${timeout} ms` : messageOf((thrown as { cause?: unknown }).cause ?? thrown);
      return { ok: false, detail, retry: true, after: 0 };
    }
  }

  /** The address without what may be a secret in it. */
  #target(): string {
    const { origin, pathname } = new URL(this.#options.url);
    return origin + pathname;
  }
}

export const webhook = defineSink({
  name: 'webhook',
  summary: 'Posts verdicts as JSON arrays with an idempotency key; waits, repeats and gives up in bounds; at least once, with the same ids.',
  options: webhookSinkOptions,
  sample: { url: 'http://127.0.0.1:9095/verdicts', only: 'anomalies' },
  create(options) {
    return new WebhookSink({ ...DEFAULTS, ...options });
  },
});
