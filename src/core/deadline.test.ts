import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { within } from './deadline.ts';

/** What hangs until its signal aborts. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

it('ends what hangs with a TimeoutError, also when the heap is swept meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const sweep = runInNewContext('gc') as () => void;
  const ended = within(50, new AbortController().signal, hang);
  const sweeping = setInterval(sweep, 5);
  await expect(ended).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer within 50 ms' });
  clearInterval(sweeping);
});

it('ends what hangs when the signal aborts, with its reason, and at once when it had before', async () => {
  const controller = new AbortController();
  const ended = within(60_000, controller.signal, hang);
  controller.abort(new Error('closing'));
  await expect(ended).rejects.toThrow('closing');
  await expect(within(60_000, controller.signal, async (signal) => signal.aborted)).resolves.toBe(true);
});
