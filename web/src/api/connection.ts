/**
 * Live events. One channel carries status and incidents for every page and says how the connection is; a second one carries
 * what the page in view needs, and is closed while the page is hidden.
 */
import { batch, effect, signal } from '@preact/signals';
import type { LiveEvent } from '../../../src/core/api.ts';
import { Channel } from './channel.ts';
import { get, path, signedOut } from './client.ts';

type EventOf<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;
type Listener = (event: LiveEvent) => void;

interface Connection {
  state: 'connecting' | 'live' | 'lost';
  /** Wall clock of the last sign of life; null before the first. */
  lastSeen: number | null;
  /** Wall clock of the next attempt; null while connected or trying. */
  retryAt: number | null;
}

/** What the page in view wants beside `status` and `incidents`. */
export interface Wanted {
  topic?: 'verdicts' | 'series' | 'jobs';
  pipeline?: string;
  series?: string;
}

/** Longest silence before the connection is checked, ms. */
const SILENCE = 15_000;

export const connection = signal<Connection>({ state: 'connecting', lastSeen: null, retryAt: null });
/** Grows whenever what was fetched before may be incomplete: after a reconnect or a `reset`. */
export const generation = signal(0);

const listeners = new Map<string, Set<Listener>>();
const focus = signal<string | null>(null);
const visible = signal(!document.hidden);
let lastSeen = 0;

const general = new Channel(['status', 'incident', 'reset'], {
  opened(again) {
    if (again) generation.value++;
    alive();
  },
  lost(retryAt) {
    connection.value = { state: 'lost', lastSeen: lastSeen === 0 ? null : lastSeen, retryAt };
    // EventSource hides the status: a plain call finds out whether a token is asked for.
    void get('health').catch(() => undefined);
  },
  message: receive,
});

const focused = new Channel(['verdicts', 'series', 'log-job', 'reset'], {
  opened(again) {
    if (again) generation.value++;
  },
  lost: () => undefined,
  message: receive,
});

/** Calls `listener` with every event of this type until the answer is called. */
export function on<T extends LiveEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
  const set = listeners.get(type) ?? new Set<Listener>();
  listeners.set(type, set);
  set.add(listener as Listener);
  return () => set.delete(listener as Listener);
}

/** Subscribes to what the page in view needs; replaces what the page before needed. */
export function want({ topic, pipeline, series }: Wanted): void {
  focus.value = topic === undefined ? null : path('stream', { topics: topic, pipeline, series });
}

export const retryNow = (): void => general.retryNow();

function receive(type: string, data: string): void {
  const event = JSON.parse(data) as LiveEvent;
  batch(() => {
    alive();
    if (type === 'reset') generation.value++;
    for (const listener of listeners.get(type) ?? []) listener(event);
  });
}

function alive(): void {
  lastSeen = Date.now();
  if (connection.peek().state !== 'live') connection.value = { state: 'live', lastSeen, retryAt: null };
}

/** A connection that died without a word (sleep, an unplugged network) is found by its silence. */
async function check(): Promise<void> {
  if (signedOut.peek() || connection.peek().state === 'lost' || Date.now() - lastSeen < SILENCE) return;
  const answered = await get('health').then(
    () => true,
    () => false,
  );
  if (answered && general.isOpen) lastSeen = Date.now();
  else general.retryNow();
}

export function connect(): void {
  document.addEventListener('visibilitychange', () => {
    // What was sent while nobody looked was not received.
    if (!document.hidden && focus.peek() !== null) generation.value++;
    visible.value = !document.hidden;
  });
  effect(() => general.listen(signedOut.value ? null : path('stream', { topics: 'status,incidents' })));
  effect(() => focused.listen(signedOut.value || !visible.value ? null : focus.value));
  setInterval(() => void check(), SILENCE / 3);
  addEventListener('online', retryNow);
}
