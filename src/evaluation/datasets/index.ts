/** Every labelled set that detectors are measured on. */
import { msCloud } from './ms-cloud.ts';
import { nab } from './nab.ts';
import { nezha } from './nezha.ts';
import type { DataSet } from './set.ts';
import { skab } from './skab.ts';
import { smd } from './smd.ts';
import { ucr } from './ucr.ts';

export type { DataSet, LabelledSeries } from './set.ts';

export const DATA_SETS: readonly DataSet[] = [nab, msCloud, ucr, skab, smd, nezha];
