/** From the text of a configuration file to a Config, or to everything that is wrong with it. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { pipelineOf, topOf, type Config } from './config.ts';
import type { Environment } from './env.ts';
import type { Keywords } from './keywords.ts';
import { Problems } from './problems.ts';
import { Reader } from './reader.ts';
import type { Registry } from './registry.ts';
import { Resolver } from './resolve.ts';
import { fileSchema, type FileTree, type PipelineTree } from './schema.ts';
import { checkPipeline, checkTop } from './rules.ts';

/** Reads and validates a file. Throws CONFIG_UNREADABLE, or ConfigErrors with all that is wrong. */
export async function loadConfigWith(registry: Registry, path: string, env: Environment): Promise<Config> {
  return parseConfigWith(registry, await readConfigText(path), path, env);
}

const UNREADABLE: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'no right to read it', EISDIR: 'it is a folder' };

/** Throws CONFIG_UNREADABLE. */
export async function readConfigText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const words = UNREADABLE[(thrown as NodeJS.ErrnoException).code ?? ''];
    throw new HomeostatError('CONFIG_UNREADABLE', { file: path, detail: words ?? messageOf(thrown) }, thrown);
  }
}

/** Validates the text of a file; `file` names it in messages and says where relative paths start. */
export function parseConfigWith(registry: Registry, text: string, file: string, env: Environment): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = new Problems(file, lines);
  // What is cut off is missed once by each map or list that it leaves open.
  const said = new Set<string>();
  for (const { message, pos } of document.errors) {
    if (said.size < said.add(`${pos[0]} ${message}`).size) problems.add('CONFIG_SYNTAX', pos[0], { detail: message });
  }
  problems.throwIfAny();
  const folder = dirname(resolve(file));
  const resolver = new Resolver(new Reader(document, env, problems), registry, folder);
  const tree = resolver.value(document.contents, fileSchema(registry) as Keywords, { where: '', offset: 0 });
  problems.throwIfAny();
  const config = configOf(tree as unknown as Tree, file, folder, registry);
  const at = (where: string): number => placeOf(resolver.places, where);
  checkTop(config, problems, at, (path) => resolver.places.has(path));
  for (const pipeline of config.pipelines) {
    checkPipeline(pipeline, registry, problems, at, (path) => resolver.places.has(`pipelines.${pipeline.name}.${path}`));
  }
  problems.throwIfAny();
  return config;
}

type Tree = FileTree & { server: Record<string, JsonValue>; pipelines: Record<string, PipelineTree & { incident: Record<string, JsonValue> }> };

function configOf(tree: Tree, file: string, folder: string, registry: Registry): Config {
  const pipelines = Object.entries(tree.pipelines).map(([name, one]) => pipelineOf(name, one, registry));
  return { file, folder, data: resolve(folder, tree.data), server: tree.server, ...topOf(tree), pipelines };
}

/** Where a path, or the nearest one above it that was written, stands. */
function placeOf(places: ReadonlyMap<string, number>, where: string): number {
  for (let path = where; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.')))) {
    const offset = places.get(path);
    if (offset !== undefined) return offset;
  }
  return 0;
}
