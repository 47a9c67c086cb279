/** What can be changed of a pipeline while it runs, as REST and the dashboard see it. Times are ms since 1970. */
import type { JsonValue } from './contracts/records.ts';

/** One option that takes force between two commits. */
export interface SettingOption {
  /** `detect.detector`, `incident.open`, … as it stands in the file below the pipeline. */
  key: string;
  group: 'detect' | 'incident' | 'order' | 'judging';
  description: string;
  /** JSON Schema of the value as it is written. */
  schema: Record<string, JsonValue>;
  /** The kind of component it names: `{ name: options }`. */
  component?: string;
  /** In force, as a person writes it, defaults filled; null where there is none. */
  value: JsonValue;
  /** What the file says; null where it says nothing and the default holds. */
  written: JsonValue;
  /** The file refers to the environment here: `${NAME}`. */
  fromEnvironment: boolean;
  /** A change begins every series anew; otherwise what was learnt is kept. */
  warmsUp: boolean;
}

/** A detector, threshold or judge to choose. */
export interface SettingChoice {
  name: string;
  summary: string;
  finds: string;
  use: string;
  /** How much it must have seen before there is a score; empty where that does not apply. */
  warmUp: string;
  /** Scores in standard deviations, which some thresholds need. */
  sigma: boolean;
  /** JSON Schema of the options as they are written. */
  schema: Record<string, JsonValue>;
}

/** Why nothing can be changed here; `ready` where it can. */
export type SettingsState = 'ready' | 'no-file' | 'read-only' | 'changed-by-hand' | 'invalid';

export interface SettingsView {
  pipeline: string;
  /** The configuration file as it was named; empty without one. */
  file: string;
  /** Names the content of the file; the ETag. */
  revision: string;
  state: SettingsState;
  /** Why it is not `ready`, and what to do. */
  reason: string;
  /** Configuration hash in force, and the checkpoint since which it is. */
  config: string;
  epoch: number;
  options: SettingOption[];
  /** By kind: `detector`, `threshold`, `judge`. */
  choices: Record<string, SettingChoice[]>;
  undo: SettingsRevision | null;
  redo: SettingsRevision | null;
}

/** Something wrong with the file as it would be. */
export interface SettingProblem {
  code: string;
  message: string;
  mend: string;
}

export interface SettingsPreview {
  /** Empty: it could be applied. */
  problems: SettingProblem[];
  /** Of the file as it would be; secrets out of sight; empty when nothing changes. */
  diff: string;
  /** Keys whose change begins every series anew. */
  warmsUp: string[];
  /** Configuration hash that verdicts would carry; empty where there is a problem. */
  config: string;
}

/** One change of the file. */
export interface SettingsRevision {
  id: number;
  pipeline: string;
  at: number;
  by: string;
  kind: 'change' | 'undo' | 'redo';
  /** What changed, in words. */
  what: string;
  diff: string;
}

export interface SettingsApplied {
  /** Null when nothing changed. */
  revision: SettingsRevision | null;
  /** Names the content of the file now. */
  file: string;
  config: string;
  /** Checkpoint since which it is in force; null while the engine has not come to it yet. */
  epoch: number | null;
  diff: string;
}

export type SettingChanges = Readonly<Record<string, JsonValue>>;

/** Settings of a running process. Throws NOT_FOUND for a pipeline that is not there. */
export interface RunningSettings {
  view(pipeline: string): Promise<SettingsView>;
  /** Throws SETTING_UNKNOWN, SETTINGS_NO_FILE, SETTINGS_CHANGED. */
  preview(pipeline: string, changes: SettingChanges): Promise<SettingsPreview>;
  /**
   * Writes the file, then tells the engine; `revision` names the content that the changes were made on. Throws what `preview` does,
   * SETTINGS_MOVED, SETTINGS_READ_ONLY, and the problems of the configuration.
   */
  change(pipeline: string, changes: SettingChanges, revision: string, by: string): Promise<SettingsApplied>;
  /** Takes the last change back, or makes the one that was taken back again. Throws SETTINGS_NOTHING, SETTINGS_CONFLICT besides. */
  step(pipeline: string, direction: 'undo' | 'redo', by: string): Promise<SettingsApplied>;
  /** Newest first. */
  revisions(pipeline: string): Promise<SettingsRevision[]>;
}
