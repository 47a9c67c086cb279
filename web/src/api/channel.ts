/** One server-sent event stream that comes back by itself. EventSource alone would wait a fixed time, and stop for good after an error answer. */
import { backoff } from './backoff.ts';

export interface ChannelEvents {
  /** It is open; `again` when it had been lost. */
  opened: (again: boolean) => void;
  /** It is lost and tries again at this wall clock. */
  lost: (retryAt: number) => void;
  message: (type: string, data: string) => void;
}

export class Channel {
  readonly #types: readonly string[];
  readonly #events: ChannelEvents;
  #url: string | null = null;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;

  constructor(types: readonly string[], events: ChannelEvents) {
    this.#types = types;
    this.#events = events;
  }

  /** Listens to this address from now on; null closes. */
  listen(url: string | null): void {
    if (url === this.#url) return;
    this.#url = url;
    this.#attempt = 0;
    this.#open();
  }

  /** Tries at once instead of waiting. */
  retryNow(): void {
    this.#open();
  }

  get isOpen(): boolean {
    return this.#source?.readyState === EventSource.OPEN;
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    if (this.#url === null) return;
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => {
      const again = this.#attempt > 0;
      this.#attempt = 0;
      this.#events.opened(again);
    });
    source.addEventListener('error', () => {
      if (this.#source === source) this.#lost();
    });
    for (const type of this.#types) source.addEventListener(type, (event) => this.#events.message(type, (event as MessageEvent<string>).data));
  }

  #lost(): void {
    this.#source?.close();
    this.#source = null;
    const wait = backoff(++this.#attempt);
    this.#timer = setTimeout(() => this.#open(), wait);
    this.#events.lost(Date.now() + wait);
  }
}
