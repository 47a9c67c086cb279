/** Time limits for what takes an AbortSignal. */

/**
 * Calls `work` with a signal that aborts when `signal` does, or after `ms` with a TimeoutError. Not AbortSignal.any over
 * AbortSignal.timeout: in Node 20 nothing holds that timeout, so it may be collected before its time and then never comes.
 */
export async function within<T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const give = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')), ms);
  if (signal.aborted) give();
  signal.addEventListener('abort', give, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}
