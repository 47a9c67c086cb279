/** Something that there is only so much of: bytes in memory, connections, requests that wait. */
export class Budget {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** False, and nothing taken, when it would be too much. */
  take(amount: number): boolean {
    if (this.used + amount > this.limit) return false;
    this.used += amount;
    return true;
  }

  give(amount: number): void {
    this.used -= amount;
  }
}
