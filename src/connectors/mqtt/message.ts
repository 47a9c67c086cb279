/** What a message says beside its body. */
import type { IPublishPacket } from 'mqtt';
import type { MqttSourceOptions } from './options.ts';

/** Media type without parameters, where the sender names one (MQTT 5). */
export function typeOf({ properties }: IPublishPacket): string {
  const type = properties?.contentType?.split(';', 1)[0].trim().toLowerCase() ?? '';
  return type.length > 200 ? '' : type;
}

/** By what a message that comes again is recognised; senders of different topics need not agree on their keys. */
export function messageKey(packet: IPublishPacket, body: Uint8Array, options: Pick<MqttSourceOptions, 'key_property' | 'key_field'>): string | undefined {
  const key = propertyOf(packet, options.key_property) ?? fieldOf(body, options.key_field);
  return key === undefined ? undefined : `${packet.topic}\0${key}`;
}

function propertyOf({ properties }: IPublishPacket, name: string): string | undefined {
  if (name === '') return undefined;
  const given = properties?.userProperties?.[name];
  return Array.isArray(given) ? given[0] : given;
}

function fieldOf(body: Uint8Array, name: string): string | undefined {
  if (name === '' || body[0] !== 0x7b) return undefined;
  try {
    const value = (JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString()) as Record<string, unknown>)[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  } catch {
    // The format will say what is wrong with it.
    return undefined;
  }
}
