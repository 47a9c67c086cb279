/** The server's end of the engine thread: starts it, keeps it running, and turns control records into promises. */
import { Worker } from 'node:worker_threads';
import type { ControlRecord } from '../core/contracts.ts';
import { HomeostatError, type ErrorCode } from '../core/errors.ts';
import { backoff } from '../runtime/ports.ts';
import type { FromEngine, ToEngine } from '../runtime/protocol.ts';
import type { Config } from './config/index.ts';

const RESTARTS = 10;

export class EngineLink {
  readonly #entry: URL;
  readonly #config: Config;
  readonly #receive: (message: FromEngine) => void;
  readonly #requests = new Map<number, { resolve(sequence: number): void; reject(reason: Error): void }>();
  #worker: Worker | undefined;
  #next = 1;
  #restarts = 0;
  #stopping: (() => void) | undefined;

  constructor(entry: URL, config: Config, receive: (message: FromEngine) => void) {
    this.#entry = entry;
    this.#config = config;
    this.#receive = receive;
  }

  /** Resolves when the ledger is open and owned. Rejects with the reason why the engine refused to start. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.#entry, { workerData: this.#config });
      this.#worker = worker;
      let ready = false;
      worker.on('message', (message: FromEngine) => {
        if (message.type === 'ready') {
          ready = true;
          resolve();
        } else if (message.type === 'refused') {
          ready = true;
          void worker.terminate();
          this.#worker = undefined;
          reject(Object.assign(new HomeostatError(message.code as ErrorCode), { message: message.message, mend: message.mend }));
        } else this.#take(message);
      });
      worker.on('error', (thrown: Error) => {
        this.#receive({ type: 'log', level: 'error', message: `the engine thread failed: ${thrown.message}`, pipeline: '' });
        if (!ready) reject(thrown);
        else this.#restart();
      });
    });
  }

  post(message: ToEngine): void {
    this.#worker?.postMessage(message);
  }

  control(pipeline: string, record: ControlRecord): Promise<number> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      this.post({ type: 'control', request, pipeline, record });
    });
  }

  /** Asks for the last commit and waits for it, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#stopping = () => {
        clearTimeout(timer);
        resolve();
      };
      this.post({ type: 'stop' });
    });
    await worker.terminate();
    this.#worker = undefined;
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
  #restart(): void {
    for (const { reject } of this.#requests.values()) reject(new HomeostatError('OVERLOADED', { what: 'The engine', limit: 'restarting' }));
    this.#requests.clear();
    if (this.#stopping !== undefined) return this.#stopping();
    if (++this.#restarts > RESTARTS) return;
    setTimeout(() => {
      void this.start().then(
        () => this.post({ type: 'go' }),
        () => this.#restart(),
      );
    }, backoff(this.#restarts, 200, 10_000, Math.random));
  }
}
