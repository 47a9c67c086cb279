/** REST calls. A failure is an ApiError that says what happened and what to do. */
import { signal } from '@preact/signals';
import type { Problem } from '../../../src/core/api.ts';

/** Where the server's API is, relative to the page. */
export const API = 'api/v1';

const PATIENCE = 15_000;

/** True once the server asked for a token and got none that it knows. */
export const signedOut = signal(false);

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do, in words; empty when the server did not say. */
  readonly mend: string;

  constructor(status: number, message: string, code = '', mend = '') {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.mend = mend;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export function path(route: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return `${API}/${route}${text === '' ? '' : `?${text}`}`;
}

async function call<T>(method: string, url: string, body?: unknown, signal?: AbortSignal, more: Record<string, string> = {}): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(
      0,
      patience.aborted ? 'The server did not answer in time.' : 'The server cannot be reached.',
      '',
      'Check that the homeostat process is running.',
    );
  }
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json().catch(() => undefined)) as T;
}

export async function failure(response: Response): Promise<ApiError> {
  if (response.status === 401) signedOut.value = true;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new ApiError(response.status, problem.detail || problem.title || `The server answered ${response.status}.`, problem.code, problem.mend);
}

export const get = <T>(route: string, query: Query = {}, signal?: AbortSignal): Promise<T> => call('GET', path(route, query), undefined, signal);
export const post = <T>(route: string, body: unknown = {}): Promise<T> => call('POST', path(route), body);
/** `tag`: the ETag that it must still have. */
export const put = <T>(route: string, body: unknown, tag: string): Promise<T> => call('PUT', path(route), body, undefined, { 'if-match': `"${tag}"` });
export const remove = <T>(route: string, query: Query = {}): Promise<T> => call('DELETE', path(route, query));

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What is gone is mended at no address that a visitor of the page would look at. */
export const messageOf = (error: unknown): string => {
  if (error instanceof ApiError && error.code === 'NOT_FOUND') return sentence(error.message);
  if (error instanceof ApiError) return [error.message, error.mend].filter(Boolean).map(sentence).join(' ');
  return error instanceof Error ? error.message : String(error);
};
