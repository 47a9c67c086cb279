/** One incident: why it opened, what happened since, whom it told and what it did. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { IncidentDetail, OutboxView } from '../../../src/core/api.ts';
import { get } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { Chart } from '../chart/chart.tsx';
import { StreamView } from '../chart/stream-view.ts';
import { count, duration, plural, score, value } from '../format.ts';
import { streamLink } from '../routing.ts';
import { incidentEvents, now } from '../state/live.ts';
import { Answers } from '../parts/answers.tsx';
import { Badge, IncidentBadge, SeverityBadge, StateMark } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { IncidentActions } from '../parts/incident-actions.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const SERIES_SHOWN = 12;
/** Events around the incident that its chart shows, as a share of how long it lasted, and at least, ms. */
const AROUND = { share: 0.6, least: 60_000 };

/** The window of the chart, rounded so that an incident that goes on does not ask anew with each event. */
function around(incident: IncidentDetail): { from: number; to: number } {
  const end = incident.endedAt ?? incident.updatedAt;
  const margin = Math.max(AROUND.least, (end - incident.startedAt) * AROUND.share);
  const step = AROUND.least / 2;
  return { from: Math.floor((incident.startedAt - margin) / step) * step, to: Math.ceil((end + margin) / step) * step };
}

function IncidentChart({ incident, series }: { incident: IncidentDetail; series: string }): JSX.Element {
  const { from, to } = around(incident);
  const view = useMemo(() => new StreamView(incident.pipeline, series), [incident.pipeline, series]);
  useEffect(() => {
    void view.start(from, to);
    return () => view.stop();
  }, [view, from, to]);
  return <Chart view={view} unit={incident.peak?.unit ?? ''} compact shade={{ from: incident.startedAt, to: incident.endedAt ?? incident.updatedAt }} />;
}

function Why({ incident }: { incident: IncidentDetail }): JSX.Element {
  const { peak } = incident;
  const series = peak?.series ?? incident.series[0];
  const window = around(incident);
  return (
    <section aria-labelledby="why-title">
      <h3 id="why-title">Why</h3>
      <dl class="facts why">
        {peak !== null && (
          <>
            <div>
              <dt>Strongest at</dt>
              <dd>
                <Time at={peak.time} />
              </dd>
            </div>
            {peak.contributions === undefined && (
              <>
                <div>
                  <dt>Value</dt>
                  <dd>{value(peak.value, peak.unit)}</dd>
                </div>
                <div>
                  <dt>Expected</dt>
                  <dd>{value(peak.expected, peak.unit)}</dd>
                </div>
              </>
            )}
            <div>
              <dt>Score</dt>
              <dd>{score(peak.score)}</dd>
            </div>
          </>
        )}
        {peak?.contributions !== undefined && (
          <div class="whole">
            <dt>Unusual in</dt>
            <dd>
              {peak.contributions.map(({ column, value: x, share }) => (
                <span key={column} class="part">
                  {column} <span class="muted">{value(x)}</span> {Math.round(share * 100)}%
                </span>
              ))}
            </dd>
          </div>
        )}
        <div>
          <dt>Anomalies</dt>
          <dd>{count(incident.anomalies)}</dd>
        </div>
        <div>
          <dt>Lasted</dt>
          <dd>{duration(Math.max(0, (incident.endedAt ?? Math.max(incident.updatedAt, now.value)) - incident.startedAt))}</dd>
        </div>
      </dl>
      {series !== undefined && <IncidentChart incident={incident} series={series} />}
      <p class="tags">
        {incident.series.slice(0, SERIES_SHOWN).map((key) => (
          <a key={key} href={streamLink(incident.pipeline, key, window.from, window.to)}>
            {key}
          </a>
        ))}
        {incident.series.length > SERIES_SHOWN && <span>and {plural(incident.series.length - SERIES_SHOWN, 'more', 'more')}</span>}
      </p>
    </section>
  );
}

function Timeline({ incident }: { incident: IncidentDetail }): JSX.Element {
  return (
    <section aria-labelledby="timeline-title">
      <h3 id="timeline-title">Timeline</h3>
      <ol class="timeline">
        {incident.transitions.toReversed().map((transition) => (
          <li key={transition.sequence}>
            <StateMark of={transition.to} />
            <div>
              <p>
                <b>{transition.to === 'Normal' ? 'Resolved' : transition.to}</b> <span class="muted">from {transition.from}</span>
                <small class="muted">
                  <Time at={transition.at} />
                </small>
              </p>
              <p class="muted">{transition.cause}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

const OUTCOMES = { pending: 'quiet', delivered: 'good', failed: 'bad', unknown: 'warn' } as const;

function Effects({ title, nothing, of }: { title: string; nothing: string; of: OutboxView[] }): JSX.Element {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {of.length === 0 && <p class="muted">{nothing}</p>}
      <ul class="effects">
        {of.map((effect) => (
          <li key={effect.key}>
            <Badge tone={OUTCOMES[effect.state] ?? 'quiet'} icon={effect.state === 'delivered' ? 'check' : effect.state === 'failed' ? 'cross' : 'dots'}>
              {effect.kind === 'action' && effect.state === 'delivered' ? 'done' : effect.state}
            </Badge>
            <b>{effect.target}</b>
            <span class="muted">
              {plural(effect.attempts, 'attempt')}
              {effect.detail !== '' && ` · ${effect.detail}`}
            </span>
            <small class="muted">
              <Time at={effect.doneAt ?? effect.createdAt} />
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Incident({ id }: { id: string }): JSX.Element {
  const { data, error, reload } = useResource(`incident ${id}`, (signal) => get<IncidentDetail>(`incidents/${encodeURIComponent(id)}`, {}, signal));
  const [answered, setAnswered] = useState(0);
  const events = incidentEvents.value;
  useEffect(() => {
    if (events > 0) reload();
  }, [events]);

  if (data === undefined) return error === undefined ? <Loading rows={6} label="the incident" /> : <Failed error={error} what="The incident" retry={reload} />;
  return (
    <article class="card incident" aria-labelledby="incident-title">
      <a class="back narrow-only" href="#/incidents">
        <Icon name="back" size={13} /> Incidents
      </a>
      <header>
        <div class="incident-badges">
          <IncidentBadge of={data} />
          <SeverityBadge of={data.severity} />
          {data.silenced && (
            <Badge tone="quiet" icon="mute">
              Silenced
            </Badge>
          )}
          {data.acknowledgedBy !== null && (
            <Badge tone="accent" icon="check">
              {`Acknowledged by ${data.acknowledgedBy}`}
            </Badge>
          )}
        </div>
        <h2 id="incident-title">{data.summary}</h2>
        <p class="muted">
          {data.pipeline}
          {Object.entries(data.group).map(([name, text]) => ` · ${name}=${text}`)} · began <Time at={data.startedAt} />
          {data.endedAt !== null && (
            <>
              {' '}
              · ended <Time at={data.endedAt} />
            </>
          )}
        </p>
        <IncidentActions
          incident={data}
          done={() => {
            setAnswered(answered + 1);
            reload();
          }}
        />
        {data.series.length > 0 && <Answers pipeline={data.pipeline} series={data.series[0]} incident={data.id} generation={answered} />}
      </header>
      <Why incident={data} />
      <Timeline incident={data} />
      <div class="halves">
        <Effects title="Notices" nothing="No notice left: no receiver is configured, it is silenced, or it is about the past." of={data.notices} />
        <Effects title="Actions" nothing="No action ran." of={data.actions} />
      </div>
    </article>
  );
}
