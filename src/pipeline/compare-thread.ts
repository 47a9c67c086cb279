/** Entry of the thread that compares detectors: one task, one answer. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CompareTask } from './compare-series.ts';
import { comparisonOf } from './comparison.ts';

const { rows, choices, resolution } = workerData as CompareTask;
parentPort!.postMessage(comparisonOf(rows, choices, resolution));
