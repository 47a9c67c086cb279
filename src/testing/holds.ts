/** Looks again and again that something holds for so long, ms; fails at the first time that it does not. */
export async function holds(ms: number, check: () => boolean): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (!check()) throw new Error(`what should have held for ${ms} ms did not: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(20, ms)));
  }
}
