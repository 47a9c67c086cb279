/** Where results come from: a job over an uploaded file, or a live pipeline. Both answer the same questions. */
import type { PipelineStatus } from '../../../src/core/api.ts';
import { API } from '../api/client.ts';
import { link } from '../routing.ts';

export interface Source {
  kind: 'job' | 'pipeline';
  id: string;
}

/** A part of the results: `overview`, `templates`, `sessions/blk_1` … */
export type Part = string;

/** Route of a part under the API. */
export function routeOf({ kind, id }: Source, part: Part): string {
  const name = encodeURIComponent(id);
  if (kind === 'job') return `logs/jobs/${name}/${part}`;
  return part === 'overview' ? `pipelines/${name}/logs` : `pipelines/${name}/logs/${part}`;
}

export type Tab = 'overview' | 'templates' | 'sessions' | 'scores' | 'models' | 'answers';

export const resultsLink = ({ kind, id }: Source, tab: Tab = 'overview', query: Record<string, string> = {}): string =>
  link(['logs', kind, id], { tab: tab === 'overview' ? '' : tab, ...query });

export const sessionLink = ({ kind, id }: Source, session: string): string => link(['logs', kind, id, 'session', session]);

export const downloadLink = (source: Source, what: 'templates' | 'sessions' | 'answers', format: 'csv' | 'ndjson'): string =>
  `${API}/${routeOf(source, 'download')}?what=${what}&format=${format}`;

/** Pipelines that read log lines. */
export const isLogPipeline = (pipeline: PipelineStatus): boolean => pipeline.logs;

/** ISO 8601 as ms; null for none. */
export const ms = (text: string | null | undefined): number | null => (text === null || text === undefined || text === '' ? null : Date.parse(text));
