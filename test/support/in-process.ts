/** A pipeline in this process, on a real ledger and history in a folder of its own, with faults where a test wants them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { History, Ledger } from '../../src/core/contracts.ts';
import { prepare, type Surroundings } from '../../src/pipeline/compose.ts';
import type { PipelineConfig } from '../../src/pipeline/config/index.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { registry } from '../../src/pipeline/registry.ts';
import type { FromEngine } from '../../src/runtime/protocol.ts';
import { Supervisor } from '../../src/runtime/supervisor.ts';
import { openHistory } from '../../src/stores/sqlite/history.ts';
import { openLedger } from '../../src/stores/sqlite/ledger.ts';

export interface Ground {
  folder: string;
  data: string;
  messages: FromEngine[];
  /** Of the last run. */
  supervisor: Supervisor | undefined;
  /** Runs the one pipeline of the configuration until its source ends or `signal` aborts. */
  run(yaml: string, signal?: AbortSignal, change?: (around: Surroundings) => Surroundings): Promise<'finished' | 'stopped' | 'fenced'>;
  remove(): void;
}

export function ground(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-'));
  const data = join(folder, 'data');
  const messages: FromEngine[] = [];
  const made: Ground = {
    folder,
    data,
    messages,
    supervisor: undefined,
    async run(yaml, signal = new AbortController().signal, change = (around) => around) {
      const config = parseConfig(yaml, join(folder, 'homeostat.yaml'));
      const ledger: Ledger = openLedger(data);
      const history: History = openHistory(data, config.history);
      const around = change({
        registry,
        ledger,
        history,
        clock: { now: () => Date.now(), monotonic: () => performance.now(), random: () => 0 },
        folder,
        data,
        parallelism: config.parallelism,
        stageThread: new URL('../../dist/pipeline/stage-thread.js', import.meta.url),
        emit: (message) => messages.push(message),
        interest: () => ({ watched: false, waiting: 0 }),
        onGrowth: () => {},
      });
      try {
        made.supervisor = new Supervisor((changed) => prepare((changed as unknown as PipelineConfig | undefined) ?? config.pipelines[0], around));
        return await made.supervisor.supervise(signal);
      } finally {
        history.close();
        ledger.close();
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return made;
}
