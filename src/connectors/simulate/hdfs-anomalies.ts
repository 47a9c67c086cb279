/** What goes wrong with a block: changes of its steps. */
import type { Draws, Step } from './hdfs.ts';

export const ANOMALIES = ['missing-step', 'exception', 'repeated-step', 'wrong-order', 'new-event'] as const;
export type Anomaly = (typeof ANOMALIES)[number];

/** Errors that no block has that is well. */
const NEVER_SEEN: readonly ((id: string, n: number) => Pick<Step, 'level' | 'component' | 'message'>)[] = [
  (id, n) => ({ level: 'ERROR', component: 'dfs.Storage', message: `Disk ${n} refused ${id}: no space left on device` }),
  (id) => ({ level: 'WARN', component: 'dfs.NameNode', message: `${id} belongs to no file, the report of it is ignored` }),
  (id, n) => ({ level: 'ERROR', component: 'dfs.Scanner', message: `Checksum of ${id} is wrong at byte ${n * 512}` }),
  (id, n) => ({ level: 'WARN', component: 'dfs.Lease', message: `Lease of ${id} expired after ${n} s, recovery begins` }),
];

/** Steps in order of time, changed; the one that shows it is marked odd. */
export function anomalyOf(kind: Anomaly, id: string, steps: readonly Step[], draws: Draws): Step[] {
  const one = (what: string): number => {
    const places = steps.flatMap((step, i) => (step.what === what ? [i] : []));
    return places[draws.below(places.length)];
  };
  switch (kind) {
    case 'missing-step':
      return missing(steps, one(['store', 'stream', 'end'][draws.below(3)]));
    case 'exception':
      return broken(id, steps, one('begin'), draws);
    case 'repeated-step':
      return repeated(steps, one('store'), 2 + draws.below(4));
    case 'wrong-order':
      return swapped(steps);
    case 'new-event':
      return [
        ...steps,
        { what: 'odd', at: steps[steps.length >> 1].at + 1, ...NEVER_SEEN[draws.below(NEVER_SEEN.length)](id, 1 + draws.below(60)), odd: true },
      ];
  }
}

/** The line that stands where the missing one was shows it. */
function missing(steps: readonly Step[], gone: number): Step[] {
  const left = steps.filter((_, i) => i !== gone);
  return marked(left, Math.min(gone, left.length - 1));
}

/** One replica is not written: its stream breaks off. */
function broken(id: string, steps: readonly Step[], begin: number, draws: Draws): Step[] {
  const lost = new Set(['stream', 'end', 'store'].map((what) => steps.findIndex((step) => step.what === what)));
  const reason = ['Connection reset by peer', 'Broken pipe', 'Read timed out'][draws.below(3)];
  const error: Step = {
    what: 'exception',
    at: steps[begin].at + 200,
    level: 'WARN',
    component: 'dfs.DataNode',
    message: `Receiving ${id} broke off: java.io.IOException: ${reason}`,
    odd: true,
  };
  return [...steps.filter((_, i) => !lost.has(i)), error];
}

function repeated(steps: readonly Step[], at: number, times: number): Step[] {
  const again = Array.from({ length: times }, (_, k): Step => ({ ...steps[at], at: steps[at].at + (k + 1) * 150, ...(k === 0 ? { odd: true } : {}) }));
  return [...steps, ...again];
}

/** All replicas are stored before anything was received. */
function swapped(steps: readonly Step[]): Step[] {
  const first = steps.find(({ what }) => what === 'begin')!.at;
  let n = 0;
  return steps.map((step) => (step.what === 'store' && n < 3 ? { ...step, at: first - 1 + n++ * 0.01, ...(n === 1 ? { odd: true } : {}) } : step));
}

function marked(steps: readonly Step[], odd: number): Step[] {
  return steps.map((step, i) => (i === odd ? { ...step, odd: true } : step));
}
