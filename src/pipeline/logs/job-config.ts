/** The pipeline that a job is: over the file of its folder, with a ledger and a history in that folder. */
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { parseConfig } from '../load.ts';

/** Name of the one pipeline of every job: the same file gives the same verdicts, ids included, whatever the job. */
export const JOB_PIPELINE = 'job';

export interface JobInput {
  /** Folder of the job. */
  folder: string;
  /** Name of the file in it. */
  content: string;
  /** As in a configuration; undefined: found out. */
  session?: string;
}

/** Throws CONFIG_INVALID where `session` is none. */
export function jobConfig({ folder, content, session = 'auto' }: JobInput): Config {
  return configOf(folder, [
    `source: { file: { path: ${content} } }`,
    'format: { line: {} }',
    'parse: {}',
    `session: { by: ${JSON.stringify(session)} }`,
    'judge: { auto: {} }',
  ]);
}

/** A configuration of one pipeline that takes any time, keeps everything, tells nobody, and gives up soon. */
export function configOf(folder: string, lines: readonly string[]): Config {
  const common = ['order: { max_future: 0s }', 'store: all', 'restart: { attempts: 2, backoff: 200ms, max_backoff: 1s }'];
  const text = ['data: .', 'ledger: { savepoint_every: 24d }', 'history: { keep: 36500d, max_size: 1000GiB }', 'pipelines:', `  ${JOB_PIPELINE}:`];
  return parseConfig([...text, ...[...lines, ...common].map((line) => `    ${line}`)].join('\n'), join(folder, 'job.yaml'), {});
}
