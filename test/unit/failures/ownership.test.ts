/** One owner: whoever lost a pipeline to another is fenced and stops writing. */
import { describe, expect, it } from 'vitest';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { csv, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';

describe('an owner that was replaced while it did not look', () => {
  it('is fenced at its next commit: nothing more is written, it says why, and the new owner ends equal to a run without it', async () => {
    const input = csv(3000);
    const calm = prepared(input);
    await calm.run(yaml());
    const made = prepared(input);
    let commits = 0;
    const tried: number[] = [];
    const zombie = (around: Surroundings): Surroundings => ({
      ...around,
      ledger: overridden(around.ledger, 'commit', (commit) => (record) => {
        // Another process takes the pipeline over, as after a long pause of this one.
        if (++commits === 4) around.ledger.claim('p');
        tried.push(record.checkpoint);
        commit(record);
      }),
    });
    expect(await made.run(yaml(), undefined, zombie)).toBe('fenced');
    expect(tried).toEqual([1, 2, 3, 4]);
    const said = saidOf(made, 'engine').at(-1)!;
    expect(said.condition).toBe('failed');
    expect(said.reason).toMatch(/owned by another process/);
    expect(made.messages.findLast((message) => message.type === 'health')).toMatchObject({ condition: 'failed' });
    expect(await made.run(yaml())).toBe('finished');
    expect(project(made.data, 'p')).toEqual(project(calm.data, 'p'));
  });
});
