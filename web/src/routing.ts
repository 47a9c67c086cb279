/** Routes live behind the `#`, so that the server needs no fallback: `#/streams?search=cpu`. */
import { computed, signal } from '@preact/signals';

export interface Route {
  /** Path segments, decoded: ['stream', 'demo', 'host/cpu']. */
  path: string[];
  query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The link of a page; parameters that are null or empty are left out. */
export function link(path: string[], query: Record<string, string | number | null> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

export const streamLink = (pipeline: string, key: string, from: number | null = null, to: number | null = null): string =>
  link(['stream', pipeline, key], { from, to });
export const incidentLink = (id: string): string => link(['incidents', id]);

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

export const route = computed(() => parseRoute(hash.value));
/** First segment of the path: which page. */
export const page = computed(() => route.value.path[0] ?? 'overview');

export function go(to: string): void {
  location.hash = to;
}

/** Changes the address without a new entry in the browser's history. */
export function replace(to: string): void {
  history.replaceState(null, '', to);
  hash.value = to;
}
