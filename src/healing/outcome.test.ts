import { describe, expect, it } from 'vitest';
import type { ActionHost } from '../core/schema.ts';
import { intentOf } from '../incidents/notice.fixture.ts';
import { unlessAborted, whetherItHelped } from './outcome.ts';

function hostWith(...states: (string | undefined)[]): ActionHost & { looks: number } {
  const host = {
    looks: 0,
    checkpoint: () => Promise.resolve(),
    restartSource: () => Promise.resolve(),
    incidentState: () => states[Math.min(host.looks++, states.length - 1)],
  };
  return host;
}

const never = new AbortController().signal;

describe('whether an action helped', () => {
  it('is seen as soon as the incident leaves Alerting and NoData', async () => {
    const host = hostWith('NoData', 'Alerting', 'Recovering');
    expect(await whetherItHelped(intentOf('a'), host, 400, never)).toMatch(/^helped: the incident is Recovering after \d\.\d s$/);
  });

  it('is yes where the incident is over', async () => {
    expect(await whetherItHelped(intentOf('a'), hostWith(undefined), 1_000, never)).toMatch(/^helped: the incident is over/);
  });

  it('is no once its time has passed', async () => {
    const host = hostWith('NoData');
    expect(await whetherItHelped(intentOf('a'), host, 20, never)).toMatch(/^did not help: the incident is still NoData after 0\.0 s$/);
    expect(host.looks).toBeGreaterThan(1);
  });

  it('is not said when the process ends before it is known', async () => {
    const controller = new AbortController();
    const waiting = whetherItHelped(intentOf('a'), hostWith('Alerting'), 60_000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow();
  });
});

describe('unlessAborted', () => {
  it('gives what the work gives, and stops waiting when told to', async () => {
    expect(await unlessAborted(Promise.resolve(7), never)).toBe(7);
    await expect(unlessAborted(new Promise(() => {}), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const controller = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
