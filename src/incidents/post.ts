/** One POST of JSON to somebody else's address, and what its answer means for another attempt. */
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
}

/** Redirects that keep method and body are followed on the same host, at most so often. */
const REDIRECTS = 3;

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`, so that neither body nor time can be changed or replayed much later. */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Sends `body`; answers within the timeout or when `signal` aborts. Never throws; neither secret nor address with credentials gets into the detail. */
export async function postJson(target: PostTarget, key: string, body: string, signal: AbortSignal): Promise<Outcome> {
  const headers: Record<string, string> = { ...target.headers, 'content-type': 'application/json', 'user-agent': 'homeostat', 'idempotency-key': key };
  if (target.secret !== '') headers['homeostat-signature'] = signature(target.secret, Math.floor(Date.now() / 1000), body);
  try {
    return await within(target.timeout, signal, (until) => attempt(target.url, headers, body, until));
  } catch (thrown) {
    return { ok: false, detail: reasonOf(thrown, target.timeout, signal), retry: true };
  }
}

/** One attempt, following redirects on the same host. Throws what fetch throws. */
async function attempt(address: string, headers: Record<string, string>, body: string, until: AbortSignal): Promise<Outcome> {
  let url = new URL(address);
  for (let hops = 0; ; hops++) {
    const answer = await fetch(bare(url), { method: 'POST', headers: withCredentials(headers, url), body, redirect: 'manual', signal: until });
    await answer.body?.cancel();
    const next = answer.headers.get('location');
    if ((answer.status !== 307 && answer.status !== 308) || next === null) return judged(answer);
    const to = new URL(next, url);
    if (to.host !== url.host || to.protocol !== url.protocol)
      return { ok: false, detail: `it redirects to another host (${to.host}), which is not followed`, retry: false };
    if (hops === REDIRECTS) return { ok: false, detail: `it redirects more than ${REDIRECTS} times`, retry: false };
    to.username = url.username;
    to.password = url.password;
    url = to;
  }
}

function judged(answer: Response): Outcome {
  const { status } = answer;
  if (answer.ok) return { ok: true, detail: `HTTP ${status}` };
  const detail = `HTTP ${status}${answer.statusText === '' ? '' : ` ${answer.statusText}`}`;
  if (status !== 429 && status < 500 && status !== 408) return { ok: false, detail, retry: false };
  const retryAfter = retryAfterMs(answer.headers.get('retry-after'), Date.now());
  return { ok: false, detail, retry: true, ...(retryAfter === undefined ? {} : { retryAfter }) };
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
