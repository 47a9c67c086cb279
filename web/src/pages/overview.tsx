/** Pipelines, their rates and lag, what is open, and how each part is. */
import type { JSX } from 'preact';
import type { PartHealth, PipelineStatus, TruthStatus } from '../../../src/core/api.ts';
import { bytes, count, duration, plural, rate } from '../format.ts';
import { incidentLink, link } from '../routing.ts';
import { loadError, loadLive, openCount, openIncidents, pipelines, rates, RATE_POINTS, totalRate, worstLag } from '../state/live.ts';
import { ConditionBadge, IncidentBadge, SeverityBadge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { Failed, FirstSteps, Loading, PushExample } from '../parts/states.tsx';
import { Ago, For } from '../parts/time.tsx';
import { WatchList } from '../parts/watch-list.tsx';

const LISTED = 6;

export const lagText = ({ lagMs, lagBytes }: PipelineStatus): string => {
  if (lagMs !== null) return lagMs === 0 ? 'none' : duration(lagMs);
  return lagBytes === null ? '–' : bytes(lagBytes);
};

export const troubles = (pipeline: PipelineStatus): PartHealth[] =>
  pipeline.parts.filter((part) => part.condition === 'degraded' || part.condition === 'failed');

function Figure({ label, value, note, tone }: { label: string; value: string; note: string; tone?: 'bad' | 'warn' }): JSX.Element {
  return (
    <div class={`figure ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>
        {value}
        <small>{note}</small>
      </dd>
    </div>
  );
}

function Figures({ all }: { all: PipelineStatus[] }): JSX.Element {
  const ill = all.filter((pipeline) => pipeline.condition === 'degraded' || pipeline.condition === 'failed').length;
  const series = all.reduce((sum, pipeline) => sum + pipeline.series.known, 0);
  const anomalies = all.reduce((sum, pipeline) => sum + pipeline.counts.anomalies, 0);
  return (
    <dl class="figures">
      <Figure
        label="Open incidents"
        value={count(openCount.value)}
        note={openCount.value === 0 ? 'nothing to do' : 'need a look'}
        tone={openCount.value > 0 ? 'bad' : undefined}
      />
      <Figure label="Pipelines" value={count(all.length)} note={ill === 0 ? 'all well' : `${ill} with trouble`} tone={ill > 0 ? 'warn' : undefined} />
      <Figure label="Events" value={rate(totalRate.value)} note={plural(series, 'stream')} />
      <Figure label="Largest lag" value={duration(worstLag.value)} note="behind the newest event" />
      <Figure label="Anomalies" value={count(anomalies)} note="since the first start" />
    </dl>
  );
}

function PipelineCard({ pipeline }: { pipeline: PipelineStatus }): JSX.Element {
  const line = rates.value.get(pipeline.name) ?? [];
  const ill = troubles(pipeline);
  return (
    <article class="card pipeline" aria-label={`Pipeline ${pipeline.name}`}>
      <header class="card-head">
        <h2>
          <a href={link(['streams'], { pipeline: pipeline.name })}>{pipeline.name}</a>
        </h2>
        <ConditionBadge of={pipeline.condition} />
      </header>
      <p class="way">
        <span>{pipeline.source}</span>
        <Icon name="right" size={11} />
        <span>{pipeline.detector}</span>
        <Icon name="right" size={11} />
        <span>{pipeline.threshold}</span>
      </p>
      <div class="pipeline-rate">
        <b>{rate(pipeline.eventsPerSecond)}</b>
        <Sparkline
          values={line}
          points={RATE_POINTS}
          fromZero
          width={240}
          height={34}
          label={`Events per second of ${pipeline.name}, last ${RATE_POINTS} seconds`}
        />
      </div>
      <dl class="facts">
        <div>
          <dt>Lag</dt>
          <dd>{lagText(pipeline)}</dd>
        </div>
        <div>
          <dt>Streams</dt>
          <dd>{count(pipeline.series.known)}</dd>
        </div>
        <div>
          <dt>Anomalies</dt>
          <dd>{count(pipeline.counts.anomalies)}</dd>
        </div>
        <div>
          <dt>Late</dt>
          <dd>{count(pipeline.counts.late)}</dd>
        </div>
        <div>
          <dt>Dead letters</dt>
          <dd>{count(pipeline.counts.deadLetters)}</dd>
        </div>
        <div>
          <dt>Open incidents</dt>
          <dd>{pipeline.openIncidents === 0 ? '0' : <a href={link(['incidents'], { pipeline: pipeline.name })}>{pipeline.openIncidents}</a>}</dd>
        </div>
      </dl>
      {pipeline.truth !== null && <Truth of={pipeline.truth} />}
      <ul class="parts" aria-label="Parts">
        {pipeline.parts.map(({ part, condition }) => (
          <li key={part} class={condition} title={`${part}: ${condition}`}>
            <Icon name={condition === 'ok' ? 'check' : condition === 'degraded' ? 'warn' : condition === 'failed' ? 'cross' : 'dots'} size={11} />
            {part}
          </li>
        ))}
      </ul>
      {ill.map(({ part, condition, reason, since }) => (
        <p key={part} class={`reason ${condition}`}>
          <b>{part}</b> {condition} for <For since={since} />: {reason}
        </p>
      ))}
      {pipeline.series.known === 0 && ill.length === 0 && <NothingYet pipeline={pipeline} />}
    </article>
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)}%`;
}

/** How right the alerts are, where faults are injected with their truth. */
function Truth({ of: truth }: { of: TruthStatus }): JSX.Element {
  const delay = truth.delayMs === null ? '' : `, after ${duration(truth.delayMs)} on average`;
  return (
    <dl class="facts truth" aria-label="Alerts against the truth">
      <div title={`${truth.right} of ${truth.alerts} alerts were about an injected fault`}>
        <dt>Precision</dt>
        <dd>{share(truth.right, truth.alerts)}</dd>
      </div>
      <div
        title={`${truth.found} of ${truth.faults} injected faults were found${delay}: ${truth.kinds.map(({ kind, found, faults }) => `${kind} ${found} of ${faults}`).join(', ')}`}
      >
        <dt>Recall</dt>
        <dd>{share(truth.found, truth.faults)}</dd>
      </div>
      <div>
        <dt>Faults found</dt>
        <dd>
          {truth.found} of {truth.faults}
        </dd>
      </div>
    </dl>
  );
}

function NothingYet({ pipeline }: { pipeline: PipelineStatus }): JSX.Element {
  if (!pipeline.source.startsWith('http')) return <p class="muted">The source {pipeline.source} has delivered nothing yet.</p>;
  return (
    <>
      <p class="muted">Nothing has been pushed yet. Send the first events:</p>
      <PushExample pipeline={pipeline.name} />
    </>
  );
}

function OpenIncidents(): JSX.Element {
  const shown = openIncidents.value.slice(0, LISTED);
  return (
    <section class="card" aria-labelledby="open-title">
      <header class="card-head">
        <h2 id="open-title">Open incidents</h2>
        <a href="#/incidents">All incidents</a>
      </header>
      {shown.length === 0 && (
        <p class="muted pad all-well">
          <Icon name="check" /> Nothing is open.
        </p>
      )}
      <ul class="rows">
        {shown.map((incident) => (
          <li key={incident.id}>
            <a href={incidentLink(incident.id)} class="incident-row">
              <span class="incident-badges">
                <IncidentBadge of={incident} />
                <SeverityBadge of={incident.severity} />
              </span>
              <span class="incident-summary">{incident.summary}</span>
              <small class="muted">
                {incident.pipeline} · <Ago at={incident.startedAt} />
                {incident.acknowledgedBy !== null && ` · acknowledged by ${incident.acknowledgedBy}`}
                {incident.silenced && ' · silenced'}
              </small>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Overview(): JSX.Element {
  const all = pipelines.value;
  return (
    <div class="page">
      <h1>Overview</h1>
      {all === null && loadError.value !== null && <Failed error={loadError.value} what="The overview" retry={() => void loadLive()} />}
      {all === null && loadError.value === null && <Loading label="pipelines" />}
      {all?.length === 0 && <FirstSteps />}
      {all !== null && all.length > 0 && (
        <>
          <Figures all={all} />
          <div class="columns">
            <section class="pipelines" aria-label="Pipelines">
              {all.map((pipeline) => (
                <PipelineCard key={pipeline.name} pipeline={pipeline} />
              ))}
            </section>
            <div class="stack">
              <OpenIncidents />
              <WatchList />
            </div>
          </div>
        </>
      )}
    </div>
  );
}
