/** What one stream wants to see of what happens. */
import type { LiveEvent } from '../../core/api.ts';

export const TOPICS = ['status', 'incidents', 'verdicts', 'series', 'jobs'] as const;
export type Topic = (typeof TOPICS)[number];

export interface Filter {
  topics: ReadonlySet<Topic>;
  pipeline?: string;
  series?: string;
}

function topicOf(type: LiveEvent['type']): Topic | undefined {
  if (type === 'incident') return 'incidents';
  if (type === 'log-job') return 'jobs';
  return type === 'reset' ? undefined : type;
}

/** The event as this filter shows it: the same object when nothing is left out, undefined when nothing remains. A reset passes every filter. */
export function shown(event: LiveEvent, filter: Filter): LiveEvent | undefined {
  if (event.type === 'reset') return event;
  const topic = topicOf(event.type);
  if (topic !== undefined && !filter.topics.has(topic)) return undefined;
  // A job belongs to no pipeline.
  if (event.type === 'log-job') return event;
  const { pipeline, series } = filter;
  if (event.type === 'status') {
    const pipelines = event.pipelines.filter((status) => pipeline === undefined || status.name === pipeline);
    if (pipelines.length === event.pipelines.length) return event;
    return pipelines.length === 0 ? undefined : { ...event, pipelines };
  }
  const from = event.type === 'incident' ? event.incident.pipeline : event.pipeline;
  if (pipeline !== undefined && from !== pipeline) return undefined;
  if (series === undefined) return event;
  if (event.type === 'incident') return event.incident.series.includes(series) ? event : undefined;
  if (event.type === 'series') {
    const items = event.items.filter((item) => item.key === series);
    return items.length === 0 ? undefined : { ...event, items };
  }
  const verdicts = event.verdicts.filter((verdict) => verdict.series === series);
  return verdicts.length === 0 && event.skipped === 0 ? undefined : { ...event, verdicts };
}

/** How many rows an event holds: what the replay ring is bounded by. */
export function rowsOf(event: LiveEvent): number {
  if (event.type === 'verdicts') return 1 + event.verdicts.length;
  return event.type === 'series' ? 1 + event.items.length : 1;
}
