/** Entry of the engine thread: takes the configuration as its first message, opens ledger and history, prepares every pipeline, and waits for `go`. */
import { parentPort } from 'node:worker_threads';
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { JsonValue } from '../core/contracts.ts';
import { Engine } from '../runtime/engine.ts';
import { systemClock } from '../runtime/ports.ts';
import type { FromEngine, ToEngine } from '../runtime/protocol.ts';
import { Supervisor } from '../runtime/supervisor.ts';
import { openHistory } from '../stores/index.ts';
import { openLedger } from '../stores/sqlite/ledger.ts';
import { prepare, type Surroundings } from './compose.ts';
import type { Config, PipelineConfig } from './config/index.ts';
import { registry } from './registry.ts';

const port = parentPort!;
const emit = (message: FromEngine): void => port.postMessage(message);

function open(config: Config): void {
  const ledger = openLedger(config.data, { synchronous: config.ledger.synchronous });
  const history = openHistory(config);
  const engine = new Engine(ledger, emit, config.ledger.savepointEvery, () => {
    history.close();
    ledger.close();
  });
  const around: Surroundings = {
    registry,
    ledger,
    history,
    clock: systemClock,
    folder: config.folder,
    data: config.data,
    parallelism: config.parallelism,
    stageThread: new URL('./stage-thread.js', import.meta.url),
    emit,
    interest: () => engine.interest,
    onGrowth: (pipeline, wake) => engine.onGrowth(pipeline, wake),
  };
  for (const pipeline of config.pipelines) {
    const { notify, actions, sinks } = pipeline;
    let { source } = pipeline;
    // Only a restart changes receivers, so a changed configuration comes without them, and without a source that stays.
    const inForce = (changed?: JsonValue): PipelineConfig => {
      if (changed === undefined) return pipeline;
      const config = { source, ...(changed as unknown as Omit<PipelineConfig, 'source'>), notify, actions, sinks };
      source = config.source;
      return config;
    };
    // What was asked for before the file was read is in the file, or was changed there since.
    const configuredUpTo = ledger.controls(pipeline.name, 0).at(-1)?.sequence ?? 0;
    engine.add(
      new Supervisor((changed?: JsonValue) => {
        const { plan, parts } = prepare(inForce(changed), around);
        return { plan, parts: { ...parts, configuredUpTo } };
      }),
    );
  }
  port.on('message', (message: ToEngine) => engine.handle(message));
  emit({ type: 'ready' });
}

port.once('message', (config: Config) => {
  try {
    open(config);
  } catch (thrown) {
    const { code, means, mend } = thrown instanceof HomeostatError ? thrown : { code: 'LEDGER_IO', means: '', mend: '' };
    emit({ type: 'refused', code, message: messageOf(thrown), means, mend });
  }
});
