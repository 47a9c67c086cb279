/** Scrapes targets, each at its own moment of the interval, and puts what they expose into the journal. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap, MessageLabels, PushRequest } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import { compilePattern } from '../../core/pattern.ts';
import type { ListenContext, Listener } from '../../core/schema.ts';
import { Wanted } from './exposition.ts';
import { get, statusWords, withoutUser } from './get.ts';
import type { ScrapeOptions } from './options.ts';

export const TEXT = 'text/plain';
export const OPENMETRICS = 'application/openmetrics-text';
/** OpenMetrics where the target speaks it, else the text format. */
export const ACCEPT = `${OPENMETRICS};version=1.0.0;q=0.9,${TEXT};version=0.0.4;q=0.5,*/*;q=0.1`;

/** Pages and the like that a wrong path answers with. */
const NO_EXPOSITION = new Set(['text/html', 'application/xhtml+xml', 'application/json', 'application/vnd.google.protobuf']);

interface Target {
  url: string;
  labels: MessageLabels;
  /** Why the last scrape failed; '' when it did not. */
  trouble: string;
  /** Clock of the last scrape that is kept. */
  kept: number;
  /** What is to be noted as lost before the next scrape is kept. */
  lost: Gap | undefined;
}

export class Scraper implements Listener {
  readonly #options: ScrapeOptions;
  readonly #context: ListenContext;
  readonly #wanted: Wanted;
  readonly #closing = new AbortController();
  readonly #targets: Target[];
  readonly #running: Promise<unknown>;
  readonly #waiting: (() => void)[] = [];
  #going = 0;
  #said = '';

  /** Throws OPTION_INVALID for a pattern that is none. */
  constructor(options: ScrapeOptions, context: ListenContext) {
    this.#options = options;
    this.#context = context;
    this.#wanted = wantedOf(options);
    const { labels, job, targets } = options;
    const now = context.now();
    const { keptAt = now } = context;
    const lost = now - keptAt > options.interval ? { from: keptAt, to: now, reason: 'no scrapes while this process was not running' } : undefined;
    this.#targets = targets.map((url) => ({
      url,
      labels: { ...labels, job, instance: new URL(url).host },
      trouble: '',
      kept: keptAt,
      lost: lost && { ...lost },
    }));
    context.health('starting', '');
    this.#running = Promise.all(this.#targets.map((target) => this.#follow(target)));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const begin of this.#waiting.splice(0)) begin();
    await this.#running;
    for (const target of this.#targets) if (target.lost !== undefined) await this.#context.gap(target.lost).catch(() => undefined);
  }

  async #follow(target: Target): Promise<void> {
    const { signal } = this.#closing;
    const { interval } = this.#options;
    // The first look is soon; the later ones lie spread over the interval.
    const phase = createHash('sha256').update(target.url).digest().readUInt32LE(0) / 2 ** 32;
    await pause(Math.min(1_000, interval) * phase, signal);
    while (!signal.aborted) {
      await this.#turn();
      try {
        if (!signal.aborted) await this.#scrape(target);
      } finally {
        this.#going--;
        this.#waiting.shift()?.();
      }
      const now = this.#context.now();
      await pause(interval - ((((now - interval * phase) % interval) + interval) % interval), signal);
    }
  }

  async #turn(): Promise<void> {
    if (this.#going >= this.#options.together) await new Promise<void>((begin) => this.#waiting.push(begin));
    this.#going++;
  }

  async #scrape(target: Target): Promise<void> {
    const began = this.#context.now();
    let messages: PushRequest[] = [];
    let trouble = '';
    let samples = 0;
    try {
      const found = await scrapeOnce(target.url, this.#options, this.#wanted, this.#closing.signal);
      samples = found.samples;
      messages = [{ body: found.body, type: found.type, idempotencyKey: undefined, labels: target.labels }];
    } catch (thrown) {
      trouble = messageOf(thrown);
    }
    if (this.#closing.signal.aborted) return;
    const now = this.#context.now();
    const about = `up ${trouble === '' ? 1 : 0}\nscrape_duration_seconds ${(now - began) / 1000}\nscrape_samples_scraped ${samples}\n`;
    messages.push({ body: Buffer.from(about), type: TEXT, idempotencyKey: undefined, labels: target.labels });
    const first = trouble !== '' && target.trouble === '';
    if (trouble !== '') this.#lose(target, now, `scrapes of ${withoutUser(target.url)} failed: ${trouble}`);
    target.trouble = trouble;
    await this.#keep(target, messages, now, first || trouble === '');
    this.#say();
  }

  #lose(target: Target, now: number, reason: string): void {
    target.lost ??= { from: target.kept, to: now, reason };
    target.lost.to = now;
  }

  /** `tells`: what was lost is noted now. A scrape that the journal does not take is lost as well. */
  async #keep(target: Target, messages: readonly PushRequest[], now: number, tells: boolean): Promise<void> {
    try {
      if (target.lost !== undefined && tells) {
        await this.#context.gap({ ...target.lost });
        target.lost = undefined;
        if (target.trouble !== '') target.kept = now;
      }
      await this.#context.append(messages);
      if (target.trouble === '') target.kept = now;
    } catch (thrown) {
      target.trouble = messageOf(thrown);
      this.#lose(target, now, `the journal takes nothing: ${target.trouble}`);
    }
  }

  #say(): void {
    const failing = this.#targets.filter(({ trouble }) => trouble !== '');
    const more = failing.length > 3 ? `; and ${failing.length - 3} more` : '';
    const reason = `${failing
      .slice(0, 3)
      .map(({ url, trouble }) => `${withoutUser(url)}: ${trouble}`)
      .join('; ')}${more}`;
    const said = reason === '' ? 'ok' : reason;
    if (said === this.#said) return;
    this.#said = said;
    this.#context.health(reason === '' ? 'ok' : 'degraded', reason);
  }
}

export function wantedOf({ metrics }: ScrapeOptions): Wanted {
  return new Wanted(metrics.map((source) => compilePattern(`^(?:${source})$`, 'metrics')));
}

/** One scrape. Rejects with what is wrong in words. */
export async function scrapeOnce(
  url: string,
  options: ScrapeOptions,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<{ body: Buffer; type: string; samples: number }> {
  const answer = await get(url, ACCEPT, options, signal);
  const { status, type, body } = answer;
  if (status !== 200) throw new Error(statusWords(answer));
  if (NO_EXPOSITION.has(type)) throw new Error(`it answers ${type}, which is no exposition; check the path`);
  const { text, samples } = wanted.of(body.toString());
  if (type === OPENMETRICS && !text.endsWith('# EOF\n')) throw new Error('the exposition is cut off: it does not end with # EOF');
  if (samples > options.max_samples) throw new Error(`${samples} samples, more than max_samples ${options.max_samples}`);
  return { body: Buffer.from(text), type: type === OPENMETRICS ? OPENMETRICS : TEXT, samples };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
