/** `homeostat validate`: fields, plan, and what can be reached. */
import { messageOf } from '../../core/errors.ts';
import type { Reached } from '../../core/schema.ts';
import { definitionOf, describePlan, printConfig, type Component, type Config } from '../../pipeline/config/index.ts';
import { reachHistory } from '../../pipeline/maintenance.ts';
import { loadFile, refuseOpenServer, registry } from '../config.ts';
import { EXIT } from '../exit.ts';
import { coloursFor } from '../terminal.ts';
import { count } from '../text.ts';

interface ValidateOptions {
  plan?: boolean;
  live?: boolean;
  print?: boolean;
  json?: boolean;
}

interface LivePart {
  pipeline: string;
  part: string;
  ok: boolean;
  detail: string;
  /** What should be mended though it works. */
  warning?: string;
}

/** Answers the exit code: 78 (thrown) for a wrong file, 1 when something cannot be reached. */
export async function validate(file: string, options: ValidateOptions): Promise<number> {
  const config = await loadFile(file);
  refuseOpenServer(config);
  const reached = options.live ? await reach(config) : [];
  const failed = reached.filter(({ ok }) => !ok).length;
  if (options.json) {
    const pipelines = config.pipelines.map(({ name }) => name);
    process.stdout.write(
      `${JSON.stringify({ file, ok: failed === 0, pipelines, ...(options.plan ? { plan: describePlan(config, registry) } : {}), ...(options.live ? { reached } : {}) })}\n`,
    );
  } else {
    const colours = coloursFor(process.stdout, process.env);
    if (options.print) process.stdout.write(printConfig(config, registry));
    if (options.plan) process.stdout.write(describePlan(config, registry));
    for (const { pipeline, part, ok, detail, warning } of reached) {
      process.stdout.write(`${ok ? colours.green('ok  ') : colours.red('fail')} ${pipeline} ${part}: ${detail}\n`);
      if (warning !== undefined) process.stdout.write(`${colours.yellow('warn')} ${pipeline} ${part}: ${warning}\n`);
    }
    process.stderr.write(`${file} is valid: ${count(config.pipelines.length, 'pipeline')}\n`);
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

/** Longest time that one part may take to be reached, ms. */
const PATIENCE = 10_000;

interface Reachable {
  pipeline: string;
  part: string;
  reach: (() => Promise<Reached>) | undefined;
}

/** Every source, sink and receiver, and the history. */
function partsOf(config: Config): Reachable[] {
  const { pipelines, folder } = config;
  const history = reachHistory(config);
  const stores: Reachable[] = history === undefined ? [] : [{ pipeline: 'all', part: 'history cassandra', reach: history }];
  const parts = pipelines.flatMap(({ name: pipeline, source, sinks, notify }) => {
    const part = (kind: 'source' | 'sink' | 'notifier', { name, options }: Component, suffix = ''): Reachable => {
      const definition = definitionOf(registry, kind, name)!;
      const reach = 'reach' in definition ? definition.reach : undefined;
      return { pipeline, part: `${kind === 'notifier' ? 'receiver' : kind} ${name}${suffix}`, reach: reach && (() => reach(options, { pipeline, folder })) };
    };
    return [
      part('source', source),
      ...sinks.map((sink, i) => part('sink', sink, `#${i}`)),
      ...notify.map((notifier, i) => part('notifier', notifier, `#${i}`)),
    ];
  });
  return [...stores, ...parts];
}

/** Asks every part that can tell. */
async function reach(config: Config): Promise<LivePart[]> {
  const checks = partsOf(config).map(async ({ pipeline, part, reach: ask }): Promise<LivePart> => {
    if (ask === undefined) return { pipeline, part, ok: true, detail: 'needs nothing beyond this process' };
    try {
      const reached = await within(ask(), PATIENCE);
      return { pipeline, part, ok: true, ...(typeof reached === 'string' ? { detail: reached } : { detail: reached.found, warning: reached.warning }) };
    } catch (thrown) {
      return { pipeline, part, ok: false, detail: messageOf(thrown) };
    }
  });
  return Promise.all(checks);
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
