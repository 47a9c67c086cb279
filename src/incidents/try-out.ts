/** Tries out a receiver: one notice that says of itself that nothing has happened, sent past the outbox. */
import type { ReceiverTest } from '../core/api.ts';
import type { Notice, Notifier, Outcome } from '../core/contracts.ts';
import { within } from '../core/deadline.ts';
import { messageOf } from '../core/errors.ts';
import { hashId } from '../core/hash.ts';

/** Longest time that a receiver gets, ms: somebody waits at a page that is less patient than the outbox. */
const PATIENCE = 12_000;

/** `now`: clock, ms; each test has a key of its own. */
export function testNotice(pipeline: string, target: string, now: number): Notice {
  const key = hashId('test', pipeline, target, now);
  return {
    key,
    status: 'firing',
    incident: {
      id: `test-${key}`,
      pipeline,
      group: {},
      state: 'Alerting',
      severity: 'info',
      series: ['test'],
      startedAt: now,
      updatedAt: now,
      endedAt: null,
      anomalies: 0,
      peak: null,
      acknowledgedBy: null,
      silenced: false,
      summary: `This is a test of the receiver ${target}. Nothing has happened.`,
    },
    labels: { pipeline, severity: 'info', test: 'true' },
    at: now,
    repeated: false,
    test: true,
  };
}

/** Sends one test notice, once; never throws. */
export async function tryOut(notifier: Notifier, pipeline: string, target: string, patience = PATIENCE): Promise<ReceiverTest> {
  const began = performance.now();
  const never = new AbortController().signal;
  const notice = testNotice(pipeline, target, Date.now());
  const outcome = await within(patience, never, (signal) => Promise.race([notifier.send(notice, signal), endOf(signal, patience)])).catch(
    (thrown: unknown): Outcome => ({ ok: false, detail: messageOf(thrown), retry: true }),
  );
  return { pipeline, target, ok: outcome.ok, detail: outcome.detail ?? 'sent', ms: Math.round(performance.now() - began), mend: mendOf(outcome) };
}

/** For receivers that do not listen to the end of their time. */
function endOf(signal: AbortSignal, patience: number): Promise<Outcome> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, detail: `no answer within ${patience} ms`, retry: true }), { once: true });
  });
}

function mendOf(outcome: Outcome): string {
  if (outcome.ok) return '';
  if (outcome.retryAfter !== undefined) return 'It asks to be left alone for a while: send less, or set rate_limit.';
  return outcome.retry
    ? 'Check its address, the network and that it runs; real notices are tried again.'
    : 'It refuses what it was sent: check address, credentials and rights.';
}
