/** What `validate --live` says of a broker. */
import { randomBytes } from 'node:crypto';
import type { Reached } from '../../core/schema.ts';
import { connectOnce, disconnect, placeOf } from './connection.ts';
import type { ConnectionOptions, MqttSourceOptions } from './options.ts';
import { subscribe } from './subscribe.ts';

/** Connects under another name, so that a running reader keeps its connection; tries the subscriptions of a source. Rejects with the reason in words. */
export async function reachBroker(options: ConnectionOptions, source?: MqttSourceOptions): Promise<Reached> {
  const how = { clientId: `homeostat-check-${randomBytes(6).toString('hex')}`, clean: true };
  const { client, connack } = await connectOnce(options, how, new AbortController().signal);
  try {
    const { properties } = connack;
    const found = [`${placeOf(options.url)} answers MQTT ${options.version === 5 ? '5' : '3.1.1'}`];
    const warnings: string[] = [];
    if (source !== undefined) {
      // Shared subscriptions of a check would take messages away from the reader.
      const topics = source.topics.filter(({ filter }) => !filter.startsWith('$share/'));
      if (topics.length > 0) {
        const { refused, lower } = await subscribe(client, topics, options.version === 5, options.timeout);
        if (refused.length > 0) throw new Error(`the broker refuses the subscription of ${refused.join(', ')}`);
        found.push(`${topics.length} of ${source.topics.length} filters can be subscribed to`);
        if (lower.length > 0) warnings.push(`${lower.join(', ')} is granted at QoS 0 only`);
      }
      const kept = properties?.sessionExpiryInterval;
      if (source.session === 'persistent' && kept !== undefined && kept < source.session_expiry / 1000)
        warnings.push(`the broker keeps a session for ${kept} s at most`);
      if (properties?.retainAvailable === false && source.status.topic !== '' && source.status.retain) warnings.push('the broker retains nothing');
      if (options.version === 4 && source.session === 'persistent')
        warnings.push('with 3.1.1 the broker alone decides how many messages may be on their way and how long it keeps the session');
    }
    return warnings.length === 0 ? found.join(', ') : { found: found.join(', '), warning: warnings.join('; ') };
  } finally {
    await disconnect(client, 1_000);
  }
}
