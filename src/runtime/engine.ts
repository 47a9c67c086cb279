/** All pipelines of a process in one thread: takes messages, keeps a supervisor per pipeline, drains at the end. */
import type { Ledger } from '../core/contracts.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { FromEngine, Interest, ToEngine } from './protocol.ts';
import type { Supervisor } from './supervisor.ts';

export class Engine {
  interest: Interest = { watched: false, waiting: 0 };
  readonly #ledger: Ledger;
  readonly #emit: (message: FromEngine) => void;
  readonly #close: () => void;
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #stop = new AbortController();
  readonly #grown = new Map<string, () => void>();
  readonly #savepointEvery: number;
  #savepoints: NodeJS.Timeout | undefined;
  #done: Promise<unknown> = Promise.resolve();

  /** `savepointEvery` in ms; `close` ends what the runs wrote to, after the last commit. */
  constructor(ledger: Ledger, emit: (message: FromEngine) => void, savepointEvery: number, close: () => void) {
    this.#ledger = ledger;
    this.#emit = emit;
    this.#savepointEvery = savepointEvery;
    this.#close = close;
  }

  add(supervisor: Supervisor): void {
    this.#supervisors.set(supervisor.pipeline, supervisor);
  }

  /** Starts every pipeline. */
  #go(): void {
    const supervisors = [...this.#supervisors.values()];
    this.#savepoints = setInterval(() => this.#savepoint(), this.#savepointEvery);
    this.#done = Promise.all(
      supervisors.map(async (supervisor) => {
        const { signal } = this.#stop;
        while ((await supervisor.supervise(signal)) === 'finished') {
          this.#emit({ type: 'finished', pipeline: supervisor.pipeline });
          await supervisor.asked(signal);
        }
      }),
    );
  }

  /** Registers what wakes the journal source of a pipeline. */
  onGrowth(pipeline: string, wake: () => void): void {
    this.#grown.set(pipeline, wake);
  }

  handle(message: ToEngine): void {
    switch (message.type) {
      case 'control':
        return this.#control(message);
      case 'outbox-result':
        this.#supervisors.get(message.result.pipeline)?.outboxResult(message.result);
        return;
      case 'journal-grew':
        this.#grown.get(message.pipeline)?.();
        return;
      case 'offer-outbox':
        this.#supervisors.get(message.pipeline)?.offerOutbox();
        return;
      case 'interest':
        this.interest = message.interest;
        return;
      case 'stop':
        void this.stop();
        return;
      case 'go':
        this.#go();
    }
  }

  /** Ends every run after a last commit. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#savepoints);
    await this.#done;
    this.#close();
    this.#emit({ type: 'stopped' });
  }

  /** That a copy cannot be made stops nothing; it is said, and tried again at the next turn. */
  #savepoint(): void {
    try {
      this.#ledger.savepoint();
    } catch (thrown) {
      this.#emit({ type: 'log', level: 'warn', message: `no savepoint: ${messageOf(thrown)}`, pipeline: '' });
    }
  }

  #control({ request, pipeline, record }: Extract<ToEngine, { type: 'control' }>): void {
    try {
      const supervisor = this.#supervisors.get(pipeline);
      if (supervisor === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name: pipeline });
      const sequence = this.#ledger.appendControl(pipeline, record);
      supervisor.control({ sequence, pipeline, record });
      this.#emit({ type: 'control-done', request, sequence });
    } catch (thrown) {
      const code = thrown instanceof HomeostatError ? thrown.code : 'LEDGER_IO';
      this.#emit({ type: 'control-failed', request, code, message: messageOf(thrown) });
    }
  }
}
