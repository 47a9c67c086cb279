/** Who asks: bearer tokens with roles, and the cookie that stands for one in a browser. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { HomeostatError } from '../core/errors.ts';
import type { Role, Token } from './options.ts';

/** Somebody who was recognised. */
export interface Identity {
  name: string;
  role: Role;
  /** Wall clock (ms) at which a session ends; Infinity for tokens. */
  expires: number;
}

const COOKIE = 'homeostat_session';
/** Without tokens only this machine reaches the server, and whoever does may do everything. */
const LOCAL: Identity = { name: 'local', role: 'operator', expires: Infinity };

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing: hashes are of one length, and every token is looked at. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function cookieOf(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === COOKIE) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * Knows the tokens. Sessions are kept nowhere: a cookie holds name, end and a MAC keyed by the token itself, so that it
 * outlives a restart of the process and dies with its token.
 */
export class Authority {
  readonly #tokens: readonly Token[];
  readonly #sessionMs: number;
  readonly #now: () => number;

  constructor(tokens: readonly Token[], sessionMs: number, now: () => number = Date.now) {
    this.#tokens = tokens;
    this.#sessionMs = sessionMs;
    this.#now = now;
  }

  /** True when there are no tokens. */
  get open(): boolean {
    return this.#tokens.length === 0;
  }

  /** Who sends these headers; throws UNAUTHORIZED when a token is needed and none, or a wrong one, is there. */
  identify(headers: { authorization?: string; cookie?: string }): Identity {
    if (this.open) return LOCAL;
    if (headers.authorization !== undefined) {
      const text = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
      const known = text === undefined ? undefined : this.#find(text);
      if (known === undefined) throw new HomeostatError('UNAUTHORIZED', { detail: '; the one sent is not known' });
      return { name: known.name, role: known.role, expires: Infinity };
    }
    const session = this.#session(cookieOf(headers.cookie));
    if (session === undefined) throw new HomeostatError('UNAUTHORIZED', { detail: '' });
    return session;
  }

  /** A cookie for whoever holds this token. Throws UNAUTHORIZED. */
  signIn(text: string): { identity: Identity; cookie: string } {
    if (this.open) return { identity: LOCAL, cookie: this.signOut() };
    const token = this.#find(text);
    if (token === undefined) throw new HomeostatError('UNAUTHORIZED', { detail: '; the one sent is not known' });
    const expires = this.#now() + this.#sessionMs;
    const said = `${Buffer.from(token.name).toString('base64url')}.${expires}`;
    const seconds = Math.floor(this.#sessionMs / 1000);
    return {
      identity: { name: token.name, role: token.role, expires },
      cookie: `${COOKIE}=${said}.${mac(token, said)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`,
    };
  }

  /** The cookie that takes the session away. */
  signOut(): string {
    return `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
  }

  #find(text: string): Token | undefined {
    let found: Token | undefined;
    for (const token of this.#tokens) if (sameText(text, token.token)) found = token;
    return found;
  }

  #session(cookie: string | undefined): Identity | undefined {
    const [name, end, sum] = cookie?.split('.') ?? [];
    if (name === undefined || end === undefined || sum === undefined) return undefined;
    const expires = Number(end);
    if (!(expires > this.#now())) return undefined;
    const said = `${name}.${end}`;
    const token = this.#tokens.find((each) => sameText(mac(each, said), sum) && Buffer.from(each.name).toString('base64url') === name);
    return token && { name: token.name, role: token.role, expires };
  }
}

function mac(token: Token, said: string): string {
  return createHmac('sha256', token.token).update(`homeostat session ${said}`).digest('base64url');
}
