/** Threads that share a list of tasks. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import { perform, type Answer, type Task, type WorkKind } from './tasks.ts';

interface Waiting {
  task: Task;
  resolve(answer: unknown): void;
  reject(thrown: Error): void;
}

type Heard = { answer: unknown } | { failed: string };

/** Gives each thread the next task when it has done its last; without threads the tasks are done here, one after another. */
export class Crew {
  readonly #waiting: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();

  constructor(threads: number) {
    for (let i = 0; i < threads; i++) this.#hire();
  }

  /** Rejects with the reason when the task cannot be done. */
  do<K extends WorkKind>(task: Task<K>): Promise<Answer<K>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task: task as Task, resolve, reject });
      if (this.#all.size === 0) this.#here();
      else this.#hand();
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #hire(): void {
    const worker = new Worker(new URL('./accuracy-thread.js', import.meta.url));
    this.#all.add(worker);
    this.#idle.push(worker);
  }

  #here(): void {
    const { task, resolve, reject } = this.#waiting.shift()!;
    try {
      resolve(perform(task));
    } catch (thrown) {
      reject(new Error(messageOf(thrown), { cause: thrown }));
    }
  }

  #hand(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) this.#give(this.#idle.pop()!, this.#waiting.shift()!);
  }

  #give(worker: Worker, { task, resolve, reject }: Waiting): void {
    const hear = (heard: Heard): void => {
      worker.off('error', fail);
      this.#idle.push(worker);
      if ('failed' in heard) reject(new Error(heard.failed));
      else resolve(heard.answer);
      this.#hand();
    };
    // A thread that ends (out of memory, say) is replaced, and its task is not tried again.
    const fail = (thrown: Error): void => {
      this.#all.delete(worker);
      this.#hire();
      reject(thrown);
      this.#hand();
    };
    worker.once('message', hear);
    worker.once('error', fail);
    worker.postMessage(task);
  }
}
