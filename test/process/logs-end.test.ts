/** The end of a log at which very many sessions are open, with real processes that are killed by `kill -9` between the pieces of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/pipeline/load.ts';
import { openResults } from '../../src/pipeline/logs/results.ts';
import { freePort, start } from '../support/kill.ts';
import { differences, projectLogs, type LogProjection } from '../support/log-oracle.ts';
import { OPEN_YAML, openLog } from '../support/open-log.ts';
import { until } from '../support/program.ts';

const SESSIONS = 50_000;
/** Before and after the history, in the transaction of the ledger, behind it: each commit is one of a piece. */
const KILLS = ['committed:1', 'history-written:1', 'ledger-commit:1', 'spill:1', 'history-write:1', 'ledger-commit:1'];

async function ended(kills: readonly string[]): Promise<LogProjection> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-end-'));
  const [config, data] = [join(folder, 'homeostat.yaml'), join(folder, 'data')];
  const [pipeline] = parseConfig(OPEN_YAML, 'homeostat.yaml').pipelines;
  const results = openResults({ data, pipeline, control: () => Promise.reject(new Error('only read')) });
  try {
    writeFileSync(config, OPEN_YAML);
    writeFileSync(join(folder, 'app.log'), openLog(SESSIONS));
    const port = await freePort();
    for (const at of kills) {
      const life = start(config, port, { HOMEOSTAT_KILL_AT: at });
      expect(await life.exited, `${at}: ${life.output()}`).toEqual([null, 'SIGKILL']);
      if (at === kills[0]) expect(await open()).toBeGreaterThan(SESSIONS / 2);
    }
    const last = start(config, port);
    try {
      await until(async () => ((await open()) === 0 && (await results.overview()).sessionsJudged === SESSIONS ? true : undefined), 'the end', 60_000);
    } finally {
      last.child.kill('SIGTERM');
      await last.exited;
    }
    return await projectLogs(data, OPEN_YAML);
  } finally {
    results.close();
    rmSync(folder, { recursive: true, force: true });
  }

  async function open(): Promise<number> {
    const { sessionsOpen, lines } = await results.overview();
    return lines < 2 * SESSIONS ? Infinity : sessionsOpen;
  }
}

it('is as if it had not been killed, wherever that was between two pieces', async () => {
  const calm = await ended([]);
  expect(calm.overview).toMatchObject({ sessionsOpen: 0, sessionsJudged: SESSIONS, anomalous: SESSIONS / 1000 });
  expect(differences(calm, await ended(KILLS))).toEqual([]);
}, 300_000);
