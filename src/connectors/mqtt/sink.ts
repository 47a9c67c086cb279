/** The sink `mqtt`: each verdict as JSON to a topic of its series, many on their way at once. */
import { createHash, randomBytes } from 'node:crypto';
import type { IConnackPacket, MqttClient } from 'mqtt';
import type { JsonValue, Sink } from '../../core/contracts.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { eachVerdict } from '../verdict-lines.ts';
import { connectOnce, disconnect } from './connection.ts';
import type { MqttSinkOptions } from './options.ts';
import { topicOf } from './topics.ts';

const CLOSE_BROKER = 2_000;

/** What is on its way over one connection. */
class Publisher {
  readonly client: MqttClient;
  readonly #most: number;
  readonly #qos: 0 | 1;
  readonly #retain: boolean;
  readonly #json: { properties: { contentType: string } } | undefined;
  #inFlight = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(client: MqttClient, connack: IConnackPacket, gone: Promise<string>, { qos, retain, in_flight, version }: MqttSinkOptions) {
    this.client = client;
    this.#qos = qos;
    this.#retain = retain;
    this.#most = Math.min(in_flight, connack.properties?.receiveMaximum ?? 65_535);
    this.#json = version === 5 ? { properties: { contentType: 'application/json' } } : undefined;
    void gone.then((reason) => this.#settle(new Error(reason)));
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  send(topic: string, text: string): void {
    this.#inFlight++;
    this.client.publish(topic, text, { qos: this.#qos, retain: this.#retain, ...this.#json }, (error) => {
      this.#inFlight--;
      this.#settle(error ?? undefined);
    });
  }

  /** Waits until fewer than the bound are on their way; with `all`, until none is. Throws what failed, also when nothing moves for `ms`. */
  async room(ms: number, all = false): Promise<void> {
    const least = all ? 1 : this.#most;
    while (this.#inFlight >= least && this.#failure === undefined) {
      const before = this.#inFlight;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      if (this.#inFlight === before) this.#settle(new Error(`no acknowledgement within ${ms} ms`));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #settle(failure: Error | undefined): void {
    this.#failure ??= failure;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

export class MqttSink implements Sink {
  readonly #options: MqttSinkOptions;
  readonly #clientId: string;
  readonly #closing = new AbortController();
  #publisher: Publisher | undefined;

  constructor(options: MqttSinkOptions, context: { pipeline: string }) {
    this.#options = options;
    const name = createHash('sha256').update(context.pipeline).digest('hex').slice(0, 8);
    this.#clientId = options.client_id || `homeostat-${name}-${randomBytes(4).toString('hex')}`;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  /** Returns once no more than `in_flight` are on their way. Throws when the broker is gone: the caller then repeats all since the last flush. */
  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const { only, topic, timeout } = this.#options;
    const publisher = await this.#connected();
    const messages: [topic: string, text: string][] = [];
    eachVerdict(verdicts, only, pipeline, dictionary, (verdict) => messages.push([topicOf(topic, pipeline, verdict.series), JSON.stringify(verdict)]));
    for (const [to, text] of messages) {
      await publisher.room(timeout);
      publisher.send(to, text);
    }
  }

  async flush(): Promise<JsonValue> {
    await this.#publisher?.room(this.#options.timeout, true);
    return null;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    if (this.#publisher !== undefined) await disconnect(this.#publisher.client, CLOSE_BROKER);
  }

  async #connected(): Promise<Publisher> {
    if (this.#publisher?.hasFailed === true) {
      this.#publisher.client.end(true);
      this.#publisher = undefined;
    }
    if (this.#publisher === undefined) {
      const how = { clientId: this.#clientId, clean: true };
      const { client, connack, gone } = await connectOnce(this.#options, how, this.#closing.signal);
      this.#publisher = new Publisher(client, connack, gone, this.#options);
    }
    return this.#publisher;
  }
}
