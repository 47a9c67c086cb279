/** What kafkajs and its sockets throw, in the words of the closed list. */
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { tlsAdvice } from '../../core/tls.ts';
import { addressesOf } from './addresses.ts';
import type { ConnectionOptions } from './options.ts';

interface Thrown {
  message?: string;
  name?: string;
  type?: string;
  code?: string | number;
  broker?: string;
  cause?: unknown;
  originalError?: unknown;
}

/** The innermost cause that says something of its own. */
function rootOf(thrown: unknown): Thrown {
  let root = thrown as Thrown;
  for (let depth = 0; depth < 8; depth++) {
    const inner = root.cause ?? root.originalError;
    if (inner === undefined || inner === null || typeof inner !== 'object') break;
    root = inner;
  }
  return root;
}

/** `NOT_LEADER_FOR_PARTITION` and the like; '' for none. */
export function typeOf(thrown: unknown): string {
  return rootOf(thrown).type ?? (thrown as Thrown | null)?.type ?? '';
}

export function isTimeout(thrown: unknown): boolean {
  return rootOf(thrown).name === 'KafkaJSRequestTimeoutError';
}

/** In words, with what to do, for a person. */
export function wordsOf(thrown: unknown, { brokers, topic, sasl, tls }: ConnectionOptions, group = ''): string {
  const root = rootOf(thrown);
  const text = root.message ?? messageOf(thrown);
  const where = root.broker ?? addressesOf(brokers).join(', ');
  const who = sasl === undefined ? 'a client that is not signed in' : `user "${sasl.user}"`;
  switch (root.type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return `there is no topic "${topic}", or ${who} may not see it; create it, grant DESCRIBE, or set create: { partitions: 1, replication: 3 }`;
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `${who} may not use the topic "${topic}"; grant READ and DESCRIBE to a source, WRITE and DESCRIBE to a sink`;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `${who} may not use the group "${group}"; grant READ on it`;
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return `${who} may not do this on the cluster; grant CREATE for a new topic, IDEMPOTENT_WRITE for a sink before Kafka 3.0`;
    case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
      return `${who} may not use this transaction id; grant WRITE and DESCRIBE on it`;
    case 'SASL_AUTHENTICATION_FAILED':
    case 'ILLEGAL_SASL_STATE':
    case 'UNSUPPORTED_SASL_MECHANISM':
      return `${where} refuses ${who}${sasl === undefined ? '' : ` by ${sasl.mechanism}`}: check sasl.user, sasl.password and sasl.mechanism`;
    default:
  }
  if (/SASL|authenticat/i.test(`${root.name} ${text}`))
    return `${where} refuses ${who}${sasl === undefined ? '' : ` by ${sasl.mechanism}`} (${text}); check sasl.user, sasl.password and sasl.mechanism`;
  if (/ENOTFOUND|EAI_AGAIN/.test(`${root.code} ${text}`)) return `the name in ${where} cannot be resolved; check brokers and the name service`;
  if (/ECONNREFUSED/.test(`${root.code} ${text}`)) return `nothing listens at ${where}; check brokers, and that the broker runs`;
  if (/certificate|CERT|self.signed|unable to verify|altname/i.test(text))
    return `TLS with ${where}: ${text.replace(/^Connection error: /, '')}${tlsAdvice(text)}`;
  if (/EPROTO|wrong version number|SSL routines/i.test(text)) return `${where} does not speak TLS here (${text.slice(0, 80)}); check the port and tls`;
  if (/Connection timeout/.test(text)) return `${where} does not answer; check address, firewall and connect_timeout`;
  if (/closed connection|ECONNRESET|socket disconnected/i.test(text)) {
    const maybe = sasl === undefined && tls === undefined ? '; it may want TLS (tls) or a password (sasl)' : '';
    return `${where} closed the connection${maybe}`;
  }
  return `${text} (${where})`;
}

/** Source fault from anything thrown; one of the closed list stays what it is. */
export function sourceFailure(thrown: unknown, options: ConnectionOptions, group = ''): HomeostatError {
  if (thrown instanceof HomeostatError) return thrown;
  return new HomeostatError('SOURCE_UNREACHABLE', { source: `kafka ${options.topic}`, detail: wordsOf(thrown, options, group) }, thrown);
}

export function sinkFailure(thrown: unknown, options: ConnectionOptions, group = ''): HomeostatError {
  if (thrown instanceof HomeostatError) return thrown;
  return new HomeostatError('RECEIVER_FAILED', { target: `kafka ${options.topic}`, what: 'verdicts', detail: wordsOf(thrown, options, group) }, thrown);
}
