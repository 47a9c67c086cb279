/** Logs that nobody wants, made piece by piece. */

/** Seeded words of small letters. */
export function words(seed: number): () => string {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return () => Array.from({ length: 4 + Math.floor(next() * 8) }, () => String.fromCharCode(97 + Math.floor(next() * 26))).join('');
}

/** The i-th line of a log of 100 lines a second. */
export function line(i: number, message: string, component = 'app.Main'): string {
  const time = new Date(Date.UTC(2026, 0, 5) + i * 10).toISOString().replace('T', ' ').slice(0, 23);
  return `${time} INFO ${component}: ${message}\n`;
}

/** `count` lines, many at a time. */
export function* linesOf(count: number, of: (i: number) => string): Generator<Buffer> {
  for (let from = 0; from < count; from += 2000)
    yield Buffer.from(Array.from({ length: Math.min(2000, count - from) }, (_, i) => of(from + i)).join(''), 'latin1');
}

/** Two lines with one of `size` bytes between them. */
export function* longLine(size: number): Generator<Buffer> {
  yield Buffer.from(line(0, 'job_1 begins'));
  const piece = Buffer.alloc(1 << 18, 'x');
  for (let at = 0; at < size; at += piece.length) yield piece;
  yield Buffer.from(`\n${line(1, 'job_1 ends')}`);
}
