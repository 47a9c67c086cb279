/** Subscribes to what is configured, and says what the broker did not grant. */
import type { ClientSubscribeCallback, IClientSubscribeOptions, MqttClient } from 'mqtt';
import type { TopicRule } from './topics.ts';

type Suback = NonNullable<Parameters<ClientSubscribeCallback>[2]>;

/** Codes of SUBACK from here on are refusals. */
const REFUSED = 0x80;

export interface Granted {
  /** Filters that the broker refuses, with its code. */
  refused: string[];
  /** Filters of QoS 1 that it grants at QoS 0. */
  lower: string[];
}

/** `quiet`: the broker is asked not to send what it retained (MQTT 5). Rejects when there is no answer within `ms`. */
export async function subscribe(client: MqttClient, topics: readonly TopicRule[], quiet: boolean, ms: number): Promise<Granted> {
  const asked: Record<string, IClientSubscribeOptions> = {};
  for (const { filter, qos } of topics) asked[filter] = { qos, ...(quiet ? { rh: 2 } : {}) };
  let timer: NodeJS.Timeout | undefined;
  const answer = await new Promise<Suback>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to the subscription within ${ms} ms`)), ms);
    client.subscribe(asked, (error, _, suback) => {
      if (suback !== undefined) resolve(suback);
      else reject(error ?? new Error('the subscription was not answered'));
    });
  }).finally(() => clearTimeout(timer));
  const filters = Object.keys(asked);
  const codes = filters.map((_, i) => codeOf(answer, i));
  return {
    refused: filters.flatMap((filter, i) => (codes[i] >= REFUSED ? [`${filter} (code ${codes[i]})`] : [])),
    lower: filters.filter((filter, i) => codes[i] < asked[filter].qos),
  };
}

function codeOf({ granted }: Suback, i: number): number {
  const code = granted[i] as number | { qos: number } | undefined;
  if (code === undefined) throw new Error('the broker answered fewer subscriptions than were asked for');
  return typeof code === 'number' ? code : code.qos;
}
