/** One message to somebody else's address, and what its answer means for another attempt. */
import { createHmac } from 'node:crypto';
import type { Outcome } from '../core/contracts.ts';
import { within } from '../core/deadline.ts';
import { messageOf } from '../core/errors.ts';

export interface PostTarget {
  url: string;
  /** Key of the signature; empty: none. */
  secret: string;
  /** ms. */
  timeout: number;
  headers: Readonly<Record<string, string>>;
  method?: string;
  contentType?: string;
  /** Texts that must not be said, beside the secret; the receiver may repeat them in its answer. */
  hidden?: readonly string[];
}

/** Redirects that keep method and body are followed on the same host, at most so often. */
const REDIRECTS = 3;

/** So much of a refusal is read, bytes, and shown, characters. */
const READ = 4_096;
const SHOWN = 250;

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`, so that neither body nor time can be changed or replayed much later. */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Sends `body`; answers within the timeout or when `signal` aborts. Never throws; neither secret nor address with credentials gets into the detail. */
export async function post(target: PostTarget, key: string, body: string, signal: AbortSignal): Promise<Outcome> {
  const { url, secret, timeout, method = 'POST', contentType = 'application/json' } = target;
  const headers: Record<string, string> = { ...lowered(target.headers), 'content-type': contentType, 'user-agent': 'homeostat', 'idempotency-key': key };
  if (secret !== '') headers['homeostat-signature'] = signature(secret, Math.floor(Date.now() / 1000), body);
  const hidden = [secret, ...Object.values(target.headers), ...credentialsIn(url), ...(target.hidden ?? [])];
  try {
    const outcome = await within(timeout, signal, (until) => attempt(url, { method, headers, body }, until));
    return outcome.detail === undefined ? outcome : { ...outcome, detail: redacted(outcome.detail, hidden).slice(0, SHOWN) };
  } catch (thrown) {
    return { ok: false, detail: redacted(reasonOf(thrown, timeout, signal), hidden), retry: true };
  }
}

/** A word of an address that is longer than this may be a key; shorter ones are `ping` and `v1`. */
const WORD = 6;

/** What of an address that is a secret itself must not be said: a webhook of a channel, the address of a heartbeat. */
export function secretsIn(address: string): string[] {
  const { pathname } = new URL(address);
  return [address, pathname, ...pathname.split('/').filter((part) => part.length > WORD)];
}

/** Every form in which the credentials of an address travel. */
function credentialsIn(address: string): string[] {
  const { username, password, search, searchParams } = new URL(address);
  const keys = [search, ...search.slice(1).split(/[&=]/), ...searchParams.values()].filter((part) => part.length > WORD);
  if (password === '') return keys;
  return [...keys, password, decodeURIComponent(password), Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')];
}

/** A text without what must not be said. */
export function redacted(text: string, hidden: readonly string[]): string {
  return hidden.reduce((clean, one) => (one.length < 4 ? clean : clean.replaceAll(one, '***')), text);
}

/** Names as they are compared, so that none is there twice. */
function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

interface Sent {
  method: string;
  headers: Record<string, string>;
  body: string;
}

/** One attempt, following redirects on the same host. Throws what fetch throws. */
async function attempt(address: string, { method, headers, body }: Sent, until: AbortSignal): Promise<Outcome> {
  let url = new URL(address);
  for (let hops = 0; ; hops++) {
    const content = method === 'GET' || method === 'HEAD' ? {} : { body };
    const answer = await fetch(bare(url), { method, headers: withCredentials(headers, url), ...content, redirect: 'manual', signal: until });
    const next = answer.headers.get('location');
    if ((answer.status !== 307 && answer.status !== 308) || next === null) return judged(answer);
    await answer.body?.cancel();
    const to = new URL(next, url);
    if (to.host !== url.host || to.protocol !== url.protocol)
      return { ok: false, detail: `it redirects to another host (${to.host}), which is not followed`, retry: false };
    if (hops === REDIRECTS) return { ok: false, detail: `it redirects more than ${REDIRECTS} times`, retry: false };
    to.username = url.username;
    to.password = url.password;
    url = to;
  }
}

async function judged(answer: Response): Promise<Outcome> {
  const { status } = answer;
  if (answer.ok) {
    await answer.body?.cancel();
    return { ok: true, detail: `HTTP ${status}` };
  }
  const said = await beginning(answer);
  const detail = `HTTP ${status}${answer.statusText === '' ? '' : ` ${answer.statusText}`}${said === '' ? '' : `: ${said}`}`;
  if (status !== 429 && status < 500 && status !== 408) return { ok: false, detail, retry: false };
  const retryAfter = retryAfterMs(answer.headers.get('retry-after'), Date.now());
  return { ok: false, detail, retry: true, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** The first line of what a refusal says; no more is read than a few KiB, and pages for people are left out. */
async function beginning(answer: Response): Promise<string> {
  if (answer.body === null) return '';
  const type = answer.headers.get('content-type') ?? '';
  const reader = answer.body.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < READ && !type.includes('html');) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  const text = Buffer.concat(chunks).toString('utf8').trim().replace(/\s+/g, ' ');
  // A receiver must not steer a terminal.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), in ms from `now`; undefined where there is none that can be read. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** fetch refuses addresses that hold credentials; they travel as a header. */
function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = copy.password = '';
  return copy;
}

function withCredentials(headers: Record<string, string>, url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return headers;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { ...headers, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function reasonOf(thrown: unknown, timeout: number, signal: AbortSignal): string {
  if (signal.aborted) return 'given up';
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return `no answer within ${timeout} ms`;
  const { cause } = thrown as { cause?: unknown };
  return cause === undefined ? messageOf(thrown) : messageOf(cause);
}
