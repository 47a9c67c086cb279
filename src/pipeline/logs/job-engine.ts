/** One job while it is worked on: an engine thread of its own over the job's folder. */
import type { PipelineStatus } from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { FromEngine } from '../../runtime/protocol.ts';
import type { Config } from '../config/index.ts';
import { EngineLink } from '../engine-link.ts';

/**
 * Longest wait for an engine that was told to stop, ms. Long, because a thread that is ended by force in the middle of a write to
 * the disk takes the whole process with it; whoever cannot wait goes on without.
 */
const PATIENCE = 600_000;

export interface JobEngineEvents {
  status(status: PipelineStatus): void;
  /** Everything is read and committed. */
  finished(): void;
  /** It goes on no more by itself. */
  failed(reason: string): void;
}

export class JobEngine {
  readonly #link: EngineLink;
  readonly #pipeline: string;
  readonly #events: JobEngineEvents;

  /** `entry`: another program than the built one. */
  constructor(config: Config, entry: URL | undefined, events: JobEngineEvents) {
    this.#pipeline = config.pipelines[0].name;
    this.#events = events;
    this.#link = new EngineLink(entry, config, (message) => this.#receive(message));
  }

  /** Opens the ledger; rejects with the reason why it cannot be opened. */
  open(): Promise<void> {
    return this.#link.start();
  }

  /** Reads on from the last commit. */
  go(): void {
    this.#link.post({ type: 'go' });
  }

  control(record: ControlRecord): Promise<number> {
    return this.#link.control(this.#pipeline, record);
  }

  /** Resolves after a last commit. */
  stop(): Promise<void> {
    return this.#link.stop(PATIENCE);
  }

  #receive(message: FromEngine): void {
    if (message.type === 'finished') return this.#events.finished();
    if (message.type === 'status') {
      this.#events.status(message.status);
      return this.#check(message.status.parts);
    }
    if (message.type === 'health') return this.#check(message.parts);
  }

  #check(parts: PipelineStatus['parts']): void {
    const failed = parts.find(({ condition }) => condition === 'failed');
    if (failed !== undefined) this.#events.failed(failed.reason);
  }
}

/** Gives one record to an engine that is started for it, and answers its number once it is applied. */
export async function controlOnce(config: Config, entry: URL | undefined, record: ControlRecord): Promise<number> {
  let over: (reason?: string) => void = () => {};
  const finished = new Promise<string | undefined>((resolve) => (over = resolve));
  const engine = new JobEngine(config, entry, { status: () => {}, finished: () => over(), failed: (reason) => over(reason) });
  await engine.open();
  try {
    const sequence = await engine.control(record);
    engine.go();
    const reason = await finished;
    if (reason !== undefined) throw new HomeostatError('LEDGER_IO', { path: config.data, detail: reason });
    return sequence;
  } finally {
    await engine.stop();
  }
}

/** What went wrong, without what the supervisor adds about its next attempt. */
export function bareReason(reason: unknown): string {
  return messageOf(reason).replace(/ \((next attempt|given up after) [^()]*\)$/, '');
}
