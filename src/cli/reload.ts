/** SIGHUP: a changed file takes force where it can, and nothing happens where it cannot. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../core/contracts.ts';
import { messageOf } from '../core/errors.ts';
import type { Running } from '../core/live.ts';
import type { Config } from '../pipeline/config/index.ts';
import type { Log } from './log.ts';

/** What only a restart can change. */
function needsRestart(before: Config, after: Config): string[] {
  const reasons: string[] = [];
  for (const key of ['data', 'server', 'parallelism', 'ledger', 'history', 'log'] as const) if (!isDeepStrictEqual(before[key], after[key])) reasons.push(key);
  const names = (config: Config): string[] => config.pipelines.map(({ name }) => name);
  for (const name of names(after)) if (!names(before).includes(name)) reasons.push(`the new pipeline ${name}`);
  for (const name of names(before)) if (!names(after).includes(name)) reasons.push(`the removed pipeline ${name}`);
  for (const pipeline of after.pipelines) {
    const old = before.pipelines.find(({ name }) => name === pipeline.name);
    for (const key of ['notify', 'actions', 'sinks', 'journal'] as const) {
      if (old && !isDeepStrictEqual(old[key], pipeline[key])) reasons.push(`${key} of ${pipeline.name}`);
    }
  }
  return reasons;
}

/** Applies what changed between two configurations; answers the one in force afterwards. */
export async function reload(before: Config, load: () => Promise<Config>, running: Running, log: Log): Promise<Config> {
  let after: Config;
  try {
    after = await load();
  } catch (thrown) {
    log.error({}, `the configuration stays as it was: ${messageOf(thrown)}`);
    return before;
  }
  const reasons = needsRestart(before, after);
  if (reasons.length > 0) {
    log.error({}, `the configuration stays as it was: only a restart can change ${reasons.join(', ')}`);
    return before;
  }
  const changed = after.pipelines.filter(
    (pipeline) =>
      !isDeepStrictEqual(
        pipeline,
        before.pipelines.find(({ name }) => name === pipeline.name),
      ),
  );
  for (const pipeline of changed) {
    // Receivers stay as they are and may hold secrets, which do not belong into a record.
    const { notify: _notify, actions: _actions, sinks: _sinks, ...config } = pipeline;
    await running.control(pipeline.name, { type: 'configure', config: config as unknown as JsonValue, by: 'SIGHUP' });
    log.line('info', 'the changed configuration takes force at the next commit', pipeline.name);
  }
  if (changed.length === 0) log.info({}, 'the configuration has not changed');
  return after;
}
