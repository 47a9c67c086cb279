/** Promise 9: same input, same seed, same output, with any number of workers. The stage threads are those of the built program. */
import { afterAll, describe, expect, it } from 'vitest';
import { ground, type Ground } from '../support/in-process.ts';
import { project, type Projection } from '../support/oracle.ts';

const stages = {
  'detect alone': '    detect: { detector: ema }\n',
  'the default detector': '',
  'aggregate before it': '    detect: { detector: ema }\n    aggregate: { every: 10s, function: p95, unit: p95 }\n',
  'aggregate and align before it':
    '    detect: { detector: ema }\n    aggregate: { every: 5s }\n    align: { by: machine, columns: [temperature, humidity, sound], every: 5s }\n',
};

const yaml = (parallelism: number, more: string): string => `
parallelism: ${parallelism}
pipelines:
  p:
    source: { simulate: { scenario: sensors, seed: 3, count: 60000, sensors: { machines: 20 } } }
    order: { allowed_lateness: 5s }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    state: { cache: 10 }
    notify: [ { log: {} } ]
${more}`;

const opened: Ground[] = [];
afterAll(() => {
  for (const each of opened) each.remove();
});

async function outcome(parallelism: number, more: string): Promise<Projection> {
  const here = ground();
  opened.push(here);
  expect(await here.run(yaml(parallelism, more))).toBe('finished');
  return project(here.data, 'p');
}

describe.each(Object.entries(stages))('%s', (_, more) => {
  it('says the same with 1, 2 and 4 threads', async () => {
    const one = await outcome(1, more);
    expect(one.incidents.length).toBeGreaterThan(3);
    expect(await outcome(2, more)).toEqual(one);
    expect(await outcome(4, more)).toEqual(one);
  });
});
