/** Entry of a stage thread: the keyed stages of one pipeline, for the series of one lane. */
import { parentPort, workerData } from 'node:worker_threads';
import { SeriesDictionary } from '../core/events.ts';
import { Chain } from '../runtime/chain.ts';
import { hostStages } from '../runtime/stage-host.ts';
import type { StateLookup } from '../runtime/states.ts';
import { openStateReader } from '../stores/sqlite/state-reader.ts';
import { laneOf } from './compose.ts';
import type { PipelineConfig } from './config/index.ts';
import { registry } from './registry.ts';
import { stagesOf } from './stages.ts';

interface StageThreadData {
  pipeline: PipelineConfig;
  data: string;
  lane: number;
  lanes: number;
  hash: string;
}

const { pipeline, data, lane, lanes, hash } = workerData as StageThreadData;
const dictionary = new SeriesDictionary(pipeline.maxSeries, pipeline.labels, pipeline.unit);
const reader = openStateReader(data);
const cache = Math.ceil(pipeline.state.cache / lanes);
const of = laneOf(pipeline);
const isHere = (key: number): boolean => of(dictionary.get(key)) % lanes === lane;
const lookup: StateLookup = (stage, key) => (isHere(key) ? reader.state(pipeline.name, stage, key) : undefined);
const chain = new Chain(stagesOf(pipeline, registry, dictionary, hash), dictionary, cache, lookup);
hostStages(parentPort!, chain, dictionary, () => chain.recover((stage) => reader.states(pipeline.name, stage).filter(({ key }) => isHere(key))));
