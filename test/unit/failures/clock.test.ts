/** A clock that jumps: ticks never go back, event time is not affected. */
import { describe, expect, it } from 'vitest';
import type { ControlRecord } from '../../../src/core/contracts.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { csv, lastStatus, prepared, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';
import { IncidentTracker } from '../../../src/incidents/tracker.ts';

const HOUR = 3_600_000;

/** Jumps at every look: an hour ahead, a day back, five minutes ahead, home. */
function jumping(): () => number {
  const jumps = [0, HOUR, -24 * HOUR, 5 * 60_000, -HOUR];
  let looks = 0;
  return () => Date.now() + jumps[looks++ % jumps.length];
}

describe('a clock that jumps', () => {
  it('changes no verdict, no incident and no notice', async () => {
    const input = csv(900);
    const steady = prepared(input);
    const jumpy = prepared(input);
    expect(await steady.run(yaml())).toBe('finished');
    const now = jumping();
    const change = (around: Surroundings): Surroundings => ({ ...around, clock: { ...around.clock, now } });
    expect(await jumpy.run(yaml(), undefined, change)).toBe('finished');
    expect(project(jumpy.data, 'p')).toEqual(project(steady.data, 'p'));
    expect(project(steady.data, 'p').incidents.length).toBeGreaterThan(2);
    expect(lastStatus(jumpy).watermark).toBe(lastStatus(steady).watermark);
  });

  it('never gives a tick behind one before it, also after a restart', async () => {
    const ticks: number[] = [];
    const clocks: number[] = [];
    const jumpy = prepared(csv(900));
    const now = jumping();
    const original = IncidentTracker.prototype.tick;
    IncidentTracker.prototype.tick = function tick(clock: number) {
      ticks.push(clock);
      original.call(this, clock);
    };
    try {
      for (let life = 0; life < 2; life++) {
        const stop = new AbortController();
        const change = (around: Surroundings): Surroundings => ({
          ...around,
          clock: { ...around.clock, now },
          ledger: new Proxy(around.ledger, {
            get(object, name) {
              const value: unknown = Reflect.get(object, name, object);
              if (typeof value !== 'function') return value;
              return (...args: [{ clock: number }]): unknown => {
                if (name === 'commit') clocks.push(args[0].clock);
                return (value as (...args: unknown[]) => unknown).apply(object, args);
              };
            },
          }),
          emit: (message) => {
            if (message.type === 'committed' && ticks.length > (life + 1) * 3) stop.abort();
          },
        });
        const silence: ControlRecord = { type: 'silence', id: `s${life}`, matchers: {}, until: Date.now(), by: 'me', comment: '' };
        await jumpy.run(yaml({ incident: '{ open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d, no_data: 1ms }' }), stop.signal, (around) => {
          around.ledger.appendControl('p', silence);
          return change(around);
        });
      }
    } finally {
      IncidentTracker.prototype.tick = original;
    }
    expect(ticks.length).toBeGreaterThan(3);
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    expect(clocks).toEqual([...clocks].sort((a, b) => a - b));
  });
});
