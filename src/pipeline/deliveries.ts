/** Receivers and actions of a pipeline by their target: `webhook#0`. */
import type { Action, Notifier } from '../core/contracts.ts';
import type { ActionHost, NotifierContext } from '../core/schema.ts';
import { pacingOf, type Pacing } from '../incidents/delivery.ts';
import { targetsOf } from './compose.ts';
import { definitionOf, type PipelineConfig, type Registry } from './config/index.ts';

type Log = NotifierContext['log'];

/** `folder`: where relative paths of the options start. */
export function receiversOf(pipeline: PipelineConfig, registry: Registry, folder: string, log: Log): Map<string, Notifier> {
  const create = (target: string, i: number): [string, Notifier] => {
    const { name, options } = pipeline.notify[i];
    return [target, definitionOf(registry, 'notifier', name)!.create(options, { target, folder, log })];
  };
  return new Map(targetsOf(pipeline.notify).map(create));
}

/** How the receivers may be disturbed. */
export function pacingsOf({ notify }: PipelineConfig): Map<string, Pacing> {
  return new Map(targetsOf(notify).map((target, i) => [target, pacingOf(notify[i].options)]));
}

export function actionsOf(pipeline: PipelineConfig, registry: Registry, host: ActionHost): Map<string, Action> {
  const create = (target: string, i: number): [string, Action] => {
    const { name, options } = pipeline.actions[i].run;
    return [`action ${target}`, definitionOf(registry, 'action', name)!.create(options, host)];
  };
  return new Map(targetsOf(pipeline.actions.map(({ run }) => run)).map(create));
}
