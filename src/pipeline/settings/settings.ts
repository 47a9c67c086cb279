/**
 * Changes a pipeline's configuration while it runs. The file is written first and the engine told second: a crash between the two
 * leaves a process that starts with the new file, and one before the file leaves everything as it was.
 */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PipelineStatus } from '../../core/api.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { faultPoint } from '../../core/faults.ts';
import { hashId } from '../../core/hash.ts';
import type {
  RunningSettings,
  SettingChanges,
  SettingsApplied,
  SettingsPreview,
  SettingsRevision,
  SettingsState,
  SettingsView,
} from '../../core/settings-api.ts';
import { ConfigErrors, configHash, type Config, type PipelineConfig, type Registry } from '../config/index.ts';
import { choicesOf } from './choices.ts';
import { merge, unified } from './diff.ts';
import { EditRefused } from './edit.ts';
import type { InForce } from './in-force.ts';
import { masked } from './mask.ts';
import { optionsOf, warmsUp, withChanges, wordsOf } from './options.ts';
import { replaceFile } from './replace-file.ts';
import { Revisions, stacksOf, type Revision } from './revisions.ts';

/** How long an answer waits until the engine has put the change in force, ms. */
const PATIENCE = 5_000;
const LOOK = 20;

/** A change that is about to be made. */
interface Step {
  before: string;
  after: string;
  config: Config;
}

export class Settings implements RunningSettings {
  readonly #inForce: InForce;
  readonly #registry: Registry;
  readonly #status: (pipeline: string) => PipelineStatus;
  readonly #revisions: Revisions;

  /** `status` throws NOT_FOUND for a pipeline that is not there. */
  constructor(inForce: InForce, registry: Registry, status: (pipeline: string) => PipelineStatus) {
    this.#inForce = inForce;
    this.#registry = registry;
    this.#status = status;
    this.#revisions = new Revisions(inForce.config.data);
  }

