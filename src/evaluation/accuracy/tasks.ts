/** The pieces of work that the accuracy benchmark is cut into, so that threads can share them. */
import { definitionOf, type Component } from '../../pipeline/config/index.ts';
import type { DetectChoice } from '../../pipeline/detect.ts';
import { registry } from '../../pipeline/registry.ts';
import { disturbances, type DisturbanceRow } from '../disturbances.ts';
import type { Perturbation } from '../nab/perturb.ts';
import type { NabProfileName } from '../nab/corpus.ts';
import type { BaseName } from '../simulators/bases.ts';
import { measureCalibration, type CalibrationFigures } from './calibration.ts';
import { measurePerturbed, measureSet, type Extent, type SetFigures } from './sets.ts';
import { measureSimulated, type SimulatedFigures, type SimulationScale } from './simulated.ts';

/** Each kind of task, and what it gives. */
interface Work {
  set: { task: { data: string; set: string; component: Component; extent: Extent }; answer: SetFigures };
  perturbed: { task: { data: string; how: Perturbation; seed: number; component: Component }; answer: Record<NabProfileName, number> };
  simulated: { task: { base: BaseName; component: Component; scale: SimulationScale }; answer: SimulatedFigures };
  calibration: { task: { base: BaseName; choice: DetectChoice; streams: number; weeks: number }; answer: CalibrationFigures };
  disturbances: { task: { component: Component; series: number }; answer: DisturbanceRow[] };
}

export type WorkKind = keyof Work;

export type Task<K extends WorkKind = WorkKind> = { [Kind in K]: { kind: Kind } & Work[Kind]['task'] }[K];

export type Answer<K extends WorkKind> = Work[K]['answer'];

const PERFORM: { [K in WorkKind]: (task: Work[K]['task']) => Answer<K> } = {
  set: ({ data, set, component, extent }) => measureSet(data, set, component, extent),
  perturbed: ({ data, how, seed, component }) => measurePerturbed(data, how, seed, component),
  simulated: ({ base, component, scale }) => measureSimulated(base, component, scale),
  calibration: ({ base, choice, streams, weeks }) => measureCalibration(base, choice, streams, weeks),
  disturbances: ({ component, series }) => disturbances(definitionOf(registry, 'detector', component.name)!, component.options, series),
};

export function perform<K extends WorkKind>(task: Task<K>): Answer<K> {
  return (PERFORM[task.kind] as (task: Task<K>) => Answer<K>)(task);
}
