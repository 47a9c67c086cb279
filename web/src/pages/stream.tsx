/** One stream: live chart, zoom and pan through history, and the same figures as a table. */
import { effect, untracked } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { messageOf } from '../api/client.ts';
import { generation } from '../api/connection.ts';
import { Chart } from '../chart/chart.tsx';
import { SPANS, StreamView } from '../chart/stream-view.ts';
import { duration, score, time, value } from '../format.ts';
import { link, replace, route, streamLink } from '../routing.ts';
import { openIncidents, pipelines } from '../state/live.ts';
import { Answers } from '../parts/answers.tsx';
import { AnswerDialog } from '../parts/answer-dialog.tsx';
import type { Question } from '../parts/answer-words.ts';
import { Badge, IncidentBadge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { Failed } from '../parts/states.tsx';
import { DetectorWords } from '../parts/detector-words.tsx';
import { VerdictTable } from '../parts/verdict-table.tsx';

function useView(pipeline: string, series: string): StreamView {
  const view = useMemo(() => new StreamView(pipeline, series), [pipeline, series]);
  useEffect(() => {
    const { query } = route.peek();
    const [from, to] = [query.get('from'), query.get('to')].map((text) => (text === null || text === '' ? null : Number(text)));
    void view.start(from ?? null, to ?? null);
    let first = true;
    const stops = [
      effect(() => {
        void generation.value;
        if (!first) untracked(() => view.reload());
        first = false;
      }),
      effect(() => {
        const { from: left, to: right, live } = view.window.value;
        if (right > 0) untracked(() => remember(pipeline, series, live ? null : Math.round(left), live ? null : Math.round(right)));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      view.stop();
    };
  }, [view, pipeline, series]);
  return view;
}

/** Keeps the window of history in the address, so that it can be shared. */
function remember(pipeline: string, series: string, from: number | null, to: number | null): void {
  const address = streamLink(pipeline, series, from, to);
  if (address !== location.hash) replace(address);
}

function Controls({ view }: { view: StreamView }): JSX.Element {
  const { live, from, to } = view.window.value;
  return (
    <div class="toolbar chart-controls" role="toolbar" aria-label="Chart">
      <button
        type="button"
        class={live ? 'button live-button on' : 'button live-button'}
        aria-pressed={live}
        title="Follow the newest event (l)"
        onClick={() => view.goLive()}
      >
        <span class="dot" aria-hidden="true" />
        Live
      </button>
      <div class="segments" role="group" aria-label="Time shown">
        {SPANS.map(([label, ms]) => (
          <button key={ms} type="button" aria-pressed={live && view.span === ms} onClick={() => view.goLive(ms)}>
            {label}
          </button>
        ))}
        <button type="button" aria-pressed={false} onClick={() => void view.everything()}>
          All
        </button>
      </div>
      <div class="segments" role="group" aria-label="Move">
        <button type="button" aria-label="Back in time" title="Back (←)" onClick={() => view.pan(-0.5)}>
          <Icon name="left" size={13} />
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => view.zoom(0.5)}>
          <Icon name="plus" size={13} />
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => view.zoom(2)}>
          <Icon name="minus" size={13} />
        </button>
        <button type="button" aria-label="Forward in time" title="Forward (→)" disabled={live} onClick={() => view.pan(0.5)}>
          <Icon name="right" size={13} />
        </button>
      </div>
      <span class="muted chart-range">{to > 0 && (live ? `last ${duration(view.span)}` : `${time(from)} – ${time(to)}`)}</span>
    </div>
  );
}

function Header({ view }: { view: StreamView }): JSX.Element {
  const status = view.status.value;
  const pipeline = pipelines.value?.find(({ name }) => name === view.pipeline);
  const incident = openIncidents.value.find((open) => open.pipeline === view.pipeline && open.series.includes(view.series));
  return (
    <header class="stream-header">
      <a class="back" href="#/streams">
        <Icon name="back" size={13} /> Streams
      </a>
      <div class="page-head">
        <h1>{view.series}</h1>
        {status?.anomalous && (
          <Badge tone="bad" icon="warn">
            Anomalous
          </Badge>
        )}
        {status?.warmup && (
          <Badge tone="quiet" icon="dots">
            Warming up
          </Badge>
        )}
        {incident && (
          <a href={link(['incidents', incident.id])} aria-label={`Incident: ${incident.summary}`}>
            <IncidentBadge of={incident} />
          </a>
        )}
      </div>
      <p class="tags">
        <a href={link(['streams'], { pipeline: view.pipeline })}>{view.pipeline}</a>
        {Object.entries(status?.labels ?? {}).map(([name, text]) => (
          <span key={name}>
            {name}={text}
          </span>
        ))}
        {pipeline && (
          <a href={link(['settings', view.pipeline])} title="Settings of the pipeline">
            {pipeline.detector} · {pipeline.threshold}
          </a>
        )}
      </p>
      {status && (
        <dl class="now">
          <div>
            <dt>Value</dt>
            <dd>{value(status.value, status.unit)}</dd>
          </div>
          <div class={status.anomalous ? 'bad' : ''}>
            <dt>Score</dt>
            <dd>{score(status.score)}</dd>
          </div>
          <div>
            <dt>Threshold</dt>
            <dd>{score(status.threshold)}</dd>
          </div>
        </dl>
      )}
    </header>
  );
}

type Comparer = typeof import('../parts/compare.tsx').Compare;

/** The comparison, loaded when somebody asks for it. */
function Comparing({ view }: { view: StreamView }): JSX.Element {
  const [open, setOpen] = useState(false);
  const [loaded, setLoaded] = useState<{ Compare: Comparer }>();
  const [error, setError] = useState<unknown>();
  const toggle = (): void => {
    setOpen(!open);
    setError(undefined);
    if (loaded === undefined) import('../parts/compare.tsx').then(({ Compare }) => setLoaded({ Compare })).catch(setError);
  };
  return (
    <section class="card" aria-labelledby="compare-title">
      <header class="card-head">
        <h2 id="compare-title">Detectors side by side</h2>
        <button type="button" class="button quiet small" aria-expanded={open} onClick={toggle}>
          {open ? 'Hide' : 'Show'}
        </button>
      </header>
      {open && error !== undefined && <Failed error={error} what="The comparison" retry={toggle} />}
      {open && loaded !== undefined && <loaded.Compare view={view} />}
    </section>
  );
}

export function Stream({ pipeline, series }: { pipeline: string; series: string }): JSX.Element {
  const view = useView(pipeline, series);
  const [table, setTable] = useState(true);
  const [question, setQuestion] = useState<Question>();
  const [answered, setAnswered] = useState(0);
  const failed = view.error.value !== undefined && view.columns.value.time.length === 0;
  const unit = view.status.value?.unit ?? '';
  return (
    <div class="page">
      <Header view={view} />
      <Controls view={view} />
      {failed ? (
        <Failed error={view.error.value} what="The chart" retry={() => view.reload()} />
      ) : (
        <div class="card chart-card">
          {view.isIncomplete && (
            <p class="pad" role="alert">
              Stored verdicts cannot be shown; what is here came live or was loaded before. {messageOf(view.error.value)}
            </p>
          )}
          <Chart view={view} unit={unit} />
        </div>
      )}
      <section class="card" aria-labelledby="table-title">
        <header class="card-head">
          <h2 id="table-title">Verdicts in view</h2>
          <button type="button" class="button quiet small" aria-expanded={table} onClick={() => setTable(!table)}>
            {table ? 'Hide' : 'Show'}
          </button>
        </header>
        {table && <VerdictTable view={view} unit={unit} ask={setQuestion} />}
      </section>
      <Answers pipeline={pipeline} series={series} generation={answered} />
      {question !== undefined && <AnswerDialog question={question} close={() => setQuestion(undefined)} done={() => setAnswered(answered + 1)} />}
      <DetectorWords pipeline={pipeline} series={series} />
      <Comparing view={view} />
    </div>
  );
}
