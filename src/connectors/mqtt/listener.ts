/** The source `mqtt`: subscribes, puts messages into the journal, and acknowledges them only then; reconnects by itself for ever. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';
import type { MessageLabels, PushRequest } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import type { ListenContext, Listener } from '../../core/schema.ts';
import { acknowledge, CLOSED, connectOnce, disconnect, placeOf, type Connection } from './connection.ts';
import { Inbox, type Owed } from './inbox.ts';
import { messageKey, typeOf } from './message.ts';
import type { MqttSourceOptions } from './options.ts';
import { subscribe } from './subscribe.ts';
import { TopicLabels } from './topics.ts';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 15_000;
/** After so long a connection counts as one that held, and the next wait is short again. */
const STEADY = 10_000;
/** How long a stop waits for the journal, and for the broker. */
const CLOSE_JOURNAL = 5_000;
const CLOSE_BROKER = 2_000;
const LONGEST_TOPIC = 8_192;
const SUBSCRIBE_AGAIN = 60_000;

/** A message of QoS 1 that the broker has not been told to forget. */
class OwedMessage implements Owed {
  readonly id: number;
  readonly topic: string;
  readonly body: Uint8Array;
  readonly client: MqttClient;
  readonly #acknowledge: (message: OwedMessage) => void;

  constructor(id: number, topic: string, body: Uint8Array, client: MqttClient, acknowledge: (message: OwedMessage) => void) {
    this.id = id;
    this.topic = topic;
    this.body = body;
    this.client = client;
    this.#acknowledge = acknowledge;
  }

  /** The broker has sent it again: it is the same one. */
  is({ topic, body }: OwedMessage): boolean {
    return this.topic === topic && Buffer.compare(this.body, body) === 0;
  }

  kept(): void {
    this.#acknowledge(this);
  }
}

export class MqttListener implements Listener {
  readonly #options: MqttSourceOptions;
  readonly #context: ListenContext;
  readonly #labels: TopicLabels;
  readonly #inbox: Inbox;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #owed = new Map<number, OwedMessage>();
  readonly #acknowledge = (message: OwedMessage): void => this.#kept(message);
  /** Ids whose messages became durable in this turn. */
  #acks: number[] = [];
  /** Clock when the broker was last heard before it went away; undefined before the very first connection. */
  #heard: number | undefined;
  #resumed = false;
  #isSubscribed = false;
  #connectionTrouble = 'connecting';
  #journalTrouble = '';
  #said = '';
  #strangers = false;

