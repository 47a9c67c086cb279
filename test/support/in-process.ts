/** A pipeline in this process, on a real ledger and history in a folder of its own, with faults where a test wants them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlRecord, History, Ledger } from '../../src/core/contracts.ts';
import { prepare, type Surroundings } from '../../src/pipeline/compose.ts';
import { parseConfigWith, type PipelineConfig, type Registry } from '../../src/pipeline/config/index.ts';
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
  run(yaml: string, signal?: AbortSignal, change?: (around: Surroundings) => Surroundings, known?: Registry): Promise<'finished' | 'stopped' | 'fenced'>;
  /** Journals what people said, and tells the run that is under way; waits for one where there is none. */
  control(pipeline: string, record: ControlRecord): Promise<void>;
  remove(): void;
}

export function ground(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-'));
  const data = join(folder, 'data');
  const messages: FromEngine[] = [];
  let running: Ledger | undefined;
  const made: Ground = {
    folder,
    data,
    messages,
    supervisor: undefined,
    async run(yaml, signal = new AbortController().signal, change = (around) => around, known = registry) {
      const config = parseConfigWith(known, yaml, join(folder, 'homeostat.yaml'), process.env);
      const ledger: Ledger = openLedger(data);
      const history: History = openHistory(data, config.history);
      const around = change({
        registry: known,
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
        running = ledger;
        made.supervisor = new Supervisor((changed) => prepare((changed as unknown as PipelineConfig | undefined) ?? config.pipelines[0], around));
        return await made.supervisor.supervise(signal);
      } finally {
        running = undefined;
        history.close();
        ledger.close();
      }
    },
    async control(pipeline, record) {
      while (running === undefined || made.supervisor === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      made.supervisor.control({ sequence: running.appendControl(pipeline, record), pipeline, record });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return made;
}
