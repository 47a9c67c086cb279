/** A running process from the outside: engine and server up, signals, drain, end. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { HomeostatError } from '../core/errors.ts';
import type { Running } from '../core/live.ts';
import type { Config } from '../pipeline/config/index.ts';
import { startHomeostat } from '../pipeline/host.ts';
import type { ConfigFile, InForce } from '../pipeline/settings/in-force.ts';
import { tryToListen } from '../server/listening.ts';
import type { startServer, Token } from '../server/server.ts';
import { refuseOpenServer, serverSection } from './config.ts';
import type { Log } from './log.ts';
import { version } from './version.ts';

export interface StartOptions {
  log: Log;
  /** False: engine only. */
  server: boolean;
  /** Take a free port when the one of the configuration is taken, and say so through this. */
  onPortTaken?: (port: number) => void;
  /** Where the configuration came from; without it no settings can be changed. */
  file?: ConfigFile;
}

export interface Started {
  running: Running;
  /** The configuration in force. */
  inForce: InForce;
  /** Undefined without a server. */
  url: string | undefined;
  /** Every source has ended and all is committed. */
  finished: Promise<void>;
  /** Ends pushes and requests, then takes the last commit; bounded. */
  stop(): Promise<void>;
}

/** Starts engine and server. Throws what either refuses: LEDGER_*, JOURNAL_DAMAGED, SERVER_*. */
export async function start(config: Config, options: StartOptions): Promise<Started> {
  const { log } = options;
  const port = options.server ? await portOf(config, options) : 0;
  // Loaded while the engine thread starts: what was read before a crash goes on as soon as it can.
  const loading = options.server ? import('../server/server.ts') : undefined;
  const started = await startHomeostat(config, {
    log: (level, message, pipeline) => log.line(level, message, pipeline),
    ...(options.file === undefined ? {} : { file: options.file }),
  });
  const { running, inForce } = started;
  if (loading === undefined) return { running, inForce, url: undefined, finished: started.finished, stop: () => started.stop() };
  try {
    const server = await serve((await loading).startServer, running, config, port, log);
    const stop = async (): Promise<void> => {
      await server.close();
      await started.stop();
    };
    return { running, inForce, url: server.url, finished: started.finished, stop };
  } catch (thrown) {
    await started.stop();
    throw thrown;
  }
}

/**
 * The port to listen on, tried before anything is recovered or written: 0 (a free one) where that of the configuration is
 * taken and `onPortTaken` hears of it. Throws SERVER_NEEDS_TOKEN, SERVER_PORT_TAKEN, SERVER_CANNOT_LISTEN.
 */
async function portOf(config: Config, { onPortTaken }: StartOptions): Promise<number> {
  refuseOpenServer(config);
  const { host, port } = serverSection(config);
  try {
    await tryToListen(host, port);
    return port;
  } catch (thrown) {
    const taken = thrown instanceof HomeostatError && thrown.code === 'SERVER_PORT_TAKEN';
    if (!taken || onPortTaken === undefined) throw thrown;
    onPortTaken(port);
    return 0;
  }
}

function serve(listen: typeof startServer, running: Running, config: Config, port: number, log: Log): ReturnType<typeof startServer> {
  const { host, port: _, tokens, names, ...limits } = serverSection(config);
  const web = fileURLToPath(new URL('../web/', import.meta.url));
  return listen(running, { host, port, tokens: tokens as Token[], names, version, log, limits, ...(existsSync(web) ? { web } : {}) });
}

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
export function firstSignal(): { signal: Promise<NodeJS.Signals>; forget(): void } {
  let seen = false;
  let resolve: (signal: NodeJS.Signals) => void = () => {};
  const signal = new Promise<NodeJS.Signals>((resolved) => (resolve = resolved));
  const take = (name: NodeJS.Signals): void => {
    if (seen) process.exit(128 + constants.signals[name]);
    seen = true;
    resolve(name);
  };
  process.on('SIGTERM', take).on('SIGINT', take);
  return { signal, forget: () => void process.off('SIGTERM', take).off('SIGINT', take) };
}
