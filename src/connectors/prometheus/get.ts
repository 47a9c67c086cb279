/** GET with what these connectors need beside it: files for TLS, a bound on the body, a time limit. */
import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { within } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';

const tls = Type.Object(
  {
    ca_file: Type.String({ description: 'PEM file of the authorities that are trusted; empty: those of Node.', default: '' }),
    cert_file: Type.String({ description: 'PEM file of our certificate, where the server asks for one.', default: '' }),
    key_file: Type.String({ description: 'PEM file of the key to our certificate.', default: '' }),
    key_password: Type.String({ description: 'Password of the key.', default: '', secret: true }),
    verify: Type.Boolean({ description: 'Refuse a server whose certificate is not trusted or names another host.', default: true }),
  },
  { additionalProperties: false, description: 'How https:// is secured.', default: {} },
);

export const accessFields = {
  user: Type.String({ description: 'Name for basic authentication; empty: none.', default: '' }),
  password: Type.String({ description: 'Password for basic authentication.', default: '', secret: true }),
  token: Type.String({ description: 'Token sent as `Authorization: Bearer …`; empty: none.', default: '', secret: true }),
  tls,
  timeout: quantity('duration', 'Longest wait for one answer.', '10s'),
  max_body: quantity('size', 'Longest answer, unpacked.', '16MiB'),
};
const accessOptions = Type.Object(accessFields);
export type Access = Static<typeof accessOptions>;

export interface Answer {
  status: number;
  /** Media type without parameters. */
  type: string;
  body: Buffer;
}

/** The answer to a GET, whatever its status. Rejects, in words, when there is none in time or it is too long. */
export async function get(url: string, accept: string, access: Access, folder: string, signal: AbortSignal): Promise<Answer> {
  const secured = url.startsWith('https:') ? await tlsOf(access, folder) : {};
  try {
    return await within(access.timeout, signal, async (limit) => {
      const headers = { accept, 'accept-encoding': 'gzip', 'user-agent': 'homeostat', ...authorization(access, url) };
      const answer = await answered(withoutUser(url), { ...secured, headers, signal: limit });
      const type = (answer.headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
      return { status: answer.statusCode ?? 0, type, body: await bodyOf(answer, access.max_body) };
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
  const [name, secret] = user === '' ? [decodeURIComponent(username), decodeURIComponent(written)] : [user, password];
  return name === '' ? {} : { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
}

/** An address without a name and a password in it. */
export function withoutUser(url: string): string {
  const address = new URL(url);
  address.username = address.password = '';
  return address.href;
}

async function tlsOf({ tls: { ca_file, cert_file, key_file, key_password, verify } }: Access, folder: string): Promise<RequestOptions> {
  const read = async (path: string) => (path === '' ? undefined : await readFile(resolve(folder, path)));
  const [ca, cert, key] = await Promise.all([read(ca_file), read(cert_file), read(key_file)]);
  return { ca, cert, key, ...(key_password === '' ? {} : { passphrase: key_password }), rejectUnauthorized: verify };
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause !== undefined) return messageOf(thrown.cause);
  const { code, errors } = thrown as { code?: unknown; errors?: Error[] };
  // A name with several addresses fails with one error each, and no words of its own.
  const text = messageOf(thrown) || (errors ?? []).map(messageOf).join('; ');
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
}
