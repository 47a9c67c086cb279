/** SIGHUP: a changed file takes force where it can, and nothing happens where it cannot. */
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../core/errors.ts';
import { definitionOf, type Config, type PipelineConfig } from '../pipeline/config/index.ts';
import { holdsSecrets } from '../pipeline/config/keywords.ts';
import type { InForce } from '../pipeline/settings/in-force.ts';
import { registry } from './config.ts';
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
    if (old && !isDeepStrictEqual(old.source, pipeline.source) && isSecret(pipeline)) reasons.push(`the source of ${pipeline.name}, which holds a secret`);
  }
  return reasons;
}

/** A changed source travels in a record that is kept, where no secret belongs. */
function isSecret({ source: { name, options } }: PipelineConfig): boolean {
  return holdsSecrets(options, definitionOf(registry, 'source', name)!.options);
}

/** Reads the file anew and applies what changed; what is in force already, also by the settings, is not applied again. */
export function reload(inForce: InForce, log: Log): Promise<void> {
  return inForce.alone(async () => {
    try {
      const text = await inForce.read();
      const after = inForce.file!.parse(text);
      const reasons = needsRestart(inForce.config, after);
      if (reasons.length > 0) return log.error({}, `the configuration stays as it was: only a restart can change ${reasons.join(', ')}`);
      const changed = await inForce.take(after, text, 'SIGHUP');
      for (const { name } of changed) log.line('info', 'the changed configuration takes force at the next commit', name);
      if (changed.length === 0) log.info({}, 'the configuration has not changed');
    } catch (thrown) {
      log.error({}, `the configuration stays as it was: ${messageOf(thrown)}`);
    }
  });
}
