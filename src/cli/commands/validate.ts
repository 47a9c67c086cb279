/** `homeostat validate`: fields, plan, and what can be reached. */
import { messageOf } from '../../core/errors.ts';
import { definitionOf, describePlan, printConfig, type Config } from '../../pipeline/config/index.ts';
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

interface Reached {
  pipeline: string;
  part: string;
  ok: boolean;
  detail: string;
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
    for (const { pipeline, part, ok, detail } of reached)
      process.stdout.write(`${ok ? colours.green('ok  ') : colours.red('fail')} ${pipeline} ${part}: ${detail}\n`);
    process.stderr.write(`${file} is valid: ${count(config.pipelines.length, 'pipeline')}\n`);
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

/** Longest time that one part may take to be reached, ms. */
const PATIENCE = 10_000;

/** Asks every source that can tell. */
async function reach(config: Config): Promise<Reached[]> {
  const checks = config.pipelines.map(async ({ name, source }): Promise<Reached> => {
    const definition = definitionOf(registry, 'source', source.name)!;
    const result = { pipeline: name, part: `source ${source.name}` };
    if (!('reach' in definition) || !definition.reach) return { ...result, ok: true, detail: 'needs nothing beyond this process' };
    try {
      return { ...result, ok: true, detail: await within(definition.reach(source.options, { folder: config.folder }), PATIENCE) };
    } catch (thrown) {
      return { ...result, ok: false, detail: messageOf(thrown) };
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
