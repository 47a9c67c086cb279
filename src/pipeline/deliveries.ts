/** Receivers and actions of a pipeline by their target: `webhook#0`. */
import type { Action, Notifier } from '../core/contracts.ts';
import type { ActionHost } from '../core/schema.ts';
import { targetsOf } from './compose.ts';
import { definitionOf, type PipelineConfig, type Registry } from './config/index.ts';

export function deliveriesOf(
  pipeline: PipelineConfig,
  registry: Registry,
  host: ActionHost,
  log: (level: 'info' | 'warn', message: string) => void,
): Map<string, Notifier | Action> {
  const found = new Map<string, Notifier | Action>();
  targetsOf(pipeline.notify).forEach((target, i) => {
    const { name, options } = pipeline.notify[i];
    found.set(target, definitionOf(registry, 'notifier', name)!.create(options, { target, log }));
  });
  targetsOf(pipeline.actions.map(({ run }) => run)).forEach((target, i) => {
    const { name, options } = pipeline.actions[i].run;
    found.set(`action ${target}`, definitionOf(registry, 'action', name)!.create(options, host));
  });
  return found;
}
