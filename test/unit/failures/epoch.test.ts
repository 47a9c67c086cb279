/** A change of configuration is a committed epoch; which options keep what the detector learnt is the table of docs/guides/operations.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/contracts.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { parseConfig } from '../../../src/pipeline/load.ts';
import { ledgerPath } from '../../../src/stores/sqlite/ledger.ts';
import { csv, lastStatus, prepared, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

const HALF = 450;
const source = '{ file: { path: events.csv, follow: true, poll: 10ms } }';
const before = { source, detect: '{ detector: { ema: { span: 20 } }, threshold: { sigma: { k: 3 } } }' };

/** Configurations of the second half by what of the first they change, and whether the series warm up again. */
const changes: [what: string, more: Record<string, string>, warmsUp: boolean][] = [
  ['detect.learn', { detect: '{ detector: { ema: { span: 20 } }, threshold: { sigma: { k: 3 } }, learn: never }' }, false],
  ['incident', { incident: '{ open: 3 of 3, resolve_after: 1m, max_alert_age: 36500d }' }, false],
  ['order', { order: '{ allowed_lateness: 1s, idle: 50ms }' }, false],
  ['labels', { labels: '{ site: berlin }' }, false],
  ['store', { store: 'anomalies' }, false],
  ['rollup', { rollup: '5m' }, false],
  ['detect.detector', { detect: '{ detector: { ema: { span: 30 } }, threshold: { sigma: { k: 3 } } }' }, true],
  ['detect.threshold', { detect: '{ detector: { ema: { span: 20 } }, threshold: { sigma: { k: 4 } } }' }, true],
  ['aggregate', { aggregate: '{ every: 2s, function: mean }', order: '{ idle: 50ms }' }, true],
];

const verdictsOf = (made: Ground): Verdict[] => project(made.data, 'p').verdicts.map((text) => JSON.parse(text) as Verdict);

/** Newest control record that a commit holds. */
function appliedUpTo(made: Ground): number {
  const db = new DatabaseSync(ledgerPath(made.data), { readOnly: true });
  try {
    return (db.prepare('select control from pipelines').get() as { control: number }).control;
  } finally {
    db.close();
  }
}

async function read(made: Ground, records: number): Promise<void> {
  await until(
    async () =>
      made.messages.some((message) => message.type === 'status' && message.status.counts.records >= records && message.status.queues[1].used === 0)
        ? true
        : undefined,
    `${records} records`,
  );
}

describe('a configuration that changes while the pipeline runs', () => {
  it.each(changes)('%s: takes force at a commit, with an epoch', async (_, more, warmsUp) => {
    const lines = csv(2 * HALF)
      .trimEnd()
      .split('\n');
    const made = prepared(`${lines.slice(0, HALF + 1).join('\n')}\n`);
    const path = join(made.folder, 'events.csv');
    const stop = new AbortController();
    let append: (pipeline: string, record: { type: 'configure'; config: JsonValue; by: string }) => number = () => 0;
    const running = made.run(yaml(before), stop.signal, (around) => {
      append = (pipeline, record) => around.ledger.appendControl(pipeline, record);
      return around;
    });
    await read(made, HALF);
    const first = lastStatus(made);
    const config = parseConfig(yaml({ ...before, ...more }), join(made.folder, 'homeostat.yaml')).pipelines[0] as unknown as JsonValue;
    const record = { type: 'configure' as const, config, by: 'me' };
    const sequence = append('p', record);
    made.supervisor!.control({ sequence, pipeline: 'p', record });
    await until(async () => (appliedUpTo(made) >= sequence ? true : undefined), 'the configuration is taken');
    writeFileSync(path, `${lines.slice(HALF + 1).join('\n')}\n`, { flag: 'a' });
    await read(made, 2 * HALF);
    stop.abort();
    expect(await running).toBe('stopped');
    const second = lastStatus(made);
    expect(second.counts).toMatchObject({ records: 2 * HALF, events: 2 * HALF });
    const stored = 'store' in more || 'rollup' in more;
    // Storage changes no output, so it is no new epoch.
    expect(second.config !== first.config).toBe(!stored);
    expect(second.epoch > first.epoch).toBe(!stored);
    const after = verdictsOf(made).filter(
      (verdict) => (stored ? Date.parse(verdict.time) >= Number(lines[HALF + 1].split(',')[0]) : verdict.config === second.config) && !verdict.late,
    );
    expect(after.length).toBeGreaterThan(0);
    expect(after.some(({ score }) => score === null)).toBe(warmsUp);
  });
});

describe('a configuration that changes between two runs', () => {
  it('is an epoch at the first commit; the rows before keep the hash of the one that made them', async () => {
    const lines = csv(2 * HALF)
      .trimEnd()
      .split('\n');
    const made = prepared(`${lines.slice(0, HALF + 1).join('\n')}\n`);
    const changed = { ...before, detect: '{ detector: { ema: { span: 30 } }, threshold: { sigma: { k: 3 } } }' };
    for (const [options, records] of [
      [before, HALF],
      [changed, 2 * HALF],
    ] as const) {
      const stop = new AbortController();
      const running = made.run(yaml(options), stop.signal);
      await read(made, records);
      stop.abort();
      await running;
      writeFileSync(join(made.folder, 'events.csv'), `${lines.join('\n')}\n`);
    }
    const hashes = new Map<string, number>();
    for (const { config } of verdictsOf(made)) hashes.set(config, (hashes.get(config) ?? 0) + 1);
    expect([...hashes.values()]).toEqual([HALF, HALF]);
  });
});

describe('docs/guides/operations.md', () => {
  it('says of every option tried here whether it keeps what was learnt', () => {
    const text = readFileSync('docs/guides/operations.md', 'utf8');
    const table = text.slice(text.indexOf('## Changing a configuration'));
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    for (const [what, , warmsUp] of changes) {
      const line = rows.find((each) => each.split('|')[1].includes(`\`${what}\``));
      expect(line, what).toContain(warmsUp ? 'warms up again' : 'is kept');
    }
  });
});
