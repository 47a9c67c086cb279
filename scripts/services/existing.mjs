/** Servers that somebody else runs: named by a URL, by an option or by the variable that tests and examples read. Plain Node. */
import { ServiceFailure } from './failure.mjs';
import { kinds } from './kinds/index.mjs';

const urls = {
  redis: { plain: 'redis:', secure: 'rediss:', ports: [6379, 6379] },
  mqtt: { plain: 'mqtt:', secure: 'mqtts:', ports: [1883, 8883] },
  prometheus: { plain: 'http:', secure: 'https:', ports: [80, 443] },
  alertmanager: { plain: 'http:', secure: 'https:', ports: [80, 443] },
};

/** `host:port,host,[v6]:port` */
function hosts(text, usual) {
  const found = text.split(',').map((part) => /^(\[[^\]]+\]|[^:[\]/\s]+)(?::(\d+))?$/.exec(part.trim()));
  if (found.includes(null)) return undefined;
  return found.map(([, host, port]) => ({ host: host.replaceAll(/[[\]]/g, ''), port: Number(port ?? usual) }));
}

function parsed(kind, text) {
  if (kind === 'kafka') {
    const brokers = hosts(text, 9092);
    return brokers && { ...brokers[0], url: text };
  }
  if (kind === 'cassandra') {
    const nodes = hosts(text, 9042);
    if (nodes === undefined || nodes.some(({ port }) => port !== nodes[0].port)) return undefined;
    return { ...nodes[0], names: nodes.map(({ host }) => host).join(','), url: text };
  }
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(text);
  const { plain, secure, ports } = urls[kind];
  if (protocol !== plain && protocol !== secure) return undefined;
  const ca = protocol === secure ? true : undefined;
  return { host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port || ports[ca ? 1 : 0]), ca, path: pathname.replace(/\/$/, ''), url: text };
}

const examples = {
  redis: 'redis://127.0.0.1:6379',
  mqtt: 'mqtt://127.0.0.1:1883',
  kafka: '127.0.0.1:9092,127.0.0.1:9093',
  cassandra: '127.0.0.1:9042',
  prometheus: 'http://127.0.0.1:9090',
  alertmanager: 'http://127.0.0.1:9093',
};

/**
 * Where a named server is, to ask it.
 * @param {import('./types.d.mts').ServiceKind} kind
 * @param {string} text
 */
export function existing(kind, text) {
  const found = parsed(kind, text);
  if (found === undefined) throw new ServiceFailure(`${shownUrl(text)} is no address of ${kind}: write it like ${examples[kind]}`, 2);
  return found;
}

/** What the variables say of a kind, or undefined. */
export function fromVariables(kind, variables) {
  if (kind === 'cassandra') {
    const { CASSANDRA_CONTACT_POINTS: points, CASSANDRA_PORT: port } = variables;
    const named = points
      ?.split(',')
      .filter(Boolean)
      .map((point) => (port && !/:\d+$/.test(point) ? `${point}:${port}` : point));
    return named?.join(',') || undefined;
  }
  const [name] = Object.keys(kinds[kind].settings({ url: '' }));
  return variables[name] || undefined;
}

/** The variables of a server that somebody else runs. */
export function settingsOfExisting(kind, text) {
  const { names, host, port } = existing(kind, text);
  return kinds[kind].settings({ url: text, host: names ?? host, port });
}

/** A URL without the password in it. */
export const shownUrl = (text) => text.replace(/^([a-z]+:\/\/[^/@\s:]*):[^@\s]*@/, '$1:…@');
