/** What every request must pass before anything else, and the headers that every answer carries. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HomeostatError } from '../core/errors.ts';
import type { Authority, Identity } from './auth.ts';
import { isLoopback, type Role } from './options.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask; `anyone` needs no token. Reading is for viewers and writing for operators unless said otherwise. */
    role?: Role | 'anyone';
  }
  interface FastifyRequest {
    identity: Identity | null;
  }
}

/** Nothing is loaded from elsewhere, nothing inline runs, nobody frames the page. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** Content types that a page of any site can send without asking first (the CORS "simple" ones). */
const TAKEN = 'application/json; where events are pushed also application/x-ndjson and text/csv';
const SIMPLE = new Set(['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']);

const reads = (method: string) => method === 'GET' || method === 'HEAD';

function hostname(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

/** Refuses names that an attacker could point at this machine; asked only while anybody who reaches it may do everything. */
function checkHost(request: FastifyRequest, names: ReadonlySet<string>): void {
  const host = hostname(request.headers.host ?? '');
  if (!isLoopback(host) && !names.has(host)) throw new HomeostatError('HOST_UNKNOWN', { host: host.slice(0, 255) });
}

/** Refuses writes that a browser may send on behalf of another site. */
function checkSite(request: FastifyRequest): void {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new HomeostatError('CROSS_SITE', { detail: `Sec-Fetch-Site is ${site}` });
  const origin = headers.origin;
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === headers.host)) {
    throw new HomeostatError('CROSS_SITE', { detail: `its Origin is ${origin.slice(0, 255)}` });
  }
  const type = (headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
  if (request.method !== 'DELETE' && SIMPLE.has(type)) throw new HomeostatError('MEDIA_TYPE_REFUSED', { header: 'Content-Type', value: type, known: TAKEN });
}

function checkRole(request: FastifyRequest, authority: Authority): void {
  const needed = request.routeOptions.config.role ?? (reads(request.method) ? 'viewer' : 'operator');
  if (needed === 'anyone') return;
  const identity = authority.identify(request.headers);
  if (needed === 'operator' && identity.role !== 'operator') throw new HomeostatError('FORBIDDEN', { name: identity.name, role: identity.role, needed });
  request.identity = identity;
}

/** The first hook of every request. */
export function guard(authority: Authority, names: readonly string[]) {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return async function check(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.headers(SECURITY_HEADERS);
    if (authority.open) checkHost(request, known);
    if (!reads(request.method)) checkSite(request);
    if (!request.is404) checkRole(request, authority);
  };
}

/** Who asks, on a route that is not for anyone. */
export function nameOf(request: FastifyRequest): string {
  return request.identity?.name ?? 'anyone';
}
