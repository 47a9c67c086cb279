/** What the tests of failures share: input, a configuration with short pauses, and a look at what was said of a pipeline. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { PartHealth, PipelineStatus } from '../../src/core/api.ts';
import { ground, type Ground } from './in-process.ts';

export const START = 1_700_000_000_000;
const STEP = 1000;

/** A row of a CSV; series `s0`, `s1`, … take turns, a step of event time a round; some stretches are anomalous. */
export function row(n: number, series = 3): string {
  const i = Math.floor(n / series);
  return `${START + i * STEP},s${n % series},${(100 + Math.sin(i) + (i % 90 > 84 ? 400 : 0)).toFixed(3)}`;
}

export function csv(rows: number, change: (line: string, n: number) => string = (line) => line): string {
  const lines = Array.from({ length: rows }, (_, n) => change(row(n), n));
  return `time,series,value\n${lines.join('\n')}\n`;
}

/** A pipeline `p` over events.csv; `more` are further keys of it, one a line. */
export function yaml(more: Record<string, string> = {}, top = ''): string {
  const keys: Record<string, string> = {
    source: '{ file: { path: events.csv, chunk: 1KiB } }',
    format: '{ csv: {} }',
    detect: '{ detector: ema }',
    incident: '{ open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }',
    notify: '[ { log: {} } ]',
    checkpoint: '{ min_interval: 1ms, max_interval: 1ms }',
    restart: '{ backoff: 1ms, max_backoff: 5ms, attempts: 1000 }',
    ...more,
  };
  return `${top}\npipelines:\n  p:\n${Object.entries(keys)
    .map(([key, value]) => `    ${key}: ${value}\n`)
    .join('')}`;
}

const made: Ground[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.remove();
});

/** A folder of its own with `events.csv` in it, removed after the test. */
export function prepared(content = csv(900)): Ground {
  const each = ground();
  made.push(each);
  writeFileSync(join(each.folder, 'events.csv'), content);
  return each;
}

/** Every condition that was said of a part, in the order it was said. */
export function saidOf({ messages }: Ground, part: string): PartHealth[] {
  return messages.flatMap((message) => {
    const parts = message.type === 'status' ? message.status.parts : message.type === 'health' ? message.parts : [];
    return parts.filter((each) => each.part === part);
  });
}

export function lastStatus({ messages }: Ground): PipelineStatus {
  const found = messages.findLast((message) => message.type === 'status');
  if (found?.type !== 'status') throw new Error('no status was said');
  return found.status;
}

/** The object with one method replaced; `instead` gets the original to call. */
export function overridden<T extends object, K extends keyof T>(target: T, method: K, instead: (original: T[K]) => T[K]): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      const bound: unknown = typeof value === 'function' ? value.bind(object) : value;
      return name === method ? instead(bound as T[K]) : bound;
    },
  });
}
