/** Did it help? An action has helped when its incident leaves Alerting and NoData within a time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ActionIntent } from '../core/contracts.ts';
import { quantity, type ActionHost } from '../core/schema.ts';

/** Longest time between two looks, ms. */
const LOOK = 1_000;

export const checkOption = quantity(
  'duration',
  'An action has helped when its incident is no longer Alerting or NoData after so long; the audit says which.',
  '5m',
);

/** Waits until the incident is better, or `within` ms have passed; says what was seen. Rejects when `signal` aborts. */
export async function whetherItHelped(intent: ActionIntent, host: ActionHost, within: number, signal: AbortSignal): Promise<string> {
  const began = performance.now();
  const step = Math.min(LOOK, Math.max(5, within / 20));
  for (;;) {
    const state = host.incidentState(intent.incident.id);
    const passed = performance.now() - began;
    if (state !== 'Alerting' && state !== 'NoData') return `helped: the incident is ${state ?? 'over'} after ${seconds(passed)}`;
    if (passed >= within) return `did not help: the incident is still ${state} after ${seconds(passed)}`;
    await pause(Math.min(step, within - passed), undefined, { signal });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Rejects when `signal` aborts before `work` is done; the work itself may go on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
