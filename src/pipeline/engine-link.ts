/** The server's end of the engine thread: starts it, keeps it running, and turns control records into promises. */
import type { Worker } from 'node:worker_threads';
import type { PartHealth } from '../core/api.ts';
import type { ControlRecord } from '../core/contracts.ts';
import { HomeostatError, messageOf, type ErrorCode } from '../core/errors.ts';
import { backoff } from '../runtime/ports.ts';
import type { FromEngine, ToEngine } from '../runtime/protocol.ts';
import { engineWorker } from './engine-worker.ts';
import type { Config } from './config/index.ts';

/** More restarts than this in a row, and the engine has failed; it is tried again all the same, after so long (ms). */
const RESTARTS = 10;
const COOL_OFF = 300_000;
/** An engine that lived so long counts as healthy, ms. */
const HEALTHY_AFTER = 30_000;

export class EngineLink {
  readonly #entry: URL | undefined;
  #config: Config;
  readonly #receive: (message: FromEngine) => void;
  readonly #requests = new Map<number, { resolve(sequence: number): void; reject(reason: Error): void }>();
  #worker: Worker | undefined;
  #next = 1;
  #restarts = 0;
  #startedAt = 0;
  #isStopping = false;
  #restarting: NodeJS.Timeout | undefined;
  #stopping: (() => void) | undefined;

  /** `entry`: another program than the built one. */
  constructor(entry: URL | undefined, config: Config, receive: (message: FromEngine) => void) {
    this.#entry = entry;
    this.#config = config;
    this.#receive = receive;
  }

  /** Resolves when the ledger is open and owned. Rejects with the reason why the engine refused to start. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = engineWorker(this.#entry);
      worker.postMessage(this.#config);
      this.#worker = worker;
      this.#startedAt = performance.now();
      let ready = false;
      let failure = '';
      worker.on('message', (message: FromEngine) => {
        if (message.type === 'ready') {
          ready = true;
          resolve();
        } else if (message.type === 'refused') {
          this.#worker = undefined;
          void worker.terminate();
          reject(Object.assign(new HomeostatError(message.code as ErrorCode), { message: message.message, mend: message.mend }));
        } else this.#take(message);
      });
      worker.on('error', (thrown: Error) => (failure = messageOf(thrown)));
      // Also where a thread ends without an error: it is never meant to end by itself.
      worker.on('exit', (code) => {
        if (this.#worker !== worker) return;
        this.#worker = undefined;
        const reason = `the engine thread failed: ${failure || `it ended with code ${code}`}`;
        this.#receive({ type: 'log', level: 'error', message: reason, pipeline: '' });
        if (ready) this.#restart(reason);
        else reject(new Error(reason));
      });
    });
  }

  /** What a thread that takes the place of a dead one begins with. */
  adopt(config: Config): void {
    this.#config = config;
  }

  post(message: ToEngine): void {
    this.#worker?.postMessage(message);
  }

  control(pipeline: string, record: ControlRecord): Promise<number> {
    if (this.#worker === undefined) return Promise.reject(restarting());
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      this.post({ type: 'control', request, pipeline, record });
    });
  }

  /** Asks for the last commit and waits for it, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const worker = this.#worker;
    this.#isStopping = true;
    clearTimeout(this.#restarting);
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#stopping = () => {
        clearTimeout(timer);
        resolve();
      };
      this.post({ type: 'stop' });
    });
    this.#worker = undefined;
    await worker.terminate();
  }

  #take(message: FromEngine): void {
    if (message.type === 'stopped') return this.#stopping?.();
    if (message.type !== 'control-done' && message.type !== 'control-failed') return this.#receive(message);
    const request = this.#requests.get(message.request);
    this.#requests.delete(message.request);
    if (message.type === 'control-done') request?.resolve(message.sequence);
    else request?.reject(Object.assign(new HomeostatError(message.code as ErrorCode), { message: message.message }));
  }

  /** A thread that died is replaced; it recovers from the last commit as a process would. */
  #restart(reason: string): void {
    for (const { reject } of this.#requests.values()) reject(restarting());
    this.#requests.clear();
    if (this.#isStopping) return this.#stopping?.();
    if (performance.now() - this.#startedAt > HEALTHY_AFTER) this.#restarts = 0;
    const over = ++this.#restarts > RESTARTS;
    const delay = over ? COOL_OFF : backoff(this.#restarts, 200, 10_000, Math.random);
    this.#lost(`${reason} (next attempt in ${Math.round(delay)} ms)`, over);
    this.#restarting = setTimeout(() => {
      void this.start().then(
        () => this.post({ type: 'go' }),
        (thrown: unknown) => this.#restart(messageOf(thrown)),
      );
    }, delay);
  }

  /** Every pipeline waits for its engine. */
  #lost(reason: string, over: boolean): void {
    const condition = over ? 'failed' : 'degraded';
    const parts: PartHealth[] = [{ part: 'engine', condition, reason, since: Date.now() }];
    for (const { name } of this.#config.pipelines) this.#receive({ type: 'health', pipeline: name, condition, parts });
  }
}

function restarting(): HomeostatError {
  return new HomeostatError('OVERLOADED', { what: 'The engine', limit: 'restarting' });
}
