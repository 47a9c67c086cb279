/** What every example's `run` does: build when needed, find or start servers, go on until Ctrl-C, and leave nothing behind. Plain Node. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { at } from '../../scripts/lib/project.mjs';
import { existing, fromVariables, shownUrl } from '../../scripts/services/existing.mjs';
import { ServiceFailure } from '../../scripts/services/failure.mjs';
import { kinds } from '../../scripts/services/kinds/index.mjs';
import { startService } from '../../scripts/services/start.mjs';
import { Processes } from './processes.mjs';

/** The program. */
export const homeostat = at('dist', 'cli', 'main.js');

/** Installs and builds what is not up to date. */
export function ensureBuilt() {
  const { status } = spawnSync(process.execPath, [at('scripts', 'ensure.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new ServiceFailure('Homeostat could not be built');
}

/** Puts what `.env` of the project says into the environment; what is there already stays, also when it is empty. */
export function readEnv() {
  if (existsSync(at('.env'))) process.loadEnvFile(at('.env'));
}

/**
 * The variables of a server: of the one that the environment names, once it has answered, or of a fresh one.
 * @param {import('../../scripts/services/types.d.mts').ServiceKind} kind
 * @param {(() => Promise<void>)[]} closing gets what stops it
 * @returns {Promise<Record<string, string>>}
 */
export async function server(kind, closing, options = {}) {
  const named = fromVariables(kind, process.env);
  if (named !== undefined) {
    await kinds[kind].ask({ patience: 5000, ...existing(kind, named) }).catch((error) => {
      throw new ServiceFailure(`${kind} at ${shownUrl(named)} does not answer (${error.message}): start it, or take its line out of .env or the environment`);
    });
    console.log(`${kind}: the one at ${shownUrl(named)}`);
    return kinds[kind].settings({ ...existing(kind, named), url: named });
  }
  const service = await startService(kind, options);
  closing.push(() => service.stop());
  console.log(`${kind}: started at ${service.url}`);
  return service.settings;
}

/** Resolves with a reason when a signal comes, or the time is over. A second signal ends at once. */
function ending(seconds) {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
    if (seconds !== undefined) setTimeout(() => resolve('time'), seconds * 1000).unref();
  });
}

/**
 * Runs an example to its end: `work` starts what it needs, and is over when that runs; when it answers true, so is the example. Ends with code 1 when a process ends by itself.
 * @param {{ seconds?: number, work: (how: { processes: Processes, closing: (() => Promise<void>)[] }) => Promise<true | void> }} how
 */
export async function runExample({ seconds, work }) {
  const processes = new Processes();
  const closing = [];
  const end = ending(seconds);
  const fell = processes.ended.then(({ name, code }) => {
    throw new Error(`${name} has ended (${code})`);
  });
  try {
    await Promise.race([work({ processes, closing }).then((over) => over === true || end), end, fell]);
  } catch (error) {
    console.error(error instanceof ServiceFailure ? error.message : `run: ${error.message}`);
    process.exitCode = error.exitCode ?? 1;
  } finally {
    await processes.stop();
    for (const close of closing.toReversed()) await close();
  }
  // What was still being started when the end came has nobody who waits for it.
  process.exit();
}