  constructor(options: MqttSourceOptions, context: ListenContext) {
    this.#options = options;
    this.#context = context;
    this.#heard = context.keptAt;
    this.#labels = new TopicLabels(options.topics);
    this.#inbox = new Inbox(
      {
        append: (messages) => context.append(messages),
        gap: (gap) => context.gap(gap),
        trouble: (reason) => this.#trouble('journal', reason),
      },
      options.buffer,
    );
    context.health('starting', `connecting to ${placeOf(options.url)}`);
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = FIRST_WAIT; !signal.aborted;) {
      const began = this.#context.now();
      const reason = await this.#live();
      if (signal.aborted) break;
      this.#trouble('connection', reason);
      if (this.#context.now() - began > STEADY) wait = FIRST_WAIT;
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
    await this.#inbox.close(CLOSE_JOURNAL);
  }

  /** One connection, from its beginning to its end; answers why it ended. */
  async #live(): Promise<string> {
    const { signal } = this.#closing;
    let connection: Connection;
    try {
      connection = await connectOnce(this.#options, this.#how(), signal);
    } catch (thrown) {
      return messageOf(thrown);
    }
    const { client, gone } = connection;
    const lifetime = new AbortController();
    const stop = (): void => lifetime.abort();
    signal.addEventListener('abort', stop, { once: true });
    void gone.then(stop);
    const begun = this.#begin(connection, lifetime.signal).catch((thrown: unknown) => (client.stream.destroy(), messageOf(thrown)));
    if (!signal.aborted) await once(lifetime.signal, 'abort');
    signal.removeEventListener('abort', stop);
    const failed = await begun;
    if (signal.aborted) await this.#end(connection);
    const why = await gone;
    // What the broker says of the end explains what failed by it.
    return `${placeOf(this.#options.url)}: ${why === CLOSED ? (failed ?? why) : why}`;
  }

  #how(): Parameters<typeof connectOnce>[1] {
    const { client_id, session, session_expiry, receive_maximum, max_message, status, version } = this.#options;
    const persistent = session === 'persistent';
    const properties: IClientOptions['properties'] = {
      receiveMaximum: receive_maximum,
      ...(persistent ? { sessionExpiryInterval: Math.min(0xffff_fffe, Math.round(session_expiry / 1000)) } : {}),
      // Room for the topic and the properties beside the body.
      maximumPacketSize: Math.min(0xffff_ffff, max_message + 2 ** 17),
    };
    const will = { topic: status.topic, payload: Buffer.from(status.offline), qos: status.qos, retain: status.retain };
    let isAccepted = false;
    return {
      clientId: client_id || `homeostat-${this.#context.instance}`,
      clean: !persistent,
      more: { ...(version === 5 ? { properties } : {}), ...(status.topic === '' ? {} : { will }) },
      heard: (packet) => {
        // What follows the answer to the connection may already be messages, so it is dealt with before them.
        if (packet.cmd === 'connack') isAccepted = this.#session(packet as IConnackPacket);
        if (isAccepted) this.#heard = this.#context.now();
      },
      take: (packet, id, client, done) => this.#take(packet, id, client, done),
    };
  }

  /** Counts what may have been lost while nobody was connected; answers whether the broker takes the connection. */
  #session({ sessionPresent, reasonCode, returnCode }: IConnackPacket): boolean {
    if ((reasonCode ?? returnCode ?? 0) !== 0) return false;
    this.#resumed = sessionPresent;
    if (!this.#resumed) this.#owed.clear();
    const now = this.#context.now();
    const zero = this.#options.topics.filter(({ qos }) => qos === 0).map(({ filter }) => filter);
    const one = this.#options.topics.filter(({ qos }) => qos === 1).map(({ filter }) => filter);
    const lost: string[] = [];
    // A session that is there before the first connection shows that a reader was there before.
    if (zero.length > 0 && (this.#heard !== undefined || this.#resumed)) lost.push(`QoS 0 messages of ${zero.join(', ')} while not connected`);
    if (one.length > 0 && this.#heard !== undefined && !this.#resumed) {
      lost.push(`QoS 1 messages of ${one.join(', ')}: the broker has no session of this reader any more`);
    }
    if (lost.length > 0) this.#inbox.add({ gap: { from: this.#heard ?? now, to: now, reason: lost.join('; ') } });
    return true;
  }

  /** Subscribes, again and again where the broker refuses some; answers undefined once that is done. */
  async #begin({ client }: Connection, lifetime: AbortSignal): Promise<undefined> {
    const { status, topics, retained, version, timeout } = this.#options;
    if (status.topic !== '') client.publish(status.topic, status.online, { qos: status.qos, retain: status.retain }, () => undefined);
    if (this.#resumed && this.#isSubscribed) this.#trouble('connection', '');
    else this.#isSubscribed = false;
    while (!this.#isSubscribed && !lifetime.aborted) {
      const { refused, lower } = await subscribe(client, topics, version === 5 && retained === 'skip', timeout);
      for (const filter of lower) this.#context.log('warn', `mqtt: the broker grants ${filter} at QoS 0 only: what it sends while not connected is lost`);
      this.#trouble('connection', refused.length === 0 ? '' : `the broker refuses the subscription of ${refused.join(', ')}`);
      this.#isSubscribed = refused.length === 0;
      if (!this.#isSubscribed) await sleep(SUBSCRIBE_AGAIN, undefined, { signal: lifetime }).catch(() => undefined);
    }
    return undefined;
  }

  #take(packet: IPublishPacket, id: number | undefined, client: MqttClient, done: () => void): void {
    // What is not taken now is not acknowledged, so the broker keeps it.
    if (this.#closing.signal.aborted) return;
    const body = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const owed = id === undefined ? undefined : new OwedMessage(id, packet.topic, body, client, this.#acknowledge);
    const request = this.#request(packet, body, owed);
    if (owed !== undefined) {
      this.#inbox.add({ request, owed });
      return this.#inbox.whenRoom(done);
    }
    if (request !== undefined && this.#inbox.isFull) {
      const now = this.#context.now();
      // QoS 0 that does not fit is lost here, where it is counted, and not at the broker.
      this.#inbox.lose({ from: now, to: now, reason: `QoS 0 messages came faster than the journal takes them (buffer ${this.#options.buffer} bytes)` });
    } else if (request !== undefined) this.#inbox.add({ request });
    done();
  }

  /** What the journal is to keep of a message; undefined for nothing. */
  #request(packet: IPublishPacket, body: Uint8Array, owed: OwedMessage | undefined): PushRequest | undefined {
    const { topic } = packet;
    if (packet.retain && this.#options.retained === 'skip') return undefined;
    const labels = this.#labelsOf(topic);
    if (labels === undefined) return undefined;
    if (owed !== undefined) {
      const before = this.#owed.get(owed.id);
      this.#owed.set(owed.id, owed);
      // The broker has not been told that it was kept, so it sends it again: the same one waits already, or is kept.
      if (packet.dup && before?.is(owed) === true) return undefined;
    }
    if (body.length > this.#options.max_message || topic.length > LONGEST_TOPIC) {
      const now = this.#context.now();
      this.#inbox.lose({ from: now, to: now, reason: `messages of ${topic.slice(0, 200)} longer than max_message ${this.#options.max_message} bytes` });
      return undefined;
    }
    return { body, type: typeOf(packet), idempotencyKey: messageKey(packet, body, this.#options), labels };
  }

  #labelsOf(topic: string): MessageLabels | undefined {
    const labels = this.#labels.of(topic);
    if (labels === undefined && !this.#strangers) {
      this.#strangers = true;
      this.#context.log('warn', `mqtt: messages of ${topic.slice(0, 200)} come by a subscription that is not configured (any more); they are not kept`);
    }
    return labels;
  }

  /** The message is durable: the broker may forget it, if it is still there to be told. */
  #kept(message: OwedMessage): void {
    const { id, client } = message;
    if (!client.connected) return;
    if (this.#acks.length === 0) queueMicrotask(() => acknowledge(client, this.#acks.splice(0)));
    this.#acks.push(id);
    if (this.#owed.get(id) === message) this.#owed.delete(id);
  }

  async #end({ client }: Connection): Promise<void> {
    await this.#inbox.close(CLOSE_JOURNAL);
    const { status, timeout } = this.#options;
    if (status.topic !== '' && client.connected) {
      const told = new Promise<void>((done) => client.publish(status.topic, status.offline, { qos: status.qos, retain: status.retain }, () => done()));
      await Promise.race([told, sleep(Math.min(timeout, CLOSE_BROKER))]);
    }
    await disconnect(client, CLOSE_BROKER);
  }

  #trouble(what: 'connection' | 'journal', reason: string): void {
    if (what === 'connection') this.#connectionTrouble = reason;
    else this.#journalTrouble = reason;
    const now = [this.#connectionTrouble, this.#journalTrouble].filter(Boolean).join('; ');
    if (now === this.#said && now !== '') return;
    if (now === '' && this.#said === 'ok') return;
    this.#said = now || 'ok';
    this.#context.health(now === '' ? 'ok' : 'degraded', now);
  }
}
