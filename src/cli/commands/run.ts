/** `homeostat run`: everything a configuration file names, until a signal or the end of its sources. */
import { openFile, type Overrides } from '../config.ts';
import { EXIT } from '../exit.ts';
import { createLog } from '../log.ts';
import { firstSignal, start } from '../process.ts';
import { reload } from '../reload.ts';
import { coloursFor } from '../terminal.ts';

interface RunOptions extends Overrides {
  once?: boolean;
  server: boolean;
}

/** Answers the exit code. */
export async function run(file: string, options: RunOptions): Promise<number> {
  const { config, file: opened } = await openFile(file, options);
  const log = createLog(config.log, coloursFor(process.stderr, process.env));
  const ending = firstSignal();
  const started = await start(config, { log, server: options.server, file: opened });
  if (started.url) log.info({}, `listening on ${started.url}`);
  const onHangUp = (): void => void reload(started.inForce, log);
  process.on('SIGHUP', onHangUp);
  const end = await Promise.race([ending.signal, ...(options.once ? [started.finished.then(() => 'the end of every source')] : [])]);
  process.off('SIGHUP', onHangUp);
  log.info({}, `stopping after ${end}`);
  await started.stop();
  ending.forget();
  const failed = started.running.pipelines().filter(({ condition }) => condition === 'failed');
  for (const { name } of failed) log.line('error', 'has failed', name);
  log.info({}, 'stopped; the last commit is written');
  return failed.length > 0 ? EXIT.failed : EXIT.ok;
}
