/**
 * A file on its way to the server, in slices. What broke is asked for and sent on: the server alone knows how far it is.
 * Knows nothing of the page.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import { backoff } from '../api/backoff.ts';
import { ApiError } from '../api/client.ts';

/** Bytes of a slice: it begins with the first and is doubled or halved so that one takes some seconds, as a server waits for a request only so long. */
export const SLICES = { least: 2 ** 18, first: 2 ** 20, most: 8 * 2 ** 20 };
const QUICK = 1500;
const SLOW = 6000;
/** Time over which the speed is taken, ms. */
const WINDOW = 6000;

export interface Transport {
  /** Bytes that the server has. */
  offset(signal: AbortSignal): Promise<number>;
  /** Sends bytes that begin at `offset`; answers how many the server has then. */
  append(offset: number, slice: Blob, progress: (bytes: number) => void, signal: AbortSignal): Promise<number>;
}

export interface UploadView {
  state: 'waiting' | 'sending' | 'retrying' | 'failed' | 'sent' | 'cancelled';
  /** Bytes so far, those in the middle of a slice included. */
  sent: number;
  /** Bytes a second over the last seconds; null before it is known. */
  speed: number | null;
  secondsLeft: number | null;
  /** Why it failed or has to try again. */
  error: unknown;
  /** Wall clock of the next attempt; null while none is waited for. */
  retryAt: number | null;
}

export interface UploadOptions {
  now?: () => number;
  /** Answers after `ms`, or as soon as the signal is aborted. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The server stands at another offset than was sent. */
const isElsewhere = (error: unknown): boolean => error instanceof ApiError && error.code === 'UPLOAD_OFFSET';

/** Refused for good: sending the same again would be refused again. */
const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && ![408, 423, 425, 429].includes(error.status) && !isElsewhere(error);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

export class Upload {
  readonly file: File;
  readonly #transport: Transport;
  readonly #abort = new AbortController();
  readonly #now: () => number;
  readonly #wait: NonNullable<UploadOptions['wait']>;
  readonly #view = signal<UploadView>({ state: 'waiting', sent: 0, speed: null, secondsLeft: null, error: undefined, retryAt: null });
  #size = SLICES.first;
  #samples: { at: number; sent: number }[] = [];
  #skipWait = new AbortController();

  constructor(file: File, transport: Transport, { now = () => performance.now(), wait = pause }: UploadOptions = {}) {
    this.file = file;
    this.#transport = transport;
    this.#now = now;
    this.#wait = wait;
  }

  get view(): ReadonlySignal<UploadView> {
    return this.#view;
  }

  get active(): boolean {
    return ['waiting', 'sending', 'retrying'].includes(this.#view.peek().state);
  }

  cancel(): void {
    if (!this.active) return;
    this.#abort.abort();
    this.#skipWait.abort();
    this.#set({ state: 'cancelled', retryAt: null });
  }

  /** Tries at once instead of waiting. */
  retryNow(): void {
    this.#skipWait.abort();
  }

  /** Sends until the server has all, it is refused, or it is cancelled. */
  async run(): Promise<void> {
    const { signal: aborted } = this.#abort;
    let at: number | null = null;
    let attempt = 0;
    while (!aborted.aborted) {
      try {
        at ??= await this.#transport.offset(aborted);
        if (at >= this.file.size) return this.#set({ state: 'sent', sent: this.file.size, secondsLeft: 0, error: undefined, retryAt: null });
        at = await this.#send(at);
        attempt = 0;
      } catch (error) {
        if (aborted.aborted) return;
        const gone = await this.#unreadable(at ?? 0);
        if (gone !== null || isFinal(error)) return this.#set({ state: 'failed', error: gone ?? error, retryAt: null });
        at = null;
        attempt++;
        this.#size = Math.max(SLICES.least, this.#size / 2);
        // A browser repeats a request by itself when its connection broke: the server then stands elsewhere, and nothing is wrong.
        if (attempt > 1 || !isElsewhere(error)) await this.#pause(error, backoff(attempt));
      }
    }
  }

  async #send(from: number): Promise<number> {
    const { signal: aborted } = this.#abort;
    this.#progress(from);
    const began = this.#now();
    const slice = this.file.slice(from, Math.min(from + this.#size, this.file.size));
    const at = await this.#transport.append(from, slice, (bytes) => this.#progress(from + Math.min(bytes, slice.size)), aborted);
    if (at <= from) throw new ApiError(0, 'The server took nothing of what was sent.');
    this.#progress(at);
    const took = this.#now() - began;
    if (took < QUICK) this.#size = Math.min(SLICES.most, this.#size * 2);
    else if (took > SLOW) this.#size = Math.max(SLICES.least, this.#size / 2);
    return at;
  }

  async #pause(error: unknown, ms: number): Promise<void> {
    this.#skipWait = new AbortController();
    this.#samples = [];
    this.#set({ state: 'retrying', error, retryAt: Date.now() + ms, speed: null, secondsLeft: null });
    await this.#wait(ms, this.#skipWait.signal);
  }

  /** Why the file itself cannot be read, null when it can: a browser says of a file that was changed only that sending failed. */
  async #unreadable(at: number): Promise<Error | null> {
    try {
      await this.file.slice(at, at + 1).arrayBuffer();
      return null;
    } catch {
      return new Error('The file was changed, moved or cannot be read any more. Cancel, and choose it again.');
    }
  }

  #progress(sent: number): void {
    if (this.#abort.signal.aborted) return;
    const at = this.#now();
    this.#samples.push({ at, sent });
    while (this.#samples.length > 2 && at - this.#samples[0].at > WINDOW) this.#samples.shift();
    const [first] = this.#samples;
    const seconds = (at - first.at) / 1000;
    const speed = seconds < 0.2 || sent <= first.sent ? this.#view.peek().speed : (sent - first.sent) / seconds;
    this.#set({ state: 'sending', sent, speed, secondsLeft: speed === null ? null : (this.file.size - sent) / speed, error: undefined, retryAt: null });
  }

  #set(changed: Partial<UploadView>): void {
    this.#view.value = { ...this.#view.peek(), ...changed };
  }
}
