/** What the detector of a series has found out about it, read from its committed state. */
import { SeriesDictionary } from '../core/events.ts';
import { SnapshotReader } from '../core/snapshot.ts';
import type { SeriesState } from '../detectors/stage.ts';
import { snapshotOf } from '../runtime/states.ts';
import type { StateReader } from '../stores/sqlite/state-reader.ts';
import type { PipelineConfig } from './config/index.ts';
import { registry } from './registry.ts';
import { stagesOf } from './stages.ts';

/** Empty where the detector does not say, where nothing is committed yet, or where that was under other options. */
export function wordsOf(pipeline: PipelineConfig, states: StateReader, series: number): string[] {
  const dictionary = new SeriesDictionary(pipeline.maxSeries, pipeline.labels, pipeline.unit);
  const { operator, shape } = stagesOf(pipeline, registry, dictionary, '').at(-1)!;
  const found = states.state(pipeline.name, operator.name, series);
  if (found?.shape !== shape) return [];
  const state: SeriesState = operator.restore(new SnapshotReader(snapshotOf(found.data), operator.version), series);
  return state.detector.describe?.() ?? [];
}
