/** Where one begins: drop a file, go back to an earlier one, look at a live pipeline. */
import type { JSX } from 'preact';
import type { PipelineStatus } from '../../../src/core/api.ts';
import { count, plural, rate } from '../format.ts';
import { pipelines } from '../state/live.ts';
import { ConditionBadge } from '../parts/badges.tsx';
import { CopyBlock } from '../parts/copy.tsx';
import { DropZone } from './drop-zone.tsx';
import { JobList } from './job-list.tsx';
import { jobs, useJobs } from './jobs.ts';
import { isLogPipeline, resultsLink } from './source.ts';

function Live({ of }: { of: PipelineStatus }): JSX.Element {
  return (
    <li class="job">
      <div class="job-head">
        <a href={resultsLink({ kind: 'pipeline', id: of.name })}>{of.name}</a>
        <ConditionBadge of={of.condition} />
        <span class={of.openIncidents > 0 ? 'job-found bad' : 'job-found'}>{plural(of.openIncidents, 'open incident')}</span>
        <small class="muted">
          {of.source} · {count(of.counts.events)} lines · {rate(of.eventsPerSecond)}
        </small>
      </div>
    </li>
  );
}

function Pipelines({ of }: { of: readonly PipelineStatus[] }): JSX.Element {
  return (
    <section class="card" aria-labelledby="live-title">
      <header class="card-head">
        <h2 id="live-title">Live log pipelines</h2>
      </header>
      <ul class="rows">
        {of.map((pipeline) => (
          <Live key={pipeline.name} of={pipeline} />
        ))}
      </ul>
    </section>
  );
}

/** What to do next when nothing is there yet. */
function Next({ sample }: { sample: PipelineStatus | undefined }): JSX.Element {
  return (
    <section class="card" aria-labelledby="next-title">
      <header class="card-head">
        <h2 id="next-title">No file at hand?</h2>
      </header>
      <div class="stack pad">
        {sample !== undefined && (
          <p>
            <a href={resultsLink({ kind: 'pipeline', id: sample.name })}>Look at {sample.name}</a>, which writes sample lines all the time, with anomalies among
            them.
          </p>
        )}
        {sample === undefined && (
          <>
            <p>The demonstration writes sample lines, with anomalies among them:</p>
            <CopyBlock text="npx homeostat demo" label="Copy the command that runs the demonstration" />
          </>
        )}
        <p>A file on the server itself is read without an upload:</p>
        <CopyBlock text="npx homeostat logs detect FILE" label="Copy the command that reads a file" />
      </div>
    </section>
  );
}

export function Start(): JSX.Element {
  useJobs();
  const live = (pipelines.value ?? []).filter(isLogPipeline);
  const nothing = jobs.value?.length === 0;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Logs</h1>
      </div>
      <DropZone large={nothing} />
      <JobList />
      {live.length > 0 && <Pipelines of={live} />}
      {nothing && <Next sample={live.find(({ source }) => source.startsWith('simulate'))} />}
    </div>
  );
}
