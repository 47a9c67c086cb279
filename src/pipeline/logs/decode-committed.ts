/** Decodes what the stages of a log pipeline keep, by the readers of their rooms. */
import type { JsonValue } from '../../core/contracts.ts';
import { SeriesDictionary } from '../../core/events.ts';
import type { CommittedProgress, StateReader } from '../../stores/sqlite/state-reader.ts';
import { definitionOf, type PipelineConfig } from '../config/index.ts';
import { registry } from '../registry.ts';
import type { Committed } from './committed.ts';

export function committedOf(_pipeline: PipelineConfig, _states: StateReader, progress: CommittedProgress): Committed {
  return {
    progress,
    templates: { templates: [], bucket: NaN, from: NaN },
    sessions: { by: 'none yet', evidence: [], open: 0 },
    judging: { answers: [], models: [] },
  };
}

/** What the format chose, in words. */
export function layoutOf({ format }: PipelineConfig, state: JsonValue): string[] {
  if (format === undefined || state === null) return [];
  return definitionOf(registry, 'format', format.name)?.create(format.options, new SeriesDictionary(1), state).report() ?? [];
}
