/** What one stream wants to see of what happens. */
import type { LiveEvent } from '../../core/api.ts';

export const TOPICS = ['status', 'incidents', 'verdicts', 'series'] as const;
export type Topic = (typeof TOPICS)[number];

export interface Filter {
  topics: ReadonlySet<Topic>;
  pipeline?: string;
  series?: string;
}

function topicOf(type: LiveEvent['type']): Topic | undefined {
  if (type === 'incident') return 'incidents';
  return type === 'reset' ? undefined : type;
}

/** The event as this filter shows it: the same object when nothing is left out, undefined when nothing remains. A reset passes every filter. */
export function shown(event: LiveEvent, filter: Filter): LiveEvent | undefined {
  const topic = topicOf(event.type);
  if (topic !== undefined && !filter.topics.has(topic)) return undefined;
  const { pipeline, series } = filter;
  switch (event.type) {
    case 'reset':
      return event;
    case 'status': {
      if (pipeline === undefined) return event;
      const pipelines = event.pipelines.filter((status) => status.name === pipeline);
      return pipelines.length === 0 ? undefined : { ...event, pipelines };
    }
    case 'incident':
      if (pipeline !== undefined && event.incident.pipeline !== pipeline) return undefined;
      return series === undefined || event.incident.series.includes(series) ? event : undefined;
    case 'verdicts': {
      if (pipeline !== undefined && event.pipeline !== pipeline) return undefined;
      if (series === undefined) return event;
      const verdicts = event.verdicts.filter((verdict) => verdict.series === series);
      return verdicts.length === 0 && event.skipped === 0 ? undefined : { ...event, verdicts };
    }
    case 'series': {
      if (pipeline !== undefined && event.pipeline !== pipeline) return undefined;
      if (series === undefined) return event;
      const items = event.items.filter((item) => item.key === series);
      return items.length === 0 ? undefined : { ...event, items };
    }
  }
}

/** How many rows an event holds: what the replay ring is bounded by. */
export function rowsOf(event: LiveEvent): number {
  if (event.type === 'verdicts') return 1 + event.verdicts.length;
  return event.type === 'series' ? 1 + event.items.length : 1;
}
