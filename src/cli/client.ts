/** REST of a running process, for the commands that talk to one. */
import type { Problem } from '../core/api.ts';
import { ERRORS, HomeostatError, messageOf, type ErrorCode } from '../core/errors.ts';

const PATIENCE = 30_000;

/** What to do at a command line, where the server speaks to a program. */
const MENDS: Partial<Record<ErrorCode, string>> = {
  UNAUTHORIZED: 'Set HOMEOSTAT_TOKEN to a token of the server (server.tokens) that has the right role.',
  NOT_FOUND: 'Check the name: the pages, and lists over REST such as /api/v1/pipelines, show what there is.',
};

/** The problem that a server answered with, in its own words. */
function refusal(problem: Partial<Problem>, status: number): HomeostatError {
  const code = problem.code !== undefined && problem.code in ERRORS ? (problem.code as ErrorCode) : 'REQUEST_INVALID';
  const error = new HomeostatError(code, { detail: `HTTP ${status}` });
  const mend = MENDS[code] ?? problem.mend;
  return Object.assign(error, problem.detail === undefined ? {} : { message: problem.detail }, mend === undefined ? {} : { mend });
}

export class Client {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  /** `url` of the server; `token` where it asks for one. */
  constructor(url: string, token: string | undefined) {
    this.#base = `${url.replace(/\/+$/, '')}/api/v1/`;
    this.#headers = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
  }

  get<T>(path: string, query: Readonly<Record<string, string | number | boolean | undefined>> = {}): Promise<T> {
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
    return this.#call('GET', given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`);
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#call('POST', path, body);
  }

  /** `tag`: the ETag that it must still have. */
  put<T>(path: string, body: object, tag: string): Promise<T> {
    return this.#call('PUT', path, body, { 'if-match': `"${tag}"` });
  }

  remove<T>(path: string): Promise<T> {
    return this.#call('DELETE', path);
  }

  /** Throws SERVER_UNREACHABLE, and what the server refuses with. */
  async #call<T>(method: string, path: string, body?: object, more: Readonly<Record<string, string>> = {}): Promise<T> {
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: { accept: 'application/json', ...this.#headers, ...json, ...more },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch (thrown) {
      const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
      throw new HomeostatError('SERVER_UNREACHABLE', { url: this.#base, detail: messageOf(cause) || 'no answer' }, thrown);
    }
    const answer: unknown = await response.json().catch(() => ({}));
    if (!response.ok) throw refusal(answer as Partial<Problem>, response.status);
    return answer as T;
  }
}
