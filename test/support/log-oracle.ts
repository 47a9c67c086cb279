/** What two runs of a pipeline over logs are compared by: that of any pipeline, templates with their counts, scores of the thresholds and rollups. */
import { DatabaseSync } from '@photostructure/sqlite';
import type { LogOverview, LogScores, LogTemplate } from '../../src/core/log-api.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { openResults } from '../../src/pipeline/logs/results.ts';
import { listHistory } from '../../src/stores/sqlite/history-folder.ts';
import { ledgerPath } from '../../src/stores/sqlite/ledger.ts';
import { project, type Projection } from './oracle.ts';

export interface LogProjection extends Projection {
  overview: LogOverview;
  templates: LogTemplate[];
  scores: LogScores;
  rollups: string[];
}

/** `yaml`: the configuration that ran, with one pipeline over logs. */
export async function projectLogs(data: string, yaml: string): Promise<LogProjection> {
  const [pipeline] = parseConfig(yaml, 'homeostat.yaml').pipelines;
  const results = openResults({ data, pipeline, control: () => Promise.reject(new Error('only read')) });
  try {
    const { templates } = await results.templates({ sort: 'id', limit: Infinity });
    return { ...project(data, pipeline.name), overview: await results.overview(), templates, scores: await results.scores(), rollups: rollups(data) };
  } finally {
    results.close();
  }
}

/** By the keys of series: their numbers are given as they come, which depends on how the input was cut. */
function rollups(data: string): string[] {
  return listHistory(data).flatMap(({ path }) => {
    const rows = read(path, 'select * from rollups') as { series: number }[];
    const keys = new Map((read(ledgerPath(data), 'select idx, key from series') as { idx: number; key: string }[]).map(({ idx, key }) => [idx, key]));
    return rows.map(({ series, ...rest }) => JSON.stringify({ series: keys.get(series % 2 ** 32), ...rest })).sort();
  });
}

function read(path: string, sql: string): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

/** What is in one projection and not in the other, a few of each kind, each from a little before where they part: whole ones are too long to be read. */
export function differences(one: LogProjection, other: LogProjection): string[] {
  return (Object.keys(one) as (keyof LogProjection)[]).flatMap((kind) => {
    const [here, there] = [one, other].map(
      (projection) => new Set([projection[kind]].flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))),
    );
    const gone = [...here].filter((text) => !there.has(text));
    const come = [...there].filter((text) => !here.has(text));
    const pairs = Array.from({ length: Math.min(3, Math.max(gone.length, come.length)) }, (_, i) => parted(gone[i] ?? '', come[i] ?? ''));
    return pairs.map(([a, b]) => `${kind} (${gone.length} gone, ${come.length} new): ${a} | ${b}`);
  });
}

function parted(a: string, b: string): [string, string] {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return [a.slice(Math.max(0, at - 60), at + 200), b.slice(Math.max(0, at - 60), at + 200)];
}
