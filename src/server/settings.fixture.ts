/** Settings in memory for the tests of the server. */
import { HomeostatError } from '../core/errors.ts';
import type { RunningSettings, SettingChanges, SettingsApplied, SettingsPreview, SettingsRevision, SettingsView } from '../core/settings-api.ts';

const REVISION: SettingsRevision = {
  id: 1,
  pipeline: 'checkout',
  at: Date.UTC(2026, 0, 5, 10),
  by: 'local',
  kind: 'change',
  what: 'detect.detector.ema.span: 20 → 40',
  diff: '--- homeostat.yaml\n+++ homeostat.yaml\n',
};

export class FixtureSettings implements RunningSettings {
  /** What was asked for. */
  readonly asked: unknown[] = [];
  /** The content of the file. */
  revision = 'rev1';

  async view(pipeline: string): Promise<SettingsView> {
    const schema = { type: 'object', properties: {} };
    return {
      pipeline,
      file: 'homeostat.yaml',
      revision: this.revision,
      state: 'ready',
      reason: '',
      config: '0a1b2c3d',
      epoch: 1,
      options: [
        {
          key: 'detect.detector',
          group: 'detect',
          description: 'Turns events into scores.',
          schema: {},
          component: 'detector',
          value: { ema: { span: 20 } },
          written: null,
          fromEnvironment: false,
          warmsUp: true,
        },
      ],
      choices: { detector: [{ name: 'ema', summary: 'A mean', finds: 'Spikes.', use: 'Often.', warmUp: '20 rows', sigma: true, schema }] },
      undo: REVISION,
      redo: null,
    };
  }

  async preview(pipeline: string, changes: SettingChanges): Promise<SettingsPreview> {
    this.asked.push({ preview: pipeline, changes });
    return { problems: [{ code: 'CONFIG_INVALID', message: 'no', mend: 'do' }], diff: '', warmsUp: [], config: '' };
  }

  async change(pipeline: string, changes: SettingChanges, revision: string, by: string): Promise<SettingsApplied> {
    if (revision !== this.revision) throw new HomeostatError('SETTINGS_MOVED', { file: 'homeostat.yaml' });
    this.asked.push({ change: pipeline, changes, by });
    return { revision: REVISION, file: 'rev2', config: '1b', epoch: 7, diff: REVISION.diff };
  }

  async step(pipeline: string, direction: 'undo' | 'redo', by: string): Promise<SettingsApplied> {
    if (direction === 'redo') throw new HomeostatError('SETTINGS_NOTHING', { pipeline, what: 'make again' });
    this.asked.push({ [direction]: pipeline, by });
    return { revision: REVISION, file: 'rev1', config: '1b', epoch: null, diff: REVISION.diff };
  }

  async revisions(): Promise<SettingsRevision[]> {
    return [REVISION];
  }
}
