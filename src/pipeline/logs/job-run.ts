/** The run of one job: from its last commit to the end of its file, to a failure, or to a stop. */
import type { PipelineStatus } from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { Config } from '../config/index.ts';
import { bareReason, JobEngine } from './job-engine.ts';
import type { Progress } from './progress.ts';

export type RunEnd = { type: 'finished' } | { type: 'stopped' } | { type: 'failed'; error: { code: string; message: string } };

interface RunSetup {
  config: Config;
  /** Bytes of the file. */
  size: number;
  /** Where the file lies, and the name it had. */
  path: string;
  name: string;
  progress: Progress;
  engineThread: URL | undefined;
}

export class JobRun {
  /** Why it stands still for now, or null. */
  trouble: { code: string; message: string } | null = null;
  readonly #setup: RunSetup;
  readonly #engine: JobEngine;
  readonly #end: Promise<RunEnd>;
  #over: (end: RunEnd) => void = () => {};
  #stopping: Promise<void> | undefined;
  #figures = { read: 0, lines: 0 };

  constructor(setup: RunSetup) {
    this.#setup = setup;
    const over = new Promise<RunEnd>((resolve) => (this.#over = resolve));
    this.#engine = new JobEngine(setup.config, setup.engineThread, {
      status: (status) => this.#status(status),
      finished: () => this.#over({ type: 'finished' }),
      failed: (reason) => this.#over({ type: 'failed', error: this.#errorOf(reason) }),
    });
    void this.#engine.open().then(
      () => this.#engine.go(),
      (thrown: unknown) =>
        this.#over({ type: 'failed', error: { code: thrown instanceof HomeostatError ? thrown.code : 'INTERNAL', message: messageOf(thrown) } }),
    );
    this.#end = over.then(async (end) => {
      await (this.#stopping ?? this.#engine.stop());
      return end;
    });
  }

  /** Resolves once the engine is closed. */
  ended(): Promise<RunEnd> {
    return this.#end;
  }

  figures(): { read: number; lines: number } {
    return this.#figures;
  }

  control(record: ControlRecord): Promise<number> {
    return this.#engine.control(record);
  }

  /** Resolves once the engine is closed, after a last commit. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#engine.stop();
    this.#over({ type: 'stopped' });
    await this.#end;
  }

  #status({ counts, lagBytes, eventsPerSecond, parts }: PipelineStatus): void {
    const read = Math.max(0, lagBytes === null ? counts.bytes : this.#setup.size - lagBytes);
    this.#figures = { read, lines: counts.events };
    const worse = parts.find(({ condition }) => condition === 'degraded');
    this.trouble = worse === undefined ? null : this.#errorOf(worse.reason);
    this.#setup.progress.reading(read, eventsPerSecond);
  }

  /** In words about the file as its owner knows it. */
  #errorOf(reason: string): { code: string; message: string } {
    const { path, name } = this.#setup;
    const detail = bareReason(reason).replaceAll(path, name);
    const packed = path.endsWith('.gz');
    if (packed && /unexpected end of file/i.test(detail)) {
      return error('INPUT_UNREADABLE', { file: name, detail: 'it is only the beginning of a gzip file, its end is missing; what could be unpacked was read' });
    }
    if (packed && /incorrect (header|data) check|invalid (block|stored|distance|literal|code|bit|window)/i.test(detail)) {
      return error('INPUT_UNREADABLE', { file: name, detail: `it is a damaged gzip file (${detail}); what could be unpacked was read` });
    }
    if (/No room on the disk/.test(detail)) return { code: 'DISK_FULL', message: detail };
    return { code: 'SOURCE_UNREACHABLE', message: detail };
  }
}

function error(code: 'INPUT_UNREADABLE', parameters: Record<string, string>): { code: string; message: string } {
  return { code, message: new HomeostatError(code, parameters).message };
}
