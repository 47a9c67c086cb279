/** Processes of an example: started in order, each line of theirs with its name in front, ended by id in reverse order. Plain Node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../scripts/services/process.mjs';

/** A command that the kernel ends together with this process, where that can be had. */
function bound(command, args) {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', 'TERM', '--', command, ...args]];
}

const isRunning = (child) => child.exitCode === null && child.signalCode === null;

export class Processes {
  #started = [];
  #stopping = false;
  #ended;
  /** Resolves with the name and the code of the first process that ends without having been told to. */
  ended = new Promise((resolve) => (this.#ended = resolve));

  /**
   * Starts a program and resolves with what `ready` found in its output, at once when there is nothing to wait for.
   * @param {string} name stands in front of its lines
   * @param {string} command
   * @param {string[]} args
   * @param {{ env?: Record<string, string>, ready?: RegExp, patience?: number, file?: string, terminal?: boolean }} [how]
   *   `file`: its lines go there and not to this terminal; `terminal`: it has this terminal to itself
   */
  async start(name, command, args, { env = {}, ready, patience = 60_000, file, terminal = false } = {}) {
    if (this.#stopping) throw new Error(`${name} is not started any more`);
    const [program, rest] = bound(command, args);
    // In a group of its own, so that Ctrl-C reaches this process alone and the others end in order. Who draws needs the terminal's signals.
    const child = spawn(program, rest, { env: { ...process.env, ...env }, detached: !terminal, stdio: terminal ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    const gone = once(child, 'exit').then(
      ([code, signal]) => code ?? signal,
      (error) => error.message,
    );
    this.#started.push({ child, gone });
    void gone.then((code) => this.#stopping || this.#ended({ name, code }));
    if (terminal) return undefined;
    const found = this.#listen(name, child, ready, file);
    if (ready === undefined) return undefined;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} did not say ${ready} within ${patience / 1000} s`)), patience);
    });
    const over = gone.then((code) => Promise.reject(new Error(`${name} ended while it started (${code})`)));
    return Promise.race([found, late, over]).finally(() => clearTimeout(timer));
  }

  #listen(name, child, ready, file) {
    if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
    const out = file === undefined ? undefined : createWriteStream(file, { flags: 'a' });
    const put = (line) => (out === undefined ? process.stdout.write(`${name.padEnd(9)} | ${line}\n`) : out.write(`${line}\n`));
    return new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          put(line);
          const match = ready?.exec(line);
          if (match) resolve(match);
        });
      }
    });
  }

  /** Process ids of what runs, in the order of the start. */
  get ids() {
    return this.#started.filter(({ child }) => isRunning(child)).map(({ child }) => child.pid);
  }

  /** Ends all, the last one first: SIGTERM, and SIGKILL after `patience` ms. Resolves when they are gone. */
  async stop(patience = 20_000) {
    this.#stopping = true;
    for (const { child, gone } of this.#started.splice(0).toReversed()) {
      if (isRunning(child)) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      await gone;
      clearTimeout(timer);
    }
  }
}
