/** The configuration that the process runs with, and the file that it came from; changed by one at a time. */
import { isDeepStrictEqual } from 'node:util';
import type { ControlRecord, JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { readConfigText, type Config, type PipelineConfig } from '../config/index.ts';

/** The file that a process was started with. */
export interface ConfigFile {
  path: string;
  /** Its content as it was read at the start. */
  text: string;
  /** As at the start: with what the command line says in place of the file. Throws ConfigErrors. */
  parse(text: string): Config;
}

/** What the process does with a configuration that was read. */
export interface Adopter {
  /** From now on a thread that starts anew begins with it. */
  adopt(config: Config): void;
  control(pipeline: string, record: ControlRecord): Promise<number>;
}

export class InForce {
  readonly file: ConfigFile | undefined;
  readonly #host: Adopter;
  #config: Config;
  #text: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: Config, file: ConfigFile | undefined, host: Adopter) {
    this.#config = config;
    this.file = file;
    this.#text = file?.text ?? '';
    this.#host = host;
  }

  get config(): Config {
    return this.#config;
  }

  /** Content of the file that is in force. */
  get text(): string {
    return this.#text;
  }

  /** Changes of the file and of what is in force come one after the other. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Content of the file now. Throws CONFIG_UNREADABLE. */
  read(): Promise<string> {
    return readConfigText(this.file!.path);
  }

  /** Pipelines that differ between what is in force and `after`. */
  changedIn(after: Config): PipelineConfig[] {
    const { pipelines } = this.#config;
    return after.pipelines.filter(
      (pipeline) =>
        !isDeepStrictEqual(
          pipeline,
          pipelines.find(({ name }) => name === pipeline.name),
        ),
    );
  }

  /**
   * Puts a configuration in force: each changed pipeline takes it over between two commits. What a process or an engine that starts
   * anew reads is this configuration already, so a record that was not applied before is not needed after.
   */
  async take(after: Config, text: string, by: string, note?: string): Promise<PipelineConfig[]> {
    const before = this.#config;
    const [changed, was] = [this.changedIn(after), this.#text];
    this.#set(after, text);
    try {
      for (const pipeline of changed) await this.#host.control(pipeline.name, recordOf(pipeline, before, by, note));
    } catch (thrown) {
      // An engine that starts anew has read what was adopted.
      if (thrown instanceof HomeostatError && thrown.code === 'OVERLOADED') return changed;
      this.#set(before, was);
      throw thrown;
    }
    return changed;
  }

  #set(config: Config, text: string): void {
    this.#config = config;
    this.#text = text;
    this.#host.adopt(config);
  }
}

/** Receivers stay as they are, and they and the source may hold secrets, which do not belong into a record. */
function recordOf(pipeline: PipelineConfig, before: Config, by: string, note: string | undefined): ControlRecord {
  const { notify: _notify, actions: _actions, sinks: _sinks, source, ...rest } = pipeline;
  const old = before.pipelines.find(({ name }) => name === pipeline.name);
  const config = isDeepStrictEqual(source, old?.source) ? rest : { ...rest, source };
  return { type: 'configure', config: config as unknown as JsonValue, by, ...(note === undefined ? {} : { note }) };
}
