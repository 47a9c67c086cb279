/** What is measured in a process of its own, so that nothing that ran before changes how the code is compiled or what lies in memory. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../core/errors.ts';
import type { Component } from '../../pipeline/config/index.ts';
import { detectorMemory, detectorSpeed, thresholdMemory, thresholdSpeed, type MemoryFigures, type Patience, type Shape, type SpeedFigures } from './measure.ts';

interface Work {
  speed: { task: { component: Component; shape: Shape; patience: Patience }; answer: SpeedFigures };
  memory: { task: { component: Component; width: number; rows: number; most: number }; answer: MemoryFigures };
  threshold: { task: { component: Component; seconds: number; instances: number }; answer: { perSecond: number; bytes: number; snapshotBytes: number } };
}

type Kind = keyof Work;

export type SpeedTask<K extends Kind = Kind> = { [One in K]: { kind: One } & Work[One]['task'] }[K];

type Answer<K extends Kind> = Work[K]['answer'];

const PERFORM: { [K in Kind]: (task: Work[K]['task']) => Answer<K> } = {
  speed: ({ component, shape, patience }) => detectorSpeed(component, shape, patience),
  memory: ({ component, width, rows, most }) => detectorMemory(component, width, rows, most),
  threshold: ({ component, seconds, instances }) => ({ perSecond: thresholdSpeed(component, seconds), ...thresholdMemory(component, instances) }),
};

export function performSpeed<K extends Kind>(task: SpeedTask<K>): Answer<K> {
  return (PERFORM[task.kind] as (task: SpeedTask<K>) => Answer<K>)(task);
}

export type Heard = { answer: unknown } | { failed: string };

/** Longest time a task may take, ms. */
const PATIENCE = 600_000;

/** Does a task in a process of its own, which can ask for the garbage to be collected. */
export function inProcess<K extends Kind>(task: SpeedTask<K>): Promise<Answer<K>> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./speed-thread.js', import.meta.url)), [], {
      execArgv: ['--expose-gc', '--max-old-space-size=3072'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      timeout: PATIENCE,
    });
    child.once('message', (heard: Heard) => ('failed' in heard ? reject(new Error(heard.failed)) : resolve(heard.answer as Answer<K>)));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`)));
    child.send(task, (thrown) => thrown === null || reject(new Error(messageOf(thrown))));
  });
}
