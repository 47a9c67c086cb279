/** A record from a time that no calendar holds stops nothing. */
import { describe, expect, it } from 'vitest';
import { csv, lastStatus, prepared, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

describe('a time beyond every calendar', () => {
  it.each(['-99999999999999999', '99999999999999999', '-1e300', '1e300'])('(%s) is a dead letter at worst; the rest is read', async (time) => {
    const lines = csv(300).split('\n');
    const made = prepared([lines[0], `${time},s0,1`, ...lines.slice(1, 151), `${time},s0,1`, ...lines.slice(151)].join('\n'));
    const stop = new AbortController();
    const running = made.run(
      yaml({ order: '{ max_future: 0s }', format: '{ csv: { time: time, time_unit: ms, columns: [value], series: series } }' }),
      stop.signal,
    );
    const failed = until(async () => made.messages.find((message) => message.type === 'health'), 'it has ended');
    const outcome = await Promise.race([running, failed]);
    stop.abort();
    await running;
    expect(outcome).toBe('finished');
    expect(lastStatus(made).counts).toMatchObject({ events: 300, deadLetters: 2 });
    expect(project(made.data, 'p').verdicts.length).toBe(300);
  });
});
