/** Configuration files as the command line reads them: with the options of the server, and what was said beside them. */
import { resolve } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import type { Static } from '../core/schema.ts';
import { readConfigText, type Config, type Registry } from '../pipeline/config/index.ts';
import { loadConfig, parseConfig } from '../pipeline/load.ts';
import { registry as components } from '../pipeline/registry.ts';
import type { ConfigFile } from '../pipeline/settings/in-force.ts';
import { isLoopback, serverOptions } from '../server/options.ts';

/** Every component, and the options of the server. */
export const registry: Registry = { ...components, server: serverOptions };

/** What the command line says in place of the file. */
export interface Overrides {
  data?: string;
  port?: number;
}

/** Reads and validates a file. Throws CONFIG_UNREADABLE, or ConfigErrors with everything that is wrong. */
export async function loadFile(path: string, overrides: Overrides = {}): Promise<Config> {
  return overridden(await loadConfig(path, process.env, registry.server), overrides);
}

/** The same with the file itself, so that what is changed while it runs can be kept there. */
export async function openFile(path: string, overrides: Overrides = {}): Promise<{ config: Config; file: ConfigFile }> {
  const parse = (text: string): Config => overridden(parseConfig(text, path, process.env, registry.server), overrides);
  const text = await readConfigText(path);
  return { config: parse(text), file: { path, text, parse } };
}

export function overridden(config: Config, { data, port }: Overrides): Config {
  return {
    ...config,
    ...(data === undefined ? {} : { data: resolve(data) }),
    ...(port === undefined ? {} : { server: { ...config.server, port } }),
  };
}

/** The `server` section with its type. */
export function serverSection(config: Config): Static<typeof serverOptions> {
  return config.server as Static<typeof serverOptions>;
}

/** Throws SERVER_NEEDS_TOKEN when the server would be open to the network; said before anything is started or written. */
export function refuseOpenServer(config: Config): void {
  const { host, tokens } = serverSection(config);
  if (tokens.length === 0 && !isLoopback(host)) throw new HomeostatError('SERVER_NEEDS_TOKEN', { address: host });
}
