/** GET with what these connectors need beside it: TLS, a bound on the body, a time limit. */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { createGunzip } from 'node:zlib';
import { plainOf } from '../../core/address.ts';
import { within } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';
import { tlsAdvice, tlsOptions, tlsSettings } from '../../core/tls.ts';

export const accessFields = {
  user: Type.String({ description: 'Name for basic authentication; empty: none.', default: '' }),
  password: Type.String({ description: 'Password for basic authentication.', default: '', secret: true }),
  token: Type.String({ description: 'Token sent as `Authorization: Bearer …`; empty: none.', default: '', secret: true }),
  tls: Type.Optional(tlsOptions),
  timeout: quantity('duration', 'Longest wait for one answer.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
  max_body: quantity('size', 'Longest answer, unpacked.', '16MiB'),
};
const accessOptions = Type.Object(accessFields);
export type Access = Static<typeof accessOptions>;

export interface Answer {
  status: number;
  /** Media type without parameters. */
  type: string;
  body: Buffer;
  /** Where a redirect leads, without what may be a secret; '' for none. */
  moved: string;
}

/** The status of an answer that is not the wanted one, and what to do about it. */
export function statusWords({ status, moved }: Pick<Answer, 'status' | 'moved'>): string {
  if (moved !== '') return `HTTP ${status}: it has moved to ${moved}; name that address`;
  return status === 401 || status === 403 ? `HTTP ${status}; check user, password or token` : `HTTP ${status}`;
}

/** The answer to a GET, whatever its status. Rejects, in words, when there is none in time or it is too long. */
export async function get(url: string, accept: string, access: Access, signal: AbortSignal): Promise<Answer> {
  const secured = url.startsWith('https:') ? tlsSettings(access.tls) : {};
  try {
    return await within(access.timeout, signal, async (limit) => {
      const headers = { accept, 'accept-encoding': 'gzip', 'user-agent': 'homeostat', ...authorization(access, url) };
      const answer = await answered(withoutUser(url), { ...secured, headers, signal: limit });
      const type = (answer.headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
      const status = answer.statusCode ?? 0;
      return { status, type, body: await bodyOf(answer, access.max_body), moved: movedTo(answer, status, url) };
    });
  } catch (thrown) {
    throw new Error(reasonOf(thrown), { cause: thrown });
  }
}

function answered(url: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, { ...options, agent: false }, done);
    request.on('error', fail);
    request.end();
  });
}

function movedTo({ headers: { location = '' } }: IncomingMessage, status: number, url: string): string {
  if (status < 300 || status > 399 || !URL.canParse(location, url)) return '';
  const { origin, pathname } = new URL(location, url);
  return `${origin}${pathname}`;
}

async function bodyOf(answer: IncomingMessage, most: number): Promise<Buffer> {
  const isPacked = answer.headers['content-encoding'] === 'gzip';
  const stream = isPacked ? answer.pipe(createGunzip()) : answer;
  if (isPacked) answer.once('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new Error(`the answer is longer than max_body ${most} bytes`);
      chunks.push(chunk);
    }
  } finally {
    answer.destroy();
  }
  return Buffer.concat(chunks);
}

function authorization({ user, password, token }: Access, url: string): { authorization?: string } {
  if (token !== '') return { authorization: `Bearer ${token}` };
  const { username, password: written } = new URL(url);
  const [name, secret] = user === '' ? [plainOf(username), plainOf(written)] : [user, password];
  return name === '' ? {} : { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
}

/** An address without a name and a password in it. */
export function withoutUser(url: string): string {
  const address = new URL(url);
  address.username = address.password = '';
  return address.href;
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause !== undefined) return messageOf(thrown.cause);
  const { code, errors } = thrown as { code?: unknown; errors?: Error[] };
  // A name with several addresses fails with one error each, and no words of its own.
  const text = messageOf(thrown) || (errors ?? []).map(messageOf).join('; ');
  return `${text}${typeof code === 'string' && !text.includes(code) ? ` (${code})` : ''}${tlsAdvice(thrown)}`;
}