  async view(name: string): Promise<SettingsView> {
    const { config, epoch } = this.#status(name);
    const pipeline = this.#pipeline(name);
    const { state, reason, text } = await this.#state();
    const { undo, redo } = state === 'no-file' ? { undo: undefined, redo: undefined } : stacksOf(await this.#revisions.all(text), name);
    return {
      pipeline: name,
      file: this.#inForce.file?.path ?? '',
      revision: hashId(text),
      state,
      reason,
      config,
      epoch,
      options: optionsOf(pipeline, state === 'invalid' ? this.#inForce.text : text, this.#registry),
      choices: choicesOf(this.#registry, pipeline),
      undo: undo === undefined ? null : this.#shown(undo),
      redo: redo === undefined ? null : this.#shown(redo),
    };
  }

  async preview(name: string, changes: SettingChanges): Promise<SettingsPreview> {
    this.#status(name);
    const before = await this.#base();
    const warm = Object.keys(changes).filter(warmsUp).sort();
    let after = before;
    try {
      after = this.#edited(before, name, changes);
      const config = this.#inForce.file!.parse(after);
      const hash = configHash(
        config.pipelines.find((each) => each.name === name)!,
        this.#registry,
      );
      return { problems: [], diff: this.#diff(before, after), warmsUp: after === before ? [] : warm, config: hash };
    } catch (thrown) {
      if (!(thrown instanceof HomeostatError)) throw thrown;
      const errors = thrown instanceof ConfigErrors ? thrown.errors : [thrown];
      const problems = errors.map(({ code, message, mend }) => ({ code, message, mend }));
      return { problems, diff: this.#diff(before, after), warmsUp: warm, config: '' };
    }
  }

  change(name: string, changes: SettingChanges, revision: string, by: string): Promise<SettingsApplied> {
    return this.#inForce.alone(async () => {
      this.#status(name);
      const before = await this.#base();
      if (hashId(before) !== revision) throw new HomeostatError('SETTINGS_MOVED', { file: this.#inForce.file!.path });
      const after = this.#edited(before, name, changes);
      const config = this.#inForce.file!.parse(after);
      const what = wordsOf(before, after, this.#pipeline(name), Object.keys(changes), this.#registry);
      return this.#make(name, { before, after, config }, { kind: 'change', what, of: null, by });
    });
  }

  step(name: string, direction: 'undo' | 'redo', by: string): Promise<SettingsApplied> {
    return this.#inForce.alone(async () => {
      this.#status(name);
      const before = await this.#base();
      const of = stacksOf(await this.#revisions.all(before), name)[direction];
      if (of === undefined) throw new HomeostatError('SETTINGS_NOTHING', { pipeline: name, what: direction === 'undo' ? 'take back' : 'make again' });
      const [from, to] = direction === 'undo' ? [of.after, of.before] : [of.before, of.after];
      const after = merge(from, before, to);
      if (after === undefined) throw new HomeostatError('SETTINGS_CONFLICT', { file: this.#inForce.file!.path, what: of.what });
      const config = this.#inForce.file!.parse(after);
      const what = `${direction === 'undo' ? 'taken back' : 'made again'}: ${of.what}`;
      return this.#make(name, { before, after, config }, { kind: direction, what, of: of.id, by });
    });
  }

  async revisions(name: string): Promise<SettingsRevision[]> {
    this.#status(name);
    if (this.#inForce.file === undefined) return [];
    const all = await this.#revisions.all(await this.#inForce.read());
    return all
      .filter(({ pipeline }) => pipeline === name)
      .map((one) => this.#shown(one))
      .toReversed();
  }

  /** Revision, file, record: in this order, so that no crash leaves a record that the file does not know. */
  async #make(name: string, { before, after, config }: Step, about: Pick<Revision, 'kind' | 'what' | 'of' | 'by'>): Promise<SettingsApplied> {
    const hash = configHash(
      config.pipelines.find((each) => each.name === name)!,
      this.#registry,
    );
    const diff = this.#diff(before, after);
    if (before === after) return { revision: null, file: hashId(after), config: hash, epoch: this.#status(name).epoch, diff };
    await this.#revisions.all(before);
    const revision = await this.#revisions.add({ pipeline: name, at: Date.now(), ...about, before, after });
    faultPoint('settings-revision');
    await this.#write(after, revision);
    faultPoint('settings-file');
    try {
      await this.#inForce.take(config, after, about.by, about.what);
    } catch (thrown) {
      await this.#takeBack(before, revision);
      throw thrown;
    }
    faultPoint('settings-control');
    return { revision: this.#shown(revision), file: hashId(after), config: hash, epoch: await this.#epochOf(name, hash), diff };
  }

  async #write(text: string, revision: Revision): Promise<void> {
    const { path } = this.#inForce.file!;
    try {
      await replaceFile(path, text);
    } catch (thrown) {
      await this.#revisions.forget(revision);
      throw new HomeostatError('SETTINGS_READ_ONLY', { file: path, detail: messageOf(thrown), folder: dirname(path) }, thrown);
    }
  }

  /** The engine did not take the change down, so the file must not say it. */
  async #takeBack(before: string, revision: Revision): Promise<void> {
    // Where not even that can be written the page says that the file is not the one in force; why is what the caller throws.
    await replaceFile(this.#inForce.file!.path, before).then(
      () => this.#revisions.forget(revision),
      () => {},
    );
  }

  /** Undefined stays what the engine has not come to within the patience of who asked. */
  async #epochOf(name: string, hash: string): Promise<number | null> {
    for (const end = performance.now() + PATIENCE; performance.now() < end;) {
      const { config, epoch } = this.#status(name);
      if (config === hash) return epoch;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    return null;
  }

  #pipeline(name: string): PipelineConfig {
    return this.#inForce.config.pipelines.find((each) => each.name === name)!;
  }

  /** Throws REQUEST_INVALID, SETTING_UNKNOWN. */
  #edited(text: string, name: string, changes: SettingChanges): string {
    try {
      return withChanges(text, this.#pipeline(name), changes, this.#registry);
    } catch (thrown) {
      if (thrown instanceof EditRefused) throw new HomeostatError('REQUEST_INVALID', { detail: `${thrown.message}; change it in the file by hand` });
      throw thrown;
    }
  }

  /** Content of the file, where it says what is in force. Throws SETTINGS_NO_FILE, SETTINGS_CHANGED, CONFIG_*. */
  async #base(): Promise<string> {
    const { file } = this.#inForce;
    if (file === undefined) throw new HomeostatError('SETTINGS_NO_FILE');
    const text = await this.#inForce.read();
    if (text !== this.#inForce.text && !isDeepStrictEqual(file.parse(text), this.#inForce.config))
      throw new HomeostatError('SETTINGS_CHANGED', { file: file.path });
    return text;
  }

  async #state(): Promise<{ state: SettingsState; reason: string; text: string }> {
    const { file } = this.#inForce;
    const because = (state: SettingsState, thrown: unknown, text: string): { state: SettingsState; reason: string; text: string } => ({
      state,
      reason: thrown instanceof HomeostatError ? `${thrown.message}. ${thrown.mend}` : messageOf(thrown),
      text,
    });
    try {
      const text = await this.#base();
      await writable(file!.path);
      return { state: 'ready', reason: '', text };
    } catch (thrown) {
      const code = thrown instanceof HomeostatError ? thrown.code : '';
      const text = file === undefined ? '' : await this.#inForce.read().catch(() => this.#inForce.text);
      if (code === 'SETTINGS_NO_FILE') return because('no-file', thrown, text);
      if (code === 'SETTINGS_READ_ONLY') return because('read-only', thrown, text);
      return because(code === 'SETTINGS_CHANGED' ? 'changed-by-hand' : 'invalid', thrown, text);
    }
  }

  #diff(before: string, after: string): string {
    return unified(masked(before, this.#registry), masked(after, this.#registry), this.#inForce.file!.path);
  }

  #shown({ id, pipeline, at, by, kind, what, before, after }: Revision): SettingsRevision {
    return { id, pipeline, at, by, kind, what, diff: this.#diff(before, after) };
  }
}

/** A file is replaced as a whole, so its folder must take a new one. Throws SETTINGS_READ_ONLY. */
async function writable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
  } catch (thrown) {
    throw new HomeostatError('SETTINGS_READ_ONLY', { file: path, detail: messageOf(thrown), folder: dirname(path) }, thrown);
  }
}
