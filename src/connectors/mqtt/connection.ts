/** One connection to a broker, from its beginning to its end; whoever needs another makes another. */
import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';
import { within } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { tlsAdvice, tlsSettings } from '../../core/tls.ts';
import type { ConnectionOptions } from './options.ts';

/** Handles a message; calls `done` for the next one. `id` is there for QoS 1, which is not acknowledged until `acknowledge` is called. */
export type TakeMessage = (packet: IPublishPacket, id: number | undefined, client: MqttClient, done: () => void) => void;

export interface Connection {
  client: MqttClient;
  connack: IConnackPacket;
  /** Resolves with the reason once the connection is gone; never rejects. */
  gone: Promise<string>;
}

interface ConnectOptions {
  clientId: string;
  clean: boolean;
  more?: IClientOptions;
  /** Called with each message, from the first on. */
  take?: TakeMessage;
  /** Called with every packet of the broker, before it is handled. */
  heard?: (packet: { cmd?: string }) => void;
}

/** Said of a connection whose end has no words of its own. */
export const CLOSED = 'the connection was closed';

/** Why a broker ends a connection (MQTT 5, section 3.14.2.1), and what to do. */
const ENDED: Readonly<Record<number, string>> = {
  0x81: 'it takes a packet for malformed',
  0x82: 'it takes a packet for a breach of the protocol',
  0x83: 'for a reason of its own',
  0x87: 'this user may not do that; check its rights',
  0x89: 'it is busy',
  0x8b: 'it is shutting down',
  0x8d: 'it heard nothing for one and a half times keepalive',
  0x8e: 'another client with the same client_id has taken the session over; give each reader its own',
  0x93: 'more messages were under way than it allows (receive maximum)',
  0x95: 'a packet was larger than it allows',
  0x96: 'messages come faster than it allows',
  0x97: 'a quota is used up',
  0x98: 'its administrator ended it',
  0x9c: 'another server is to be used for now; name it in url',
  0x9d: 'the server has moved; name its new address in url',
};

/** Connects once. Rejects with the reason in words, without what may be a secret. */
export async function connectOnce(options: ConnectionOptions, how: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const { connect } = await import('mqtt');
  const client = connect(options.url, {
    ...(tlsSettings(options.tls) as IClientOptions),
    ...how.more,
    ...(options.user === '' ? {} : { username: options.user }),
    ...(options.password === '' ? {} : { password: options.password }),
    clientId: how.clientId,
    clean: how.clean,
    protocolVersion: options.version,
    keepalive: Math.max(1, Math.round(options.keepalive / 1000)),
    connectTimeout: options.timeout,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  });
  let reason = '';
  client.on('error', (error) => (reason ||= described(error)));
  client.on('disconnect', ({ reasonCode = 0 }) => {
    reason ||= `the broker ended the connection: ${ENDED[reasonCode] ?? 'for no reason that is known'} (reason code ${reasonCode})`;
    client.stream.destroy();
  });
  const gone = new Promise<string>((done) => client.once('close', () => done(reason || CLOSED)));
  if (how.take !== undefined) acknowledgeLater(client, how.take);
  if (how.heard !== undefined) client.on('packetreceive', how.heard);
  const connected = new Promise<IConnackPacket>((done) => client.once('connect', done));
  try {
    const connack = await within(options.timeout, signal, (limit) => {
      const given = new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true }));
      const lost = gone.then((why) => Promise.reject(new Error(why)));
      return Promise.race([connected, lost, given]);
    });
    return { client, connack, gone };
  } catch (thrown) {
    client.end(true);
    throw new Error(`${placeOf(options.url)}: ${signal.aborted ? 'stopped' : messageOf(thrown)}`, { cause: thrown });
  }
}

/**
 * The client acknowledges a message of QoS 1 as soon as it was handled, and handles one at a time. Shown to it as one of QoS 0
 * it is only handed on, so that many can be on their way to the disk; `acknowledge` then speaks for them.
 */
function acknowledgeLater(client: MqttClient, take: TakeMessage): void {
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'publish' && packet.qos === 1) packet.qos = 0;
  });
  client.handleMessage = (packet, done) => take(packet, packet.messageId || undefined, client, done);
}

/** Sends a PUBACK for each id, in this order: the same four bytes in 3.1.1 and, where all went well, in 5. */
export function acknowledge(client: MqttClient, ids: readonly number[]): void {
  if (ids.length === 0) return;
  const bytes = Buffer.allocUnsafe(4 * ids.length);
  for (const [i, id] of ids.entries()) {
    bytes.writeUInt16BE(0x4002, 4 * i);
    bytes.writeUInt16BE(id, 4 * i + 2);
  }
  client.stream.write(bytes);
}

/** Ends a connection: politely within `ms`, else at once. */
export async function disconnect(client: MqttClient, ms: number): Promise<void> {
  const ended = new Promise<void>((done) => client.end(false, {}, () => done()));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => (timer = setTimeout(done, ms)));
  await Promise.race([ended, late]);
  clearTimeout(timer);
  client.stream.destroy();
}

/** Host and port of a url, without a name and a password in it. */
export function placeOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function described(error: Error & { code?: string | number; errors?: Error[] }): string {
  // A name with several addresses fails with one error each, and no words of its own.
  const text = error.message || (error.errors ?? []).map(messageOf).join('; ') || error.name;
  return `${text}${typeof error.code === 'string' && !text.includes(error.code) ? ` (${error.code})` : ''}${tlsAdvice(error)}`;
}
