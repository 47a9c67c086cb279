/** One server as a process: configured, started, waited for, ended. Used by the command (servers that stay) and by tests (servers that end with the test). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { certificates } from './certificates.mjs';
import { ServiceFailure } from './failure.mjs';
import { findProgram, startOf } from './process.mjs';

const host = '127.0.0.1';

/** The end of a text file, at most so many bytes. */
export function endOf(file, bytes = 1 << 20) {
  if (!existsSync(file)) return '';
  const size = statSync(file).size;
  return readFileSync(file)
    .subarray(Math.max(0, size - bytes))
    .toString();
}

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');

/** A command that the kernel kills together with this process, where that can be had. */
function bound(command, args) {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]];
}

export class Server {
  #child;
  #exited;
  #greeted = false;

  /**
   * @param {import('./types.d.mts').Kind} kind
   * @param {{ folder: string, ports: number[], options?: import('./types.d.mts').ServiceOptions, stays?: boolean, spawned?: () => void }} how
   *   `stays`: it goes on when this process ends; `spawned`: called when there is a process, before it answers
   */
  constructor(kind, { folder, ports, options = {}, stays = false, spawned = () => {} }) {
    this.kind = kind;
    this.folder = folder;
    this.ports = ports;
    this.options = options;
    this.stays = stays;
    this.spawned = spawned;
    this.logFile = join(folder, 'log');
  }

  get pid() {
    return this.#child?.pid;
  }

  /** When the process began, to recognise it later. */
  get start() {
    return startOf(this.pid);
  }

  get running() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @returns {import('./types.d.mts').Address} */
  get address() {
    const server = { host, port: this.ports[0], ports: this.ports, ca: this.options.tls ? join(this.folder, 'ca.pem') : undefined };
    return { ...server, url: this.kind.url(server) };
  }

  log() {
    return endOf(this.logFile);
  }

  /** Starts the process and resolves when the server answers; the process is ended when it does not. */
  async up() {
    mkdirSync(this.folder, { recursive: true });
    const { folder, ports, options } = this;
    const tls = options.tls ? await certificates(folder) : undefined;
    const { command, args } = await this.kind.prepare({ folder, ports, options, tls, say: options.say ?? (() => {}) });
    const output = openSync(this.logFile, 'a', 0o600);
    const [program, rest] = this.stays ? [command, args] : bound(command, args);
    try {
      this.#child = spawn(program, rest, { cwd: folder, detached: true, stdio: ['ignore', output, output] });
    } finally {
      closeSync(output);
    }
    this.#exited = once(this.#child, 'exit').catch((error) => [error]);
    this.#child.unref();
    if (this.#child.pid !== undefined) this.spawned();
    await this.#answers().catch(async (error) => {
      await this.kill();
      throw error;
    });
  }

  async #answers() {
    const child = this.#child;
    const end = Date.now() + this.kind.patience;
    for (let why = 'it was not asked'; ; await wait(50)) {
      if (!this.running)
        throw new ServiceFailure(`${this.kind.kind} ended while it started (${child.signalCode ?? child.exitCode}):\n${lastLines(this.log(), 15)}`);
      if (Date.now() > end)
        throw new ServiceFailure(`${this.kind.kind} did not answer within ${this.kind.patience / 1000} s (${why}):\n${lastLines(this.log(), 15)}`);
      const asked = await this.kind.ask(this.address).then(
        () => undefined,
        (error) => error,
      );
      if (asked === undefined) break;
      why = asked.message;
    }
    if (this.#greeted) return;
    await this.kind.firstReady?.(this.address, this.options);
    this.#greeted = true;
  }

  signal(name) {
    if (this.running) this.#child.kill(name);
  }

  /** While it is waited for, it keeps this process alive; otherwise it does not. */
  async #gone() {
    this.#child?.ref();
    await this.#exited;
    this.#child?.unref();
  }

  /** SIGKILL, awaited. */
  async kill() {
    this.signal('SIGKILL');
    await this.#gone();
  }

  /** SIGTERM, awaited; SIGKILL after `patience` ms. */
  async terminate(patience = 30_000) {
    if (!this.running) return;
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const timer = setTimeout(() => this.signal('SIGKILL'), patience);
    await this.#gone();
    clearTimeout(timer);
  }
}
