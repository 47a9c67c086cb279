import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../load.ts';
import { registry } from '../registry.ts';
import { configHash, describePlan, printConfig } from './index.ts';
import { ConfigErrors } from './problems.ts';

const parse = (history: string) => parseConfig(`${history}\npipelines: { a: { source: { simulate: {} } } }`, '/data/a.yaml', {});
const complaint = (history: string): string => {
  try {
    parse(history);
  } catch (thrown) {
    if (thrown instanceof ConfigErrors) return thrown.message;
    throw thrown;
  }
  return '';
};

describe('the history', () => {
  it('is in files unless Cassandra is named, and no verdict changes by where it is', () => {
    const [files, cassandra] = [parse('history: { period: 1d }'), parse('history: { cassandra: { contact_points: [10.0.0.1, 10.0.0.2], ttl: 30d } }')];
    expect(files.history.cassandra).toBeUndefined();
    expect(cassandra.history.cassandra).toMatchObject({
      contact_points: ['10.0.0.1', '10.0.0.2'],
      port: 9042,
      consistency: 'local_quorum',
      ttl: 30 * 86_400_000,
    });
    expect(configHash(cassandra.pipelines[0], registry)).toBe(configHash(files.pipelines[0], registry));
    expect(describePlan(cassandra, registry)).toContain('Cassandra at 10.0.0.1, 10.0.0.2 port 9042, keyspace homeostat, local_quorum, kept 30d');
  });

  it('is not told about files where it is in Cassandra', () => {
    expect(complaint('history: { keep: 7d, cassandra: {} }')).toMatch(/history\.keep is about files in the data folder.*history\.cassandra\.ttl/);
    expect(complaint('history: { cassandra: { keyspace: "a b" } }')).toMatch(/history\.cassandra\.keyspace is "a b"/);
  });

  it('never shows the password', () => {
    const printed = printConfig(parse('history: { cassandra: { user: homeostat, password: a-long-secret } }'), registry);
    expect(printed).toContain('user: homeostat');
    expect(printed).not.toContain('a-long-secret');
  });

  it('is configured as its sample says', () => {
    const sample = readFileSync(new URL('../../stores/cassandra/sample.yaml', import.meta.url), 'utf8');
    expect(parseConfig(sample, '/data/a.yaml', {}).history.cassandra).toMatchObject({ keyspace: 'homeostat' });
  });
});
