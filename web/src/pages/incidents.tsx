/** Incidents: the list, the silences, and beside them the one that was opened. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Page, SilenceView } from '../../../src/core/api.ts';
import type { IncidentRecord } from '../../../src/core/contracts.ts';
import { get, remove } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { labels, plural } from '../format.ts';
import { link, replace, route } from '../routing.ts';
import { incidentEvents, openCount, pipelines } from '../state/live.ts';
import { attempt } from '../state/toasts.ts';
import { Badge, IncidentBadge, SeverityBadge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Ago, Time } from '../parts/time.tsx';
import { moved } from '../parts/virtual-list.tsx';
import { Incident } from './incident.tsx';

const LISTED = 100;

/** Arrow keys move between the links of the list. */
function onKeyDown(event: KeyboardEvent): void {
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('a')];
  const next = moved(event.key, links.indexOf(document.activeElement as HTMLElement), links.length, 8);
  if (next === null || links.length === 0) return;
  event.preventDefault();
  links[next]?.focus();
}

function Item({ incident, current, query }: { incident: IncidentRecord; current: boolean; query: Record<string, string> }): JSX.Element {
  return (
    <li>
      <a href={link(['incidents', incident.id], query)} class="incident-row" aria-current={current ? 'true' : undefined}>
        <span class="incident-badges">
          <IncidentBadge of={incident} />
          <SeverityBadge of={incident.severity} />
          {incident.acknowledgedBy !== null && (
            <Badge tone="accent" icon="check">
              acknowledged
            </Badge>
          )}
          {incident.silenced && (
            <Badge tone="quiet" icon="mute">
              silenced
            </Badge>
          )}
        </span>
        <span class="incident-summary">{incident.summary}</span>
        <small class="muted">
          {incident.pipeline} · {plural(incident.anomalies, 'anomaly', 'anomalies')} · <Ago at={incident.startedAt} />
        </small>
      </a>
    </li>
  );
}

function Silences(): JSX.Element | null {
  const { data, reload } = useResource('silences', (signal) => get<Page<SilenceView>>('silences', {}, signal), 15_000);
  const events = incidentEvents.value;
  useEffect(() => {
    if (events > 0) reload();
  }, [events]);
  if (data === undefined || data.items.length === 0) return null;
  const end = async ({ id }: SilenceView): Promise<void> => {
    if (await attempt(() => remove(`silences/${encodeURIComponent(id)}`), 'The silence has ended.')) reload();
  };
  return (
    <section class="card" aria-labelledby="silences-title">
      <header class="card-head">
        <h2 id="silences-title">Silences</h2>
      </header>
      <ul class="rows">
        {data.items.map((silence) => (
          <li key={silence.id} class="silence">
            <Icon name="mute" />
            <span>
              <b>{labels(silence.matchers) || 'every incident'}</b> in {silence.pipeline}
              <small class="muted">
                until <Time at={silence.until} /> · {silence.by}
                {silence.comment !== '' && ` · ${silence.comment}`}
              </small>
            </span>
            <button type="button" class="button small" onClick={() => void end(silence)}>
              End
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useList(open: boolean, pipeline: string): { items: IncidentRecord[] | null; more: (() => void) | null; error: unknown; reload: () => void } {
  const [limit, setLimit] = useState(LISTED);
  const query = { open: open ? true : undefined, pipeline, limit };
  const { data, error, reload } = useResource(JSON.stringify(query), (signal) => get<Page<IncidentRecord>>('incidents', query, signal));
  const events = incidentEvents.value;
  useEffect(() => {
    if (events > 0) reload();
  }, [events]);
  const grows = data?.next !== null && data !== undefined && limit < 500;
  return { items: data?.items ?? null, more: grows ? () => setLimit(500) : null, error, reload };
}

function NoIncident({ open }: { open: boolean }): JSX.Element {
  return (
    <Empty icon="check" title={open ? 'Nothing is open' : 'No incident yet'}>
      <p>{open ? 'All streams are within what is expected.' : 'When verdicts stay anomalous long enough, an incident opens here.'}</p>
      {open && (
        <a class="button" href={link(['incidents'], { show: 'all' })}>
          Show resolved ones
        </a>
      )}
    </Empty>
  );
}

export function Incidents({ id }: { id: string | null }): JSX.Element {
  const { query } = route.value;
  const pipeline = query.get('pipeline') ?? '';
  const open = query.get('show') !== 'all';
  const { items, more, error, reload } = useList(open, pipeline);
  const path = id === null ? ['incidents'] : ['incidents', id];
  const change = (show: string, name = pipeline): void => replace(link(path, { show, pipeline: name }));

  return (
    <div class={id === null ? 'page' : 'page has-detail'}>
      <div class="page-head list-side">
        <h1>Incidents</h1>
        <p class="muted">{plural(openCount.value, 'open one', 'open')}</p>
      </div>
      <div class="toolbar list-side">
        <div class="segments" role="group" aria-label="Show">
          <button type="button" aria-pressed={open} onClick={() => change('')}>
            Open
          </button>
          <button type="button" aria-pressed={!open} onClick={() => change('all')}>
            All
          </button>
        </div>
        <label class="select">
          <span>Pipeline</span>
          <select value={pipeline} onChange={(event) => change(open ? '' : 'all', event.currentTarget.value)}>
            <option value="">All</option>
            {(pipelines.value ?? []).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <div class="split">
        <div class="stack list-side">
          {items === null && error !== undefined && <Failed error={error} what="The list of incidents" retry={reload} />}
          {items === null && error === undefined && <Loading rows={5} label="incidents" />}
          {items?.length === 0 && <NoIncident open={open} />}
          {items !== null && items.length > 0 && (
            <ul class="card rows" aria-label="Incidents" onKeyDown={onKeyDown}>
              {items.map((incident) => (
                <Item key={incident.id} incident={incident} current={incident.id === id} query={{ show: open ? '' : 'all', pipeline }} />
              ))}
            </ul>
          )}
          {more !== null && (
            <button type="button" class="button" onClick={more}>
              Show more
            </button>
          )}
          <Silences />
        </div>
        {id !== null && <Incident key={id} id={id} />}
      </div>
    </div>
  );
}
