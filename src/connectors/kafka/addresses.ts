/** Addresses as they are written in a configuration. */

/** `host:port` each; 9092 where no port is named. */
export function addressesOf(brokers: string | readonly string[]): string[] {
  const list = typeof brokers === 'string' ? brokers.split(',') : brokers;
  return list.map((one) => one.trim().replace(/^kafka:\/\//, '')).map((one) => (/:\d+$/.test(one) ? one : `${one}:9092`));
}
