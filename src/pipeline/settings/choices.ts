/** The detectors, thresholds and judges that a pipeline can choose from, with what a person wants to know first. */
import type { SettingChoice } from '../../core/settings-api.ts';
import type { PipelineConfig, Registry } from '../config/index.ts';
import { optionsSchema } from '../config/json-schema.ts';

export function choicesOf(registry: Registry, { logs, align }: PipelineConfig): Record<string, SettingChoice[]> {
  const schema = (options: object): SettingChoice['schema'] => optionsSchema(options);
  const threshold = registry.thresholds.map(({ name, summary, about, options, needsSigma }): SettingChoice => ({
    name,
    summary,
    finds: '',
    use: about.use,
    warmUp: '',
    sigma: needsSigma,
    schema: schema(options),
  }));
  if (logs !== undefined) {
    const judge = registry.judges.map(({ name, summary, options }): SettingChoice => ({
      name,
      summary,
      finds: '',
      use: '',
      warmUp: '',
      sigma: false,
      schema: schema(options),
    }));
    return { judge, threshold };
  }
  const isWide = (align?.columns.length ?? 1) > 1;
  const detector = registry.detectors
    .filter(({ columns }) => !isWide || columns === 'many')
    .map(({ name, summary, about, options, scale }): SettingChoice => ({
      name,
      summary,
      finds: about.finds,
      use: about.use,
      warmUp: about.warmUp,
      sigma: scale === 'sigma',
      schema: schema(options),
    }));
  return { detector, threshold };
}
