/** What is wrong with a Redis server, in words that say what to do. */
import { messageOf } from '../../core/errors.ts';
import { tlsAdvice } from '../../core/tls.ts';

const BY_CODE: Readonly<Record<string, (server: string, message: string) => string>> = {
  ENOTFOUND: (server) => `${server}: the name does not resolve`,
  EAI_AGAIN: (server) => `${server}: the name does not resolve now (no answer of the name server)`,
  ECONNREFUSED: (server) => `${server}: nothing answers at this address`,
  EHOSTUNREACH: (server) => `${server}: there is no way to this host`,
  ENETUNREACH: (server) => `${server}: there is no way to this network`,
  ECONNRESET: (server) => `${server}: the connection was cut; does one side speak TLS and the other not?`,
};

/** Errors of the server begin with a word of capitals. */
const BY_WORD: Readonly<Record<string, (message: string) => string>> = {
  WRONGPASS: () => 'user or password is wrong',
  NOAUTH: () => 'the server asks for a password, and none is given',
  NOPERM: (message) => `a right is missing: ${message.replace(/^NOPERM\s*/, '')}`,
  OOM: () => 'the memory limit of the server (maxmemory) is reached',
  READONLY: () => 'it is a replica, which takes no writes',
  LOADING: () => 'it is still reading its data',
  MASTERDOWN: () => 'it is a replica without a link to its master',
  MISCONF: () => 'it takes no writes because it cannot save to its disk',
  NOGROUP: (message) => `there is no such group: ${message.replace(/^NOGROUP\s*/, '')}`,
  WRONGTYPE: () => 'the key holds something else than a stream',
  UNBLOCKED: () => 'it is another server now than when the read began (a replica took over)',
  NOREPLICAS: () => 'it takes no writes because too few replicas follow it (min-replicas-to-write)',
  CROSSSLOT: () => 'it is part of a cluster, and the keys live on several servers; name each stream in a pipeline of its own, at the server that has it',
  CLUSTERDOWN: () => 'it is part of a cluster that is not whole now',
  ASK: (message) => `it is part of a cluster, and the key is on its way elsewhere (${message})`,
  TRYAGAIN: () => 'it is part of a cluster, and the keys are on their way elsewhere',
  BUSY: () => 'it is busy with a script',
  MOVED: (message) => `it is part of a cluster, and the key lives elsewhere (${message}); name that server`,
};

/** The first word of an error of the server, or ''. */
export function wordOf(thrown: unknown): string {
  return /^([A-Z]{2,})\b/.exec(messageOf(thrown))?.[1] ?? '';
}

/** The error with a message for people; `server` is its address without secrets. */
export function inWords(thrown: unknown, server: string): Error {
  const inner = thrown instanceof AggregateError && thrown.errors.length > 0 ? (thrown.errors[0] as unknown) : thrown;
  const message = messageOf(inner);
  if (message.startsWith(server)) return inner as Error;
  const code = String((inner as { code?: unknown } | undefined)?.code ?? '');
  const word = wordOf(inner);
  const said = BY_CODE[code]?.(server, message) ?? `${server}: ${BY_WORD[word]?.(message) ?? tlsWords(code, message) ?? message}`;
  return new Error(said, { cause: inner });
}

function tlsWords(code: string, message: string): string | undefined {
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNED') || code.includes('VERIFY')) {
    return `TLS does not come about: ${message}${tlsAdvice({ code, message })}`;
  }
  return undefined;
}
