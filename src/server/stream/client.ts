/** One open stream: what it has not taken yet is bounded, and it never makes the process wait. */
import type { ServerResponse } from 'node:http';
import type { Filter } from './filter.ts';

export class Client {
  readonly filter: Filter;
  /** Wall clock (ms) at which the session ends that opened it. */
  readonly expires: number;
  /** Since when (wall clock, ms) it has been too slow; undefined while it keeps up. */
  behindSince: number | undefined;
  readonly #response: ServerResponse;
  readonly #limit: number;

  constructor(response: ServerResponse, filter: Filter, expires: number, limit: number) {
    this.#response = response;
    this.filter = filter;
    this.expires = expires;
    this.#limit = limit;
  }

  /** Room left in bytes. */
  get room(): number {
    return this.#limit - this.#response.writableLength;
  }

  /** False when it is too slow: the text is left out, and so is everything till `caughtUp`. */
  send(text: string, now: number): boolean {
    if (this.behindSince !== undefined) return false;
    if (this.room < 0) {
      this.behindSince = now;
      return false;
    }
    this.#response.write(text);
    return true;
  }

  /** Calls back each time when everything that waited has been taken. */
  onDrain(then: () => void): void {
    this.#response.on('drain', then);
  }

  end(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }
}
