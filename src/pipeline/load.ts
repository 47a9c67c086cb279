/** Configuration files with every component there is. */
import type { TObject } from '../core/schema.ts';
import { loadConfigWith, parseConfigWith, type Config } from './config/index.ts';
import { registry } from './registry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and validates a file; `server` are the options of that section. Throws CONFIG_UNREADABLE, or ConfigErrors with everything that is wrong. */
export function loadConfig(path: string, env: Environment = process.env, server?: TObject): Promise<Config> {
  return loadConfigWith({ ...registry, server }, path, env);
}

/** Validates the text of a file; `file` names it in messages and says where relative paths start. */
export function parseConfig(text: string, file: string, env: Environment = process.env, server?: TObject): Config {
  return parseConfigWith({ ...registry, server }, text, file, env);
}
