/** Where the source cuts its records into batches shows in nothing that is said. */
import { describe, expect, it } from 'vitest';
import { prepared, START, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';

/** Two series that share every time; `b` is anomalous exactly when the quiet of the anomaly before ends. */
function input(): string {
  const lines = ['time,series,value'];
  for (let i = 0; i < 200; i++) {
    lines.push(`${START + i * 1000},a,${100 + (i % 2)}`);
    lines.push(`${START + i * 1000},b,${i > 50 && i % 20 === 0 ? 900 : 100 + (i % 2)}`);
  }
  return `${lines.join('\n')}\n`;
}

const options = (chunk: string): string =>
  yaml({
    source: `{ file: { path: events.csv, chunk: ${chunk} } }`,
    detect: '{ detector: { ema: {} }, threshold: { static: { limit: 5 } }, learn: never }',
    incident: '{ open: 1 of 1, resolve_after: 20s, max_alert_age: 36500d }',
  });

describe('where batches end', () => {
  it('does not decide whether an incident resolves or goes on when its quiet ends at the very time of the next anomaly', async () => {
    const [whole, small] = [prepared(input()), prepared(input())];
    expect(await whole.run(options('1MiB'))).toBe('finished');
    expect(await small.run(options('64B'))).toBe('finished');
    const { incidents, notices } = project(whole.data, 'p', false);
    expect(incidents.length).toBeGreaterThan(0);
    expect(project(small.data, 'p', false)).toMatchObject({ incidents, notices });
  });
});
