/** A broker inside the test, a journal that the test decides over, and what a reader makes of both. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import { Value } from 'typebox/value';
import type { Gap, PushRequest } from '../../core/contracts.ts';
import type { ListenContext } from '../../core/schema.ts';
import { mqtt, mqttSink } from './index.ts';
import { MqttListener } from './listener.ts';
import type { MqttSinkOptions, MqttSourceOptions } from './options.ts';

export interface Broker {
  url: string;
  aedes: Aedes;
  /** Breaks every connection, as a network does. */
  cut(): void;
  /** Takes no connections until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function startBroker(options: AedesOptions = {}): Promise<Broker> {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  const open = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const shut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    await closed;
  };
  await open();
  const close = async (): Promise<void> => {
    if (server.listening) await shut();
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
  };
  return { url: `mqtt://127.0.0.1:${port}`, aedes, cut, shut, open, close };
}

export function sourceOptions(given: Record<string, unknown>): MqttSourceOptions {
  return Value.Default(mqtt.options, { ...structuredClone(mqtt.sample), ...given }) as MqttSourceOptions;
}

export function sinkOptions(given: Record<string, unknown>): MqttSinkOptions {
  return Value.Default(mqttSink.options, { ...mqttSink.sample, keepalive: 30_000, timeout: 5_000, ...given }) as MqttSinkOptions;
}

/** Messages as text with what came beside them; `hold` makes the journal wait, `fail` makes it refuse. */
export class Journal {
  readonly kept: { text: string; labels: Record<string, string>; key: string | undefined; type: string }[] = [];
  readonly gaps: Gap[] = [];
  readonly health: string[] = [];
  readonly logs: string[] = [];
  readonly groups: number[] = [];
  /** Messages that the journal was asked to keep, those that come again included. */
  asked = 0;
  fail: Error | undefined;
  #held: Promise<void> | undefined;
  #release: () => void = () => undefined;

  hold(): void {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#release();
    this.#held = undefined;
  }

  async append(messages: readonly PushRequest[]): Promise<void> {
    this.asked += messages.length;
    await this.#held;
    if (this.fail !== undefined) throw this.fail;
    this.groups.push(messages.length);
    for (const { body, labels, idempotencyKey: key, type } of messages)
      this.kept.push({ text: Buffer.from(body).toString(), labels: { ...labels }, key, type });
  }

  texts(): string[] {
    return this.kept.map(({ text }) => text);
  }
}

export function listen(journal: Journal, given: Record<string, unknown>, keptAt?: number): MqttListener {
  const context: ListenContext = {
    pipeline: 'p',
    folder: '.',
    instance: 'test',
    keptAt,
    append: (messages) => journal.append(messages),
    gap: async (gap) => void journal.gaps.push(gap),
    health: (condition, reason) => void journal.health.push(reason === '' ? condition : `${condition}: ${reason}`),
    now: Date.now,
    log: (level, message) => void journal.logs.push(`${level} ${message}`),
  };
  return new MqttListener(
    sourceOptions({ keepalive: 30_000, timeout: 5_000, session_expiry: 60_000, buffer: 2 ** 24, max_message: 2 ** 20, ...given }),
    context,
  );
}
