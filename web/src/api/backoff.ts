const FIRST = 500;
const LONGEST = 30_000;

/** How long to wait before attempt 1, 2, 3 …, ms: doubles up to 30 s, with up to a quarter taken off so that many pages do not come back at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const wait = Math.min(LONGEST, FIRST * 2 ** (attempt - 1));
  return Math.round(wait * (1 - random() / 4));
}
