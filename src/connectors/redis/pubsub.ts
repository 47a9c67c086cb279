/** Listens to channels: what comes is put into the journal in groups, and what may have been missed is kept beside it as a gap. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PushRequest } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import type { Listener, ListenContext } from '../../core/schema.ts';
import { Connection, nameOf } from './client.ts';
import { ChannelLabels } from './labels.ts';
import type { PubSubOptions } from './options.ts';
import { Waiting } from './waiting.ts';
import { inWords, wordOf } from './words.ts';

/** Messages that may come before all channels are subscribed to. */
const MOST_EARLY = 100_000;

export function listen(options: PubSubOptions, context: ListenContext): Listener {
  const subscription = new Subscription(options, context);
  const running = subscription.run();
  return {
    async close() {
      subscription.stop();
      await running;
    },
  };
}

/** The label that holds the channel; '' for none. */
export function channelLabel({ channels, patterns, channel_labels, channel_label }: PubSubOptions): string {
  const isAlone = patterns.length === 0 && channels.length < 2;
  return channel_label ?? (isAlone || channel_labels.length > 0 ? '' : 'channel');
}

class Subscription {
  readonly #options: PubSubOptions;
  readonly #context: ListenContext;
  readonly #labels: ChannelLabels;
  readonly #waiting: Waiting;
  readonly #stop = new AbortController();
  /** All that was published before it has come, ms: what was asked then was answered behind it. undefined before the very first subscription. */
  #heardAt: number | undefined;
  /** Why there is no subscription, and why the journal takes nothing; '' where all is well. */
  #reason = 'this process was not running';
  #trouble = '';
  #connection: Connection | undefined;

  constructor(options: PubSubOptions, context: ListenContext) {
    this.#options = options;
    this.#context = context;
    this.#heardAt = context.keptAt;
    this.#labels = new ChannelLabels({ labels: options.channel_labels, separator: options.channel_separator, whole: channelLabel(options) });
    this.#waiting = new Waiting(
      {
        append: (messages) => context.append(messages),
        gap: (gap) => context.gap(gap),
        now: () => context.now(),
        log: (level, message) => context.log(level, message),
        trouble: (reason) => {
          this.#trouble = reason;
          this.#tell();
        },
      },
      options.max_waiting,
    );
  }

  stop(): void {
    this.#stop.abort();
    this.#connection?.close();
  }

  async run(): Promise<void> {
    const { signal } = this.#stop;
    const { backoff, max_backoff } = this.#options;
    this.#context.health('starting', '');
    for (let attempt = 0; !signal.aborted; attempt++) {
      const began = performance.now();
      const thrown = await this.#once().catch((error: unknown) => error);
      if (signal.aborted) break;
      this.#reason = messageOf(inWords(thrown, nameOf(this.#options)));
      this.#tell();
      if (performance.now() - began > max_backoff) attempt = 0;
      const wait = Math.min(max_backoff, backoff * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random() / 2);
      if (attempt === 0) this.#context.log('warn', `${this.#reason}; tried again until it answers`);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
    await this.#waiting.close();
  }

  /** Subscribes, and returns the reason once the subscription is lost. */
  async #once(): Promise<Error> {
    const { channels, patterns } = this.#options;
    const { signal } = this.#stop;
    const connection = await Connection.open(this.#options, `homeostat-${this.#context.pipeline}`, signal);
    this.#connection = connection;
    let ping: NodeJS.Timeout | undefined;
    try {
      let isSubscribed = false;
      // What comes while the other channels are subscribed to lies behind the gap, whose end is not known yet.
      const early: PushRequest[] = [];
      const asked = this.#context.now();
      await connection.subscribe(channels, patterns, (body, channel) => {
        const request = this.#request(body, channel);
        if (isSubscribed) this.#waiting.add(request);
        else if (early.push(request) > MOST_EARLY) connection.end(new Error('too much came while it was subscribed to'));
      });
      this.#subscribed(asked);
      isSubscribed = true;
      for (const request of early) this.#waiting.add(request);
      ping = setInterval(() => this.#ask(connection), this.#options.ping);
      return await connection.lost;
    } finally {
      clearInterval(ping);
      connection.close();
      this.#connection = undefined;
    }
  }

  #subscribed(asked: number): void {
    const now = this.#context.now();
    if (this.#heardAt !== undefined) {
      const reason = `nobody was subscribed (${this.#reason}); what was published meanwhile is not known`;
      this.#waiting.gap({ from: Math.min(this.#heardAt, now), to: now, reason });
      this.#context.log('info', `${nameOf(this.#options)} is subscribed to again`);
    }
    this.#heardAt = asked;
    this.#reason = '';
    this.#tell();
  }

  #tell(): void {
    const reason = [this.#reason, this.#trouble].filter(Boolean).join('; ');
    this.#context.health(reason === '' ? 'ok' : 'degraded', reason);
  }

  #ask(connection: Connection): void {
    const asked = this.#context.now();
    connection.send(['PING']).then(
      () => (this.#heardAt = asked),
      (thrown: unknown) => {
        // A refusal is an answer too: whether PING is allowed does not matter.
        if (wordOf(thrown) === 'NOPERM') this.#heardAt = asked;
        else connection.end(inWords(thrown, nameOf(this.#options)));
      },
    );
  }

  #request(body: Buffer, channel: Buffer): PushRequest {
    const labels = this.#labels.of(channel.toString());
    return { body, type: '', idempotencyKey: undefined, ...(labels === undefined ? {} : { labels }) };
  }
}
