/** `homeostat run`: everything a configuration file names, until a signal or the end of its sources. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../../core/live.ts';
import { loadFile, type Overrides } from '../config.ts';
import { EXIT } from '../exit.ts';
import { createLog, type Log } from '../log.ts';
import { firstSignal, start } from '../process.ts';
import { reload } from '../reload.ts';
import { coloursFor } from '../terminal.ts';

interface RunOptions extends Overrides {
  once?: boolean;
  server: boolean;
}

/** Answers the exit code. */
export async function run(file: string, options: RunOptions): Promise<number> {
  let config = await loadFile(file, options);
  const log = createLog(config.log, coloursFor(process.stderr as never, process.env));
  const ending = firstSignal();
  const started = await start(config, { log, server: options.server });
  if (started.url) log.info({}, `listening on ${started.url}`);
  const over = new AbortController();
  void sayRecovered(started.running, log, over.signal);
  const onHangUp = (): void => void reload(config, () => loadFile(file, options), started.running, log).then((next) => (config = next));
  process.on('SIGHUP', onHangUp);
  const end = await Promise.race([ending.signal, ...(options.once ? [started.finished.then(() => 'the end of every source')] : [])]);
  over.abort();
  process.off('SIGHUP', onHangUp);
  log.info({}, `stopping after ${end}`);
  await started.stop();
  ending.forget();
  const failed = started.running.pipelines().filter(({ condition }) => condition === 'failed');
  for (const { name } of failed) log.line('error', 'has failed', name);
  log.info({}, 'stopped; the last commit is written');
  return failed.length > 0 ? EXIT.failed : EXIT.ok;
}

/** How often the state of a start is looked at, and for how long, ms. */
const LOOK = 50;
const PATIENCE = 60_000;

/** Says for each pipeline how long it took to go on where it stood. */
async function sayRecovered(running: Running, log: Log, over: AbortSignal): Promise<void> {
  const waiting = new Set(running.pipelines().map(({ name }) => name));
  for (let waited = 0; waiting.size > 0 && waited < PATIENCE && !over.aborted; waited += LOOK) {
    for (const { name, recovery } of running.pipelines()) {
      if (recovery === null || !waiting.delete(name)) continue;
      log.line('info', recovery.checkpoint > 0 ? `recovered in ${recovery.seconds.toFixed(2)} s from checkpoint ${recovery.checkpoint}` : 'begins anew', name);
    }
    await delay(LOOK, undefined, { ref: false });
  }
}
