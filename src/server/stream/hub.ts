/** Hands what happens to every open stream. One listener on the process, one text per event, any number of streams up to a bound. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Running } from '../../core/live.ts';
import type { ServerLimits } from '../options.ts';
import { Client } from './client.ts';
import { shown, type Filter } from './filter.ts';
import { frameOf, Ring } from './ring.ts';

/** What happens is still kept for this long after the last stream has gone, for it may come back. */
const LINGER_MS = 60_000;
/** A stream that takes nothing for this long is cut off. */
const STUCK_MS = 60_000;

export interface HubCounts {
  /** Events left out for slow streams. */
  dropped: number;
  /** Resets sent. */
  resets: number;
}

export class Hub {
  readonly counts: HubCounts = { dropped: 0, resets: 0 };
  readonly #running: Running;
  readonly #limits: ServerLimits;
  readonly #clients = new Set<Client>();
  #ring: Ring;
  /** Ends the subscription; undefined while nobody listens. */
  #stop: (() => void) | undefined;
  #lastLeft = 0;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(running: Running, limits: ServerLimits) {
    this.#running = running;
    this.#limits = limits;
    this.#ring = this.#newRing();
    this.#timer = setInterval(() => this.#beat(), limits.heartbeat);
    this.#timer.unref();
  }

  get open(): number {
    return this.#clients.size;
  }

  /** Throws OVERLOADED when no further stream may be opened; asked before anything is answered. */
  admit(): void {
    if (this.#closed || this.#clients.size >= this.#limits.max_streams) {
      throw new HomeostatError('OVERLOADED', { what: 'The number of streams (server.max_streams)', limit: this.#limits.max_streams });
    }
  }

  /** Begins a stream on a response whose head is written: first the status now, then what was missed since `lastEventId`, then what happens. */
  add(response: ServerResponse, filter: Filter, lastEventId: string | undefined, expires: number): void {
    const client = new Client(response, filter, expires, this.#limits.stream_buffer);
    response.once('close', () => this.#left(client));
    this.#stop ??= this.#running.subscribe((event) => this.#take(event));
    client.onDrain(() => this.#caughtUp(client));
    this.#clients.add(client);
    client.send('retry: 1000\n\n', Date.now());
    this.#sendStatus(client);
    if (lastEventId !== undefined) this.#replay(client, lastEventId);
  }

  /** Ends every stream; browsers come back by themselves. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stop?.();
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #take(event: LiveEvent): void {
    const now = Date.now();
    // Every stream begins with the status of all pipelines, so that an old one is never needed again.
    const entry = event.type === 'status' ? undefined : this.#ring.add(event);
    let whole: string | undefined;
    for (const client of this.#clients) {
      const part = shown(event, client.filter);
      if (part === undefined) continue;
      let text: string;
      if (entry !== undefined) text = entry.frame(part);
      else text = part === event ? (whole ??= frameOf(event)) : frameOf(part);
      if (!client.send(text, now)) this.counts.dropped++;
    }
  }

  #newRing(): Ring {
    return new Ring(randomBytes(6).toString('hex'), this.#limits.stream_replay);
  }

  #left(client: Client): void {
    this.#clients.delete(client);
    this.#lastLeft = Date.now();
  }

  /** Nobody has listened for a while: the process need not tell what happens, and what is kept has a gap from now on. */
  #rest(now: number): void {
    if (this.#stop === undefined || this.#clients.size > 0 || now - this.#lastLeft < LINGER_MS) return;
    this.#stop();
    this.#stop = undefined;
    this.#ring = this.#newRing();
  }

  #replay(client: Client, lastEventId: string): void {
    const missed = this.#ring.after(lastEventId);
    if (typeof missed === 'string') return this.#reset(client, missed);
    const frames: string[] = [];
    let size = 0;
    for (const entry of missed) {
      const part = shown(entry.event, client.filter);
      if (part === undefined) continue;
      const frame = entry.frame(part);
      size += frame.length;
      if (size > client.room) return this.#reset(client, 'more was missed than one stream may hold');
      frames.push(frame);
    }
    if (frames.length > 0) client.send(frames.join(''), Date.now());
  }

  #reset(client: Client, reason: string): void {
    this.counts.resets++;
    client.send(frameOf({ type: 'reset', reason }, this.#ring.newest), Date.now());
  }

  #sendStatus(client: Client): void {
    const status = shown({ type: 'status', pipelines: this.#running.pipelines() }, client.filter);
    if (status !== undefined) client.send(frameOf(status), Date.now());
  }

  #caughtUp(client: Client): void {
    if (client.behindSince === undefined) return;
    client.behindSince = undefined;
    this.#reset(client, 'this stream was too slow; events were left out');
    this.#sendStatus(client);
  }

  #beat(): void {
    const now = Date.now();
    for (const client of this.#clients) {
      if (now >= client.expires) {
        this.#left(client);
        client.end();
      } else if (client.behindSince !== undefined && now - client.behindSince > STUCK_MS) client.destroy();
      else client.send(': still here\n\n', now);
    }
    this.#rest(now);
  }
}
