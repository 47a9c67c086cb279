/** Logs of a running process: results of its log pipelines, and jobs over uploaded files. */
import type { LiveEvent } from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { LogResults, RunningLogs } from '../../core/log-live.ts';
import type { Config } from '../config/index.ts';
import type { HostOptions } from '../host.ts';
import { Jobs } from './jobs.ts';
import { openResults, type ResultsReader } from './results.ts';

interface Around {
  control(pipeline: string, record: ControlRecord): Promise<number>;
  publish(event: LiveEvent): void;
}

export class HostLogs implements RunningLogs {
  readonly jobs: Jobs;
  readonly #config: Config;
  readonly #around: Around;
  readonly #log: HostOptions['log'];
  readonly #results = new Map<string, ResultsReader>();

  constructor(config: Config, { log, engineThread }: HostOptions, around: Around) {
    this.#config = config;
    this.#around = around;
    this.#log = log;
    this.jobs = new Jobs({
      data: config.data,
      emit: (job) => around.publish({ type: 'log-job', job }),
      log: (level, message) => log(level, message, ''),
      ...(engineThread === undefined ? {} : { engineThread }),
    });
  }

  /** That jobs cannot be taken up stops nothing else. */
  async open(): Promise<void> {
    await this.jobs.open().catch((thrown: unknown) => this.#log('error', `jobs over uploaded files: ${messageOf(thrown)}`, ''));
  }

  async close(): Promise<void> {
    await this.jobs.close();
    for (const results of this.#results.values()) results.close();
    this.#results.clear();
  }

  results(name: string): LogResults {
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    const pipeline = this.#config.pipelines.find((each) => each.name === name);
    if (pipeline === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name });
    if (pipeline.logs === undefined) throw new HomeostatError('LOGS_NONE', { pipeline: name });
    const opened = openResults({ data: this.#config.data, pipeline, control: (record) => this.#around.control(name, record) });
    this.#results.set(name, opened);
    return opened;
  }
}
