/** The history in Cassandra, against a real node. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { History } from '../../src/core/contracts.ts';
import { HomeostatError } from '../../src/core/errors.ts';
import { openCassandraHistory } from '../../src/stores/cassandra/history.ts';
import { historyChecks } from '../../src/testing/history-suite.ts';
import { cassandraHome } from '../support/cassandra.ts';
import { startService, type Service } from '../support/services/index.ts';

let node: Service;
beforeAll(async () => void (node = await startService('cassandra')));
afterAll(() => node?.stop());

describe('the Cassandra history', () => {
  const home = { open: (): History => openCassandraHistory(cassandraHome(node), '.') };
  const fresh = () => {
    const options = cassandraHome(node);
    return { ...home, open: () => openCassandraHistory(options, '.') };
  };
  for (const check of historyChecks(fresh)) it(check.name, check.run, 60_000);
});
void expect;
void HomeostatError;
