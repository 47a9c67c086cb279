/** A token bucket: so many at once after a quiet time, and so many per second on the whole. */
export class Bucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at = -Infinity;

  /** `rate` per second; 0: no limit. */
  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst;
  }

  /** Clock (ms) at which one may be taken; not after `now` where that is now. */
  freeAt(now: number): number {
    if (this.#rate === 0) return now;
    this.#fill(now);
    return this.#tokens >= 1 ? now : now + ((1 - this.#tokens) / this.#rate) * 1000;
  }

  /** Takes one, whether there is one or not. */
  take(now: number): void {
    if (this.#rate === 0) return;
    this.#fill(now);
    this.#tokens--;
  }

  /** A clock that jumps back gives nothing and takes nothing. */
  #fill(now: number): void {
    if (now > this.#at) this.#tokens = Math.min(this.#burst, this.#tokens + (this.#at === -Infinity ? 0 : ((now - this.#at) * this.#rate) / 1000));
    this.#at = now;
  }
}
