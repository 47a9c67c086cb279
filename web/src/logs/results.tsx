/** Results of a job or of a live pipeline: the same tabs over the same questions. */
import type { JSX } from 'preact';
import type { LogJob, LogScores } from '../../../src/core/api.ts';
import { count, rate } from '../format.ts';
import { go, route } from '../routing.ts';
import { pipelines } from '../state/live.ts';
import { ConditionBadge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Answers } from './answers.tsx';
import { DiscardButton } from './job-list.tsx';
import { CancelButton, JobBadge, JobProgress } from './job-progress.tsx';
import { isActive, jobs, jobsError, reloadJobs, useJobs } from './jobs.ts';
import { usePulse, useResult } from './live.ts';
import { Models } from './models.tsx';
import { Overview } from './overview.tsx';
import { Scores } from './scores.tsx';
import { Session } from './session.tsx';
import { Sessions } from './sessions.tsx';
import { resultsLink, type Source, type Tab } from './source.ts';
import { Templates } from './templates.tsx';

const TABS: readonly [Tab, string][] = [
  ['overview', 'Overview'],
  ['templates', 'Templates'],
  ['sessions', 'Sessions'],
  ['scores', 'Scores'],
  ['models', 'Models'],
  ['answers', 'Answers'],
];
/** Their list takes the height that is left. */
const FILLING: readonly Tab[] = ['templates', 'sessions'];

function tabOf(query: URLSearchParams): Tab {
  const asked = query.get('tab');
  return TABS.find(([name]) => name === asked)?.[0] ?? 'overview';
}

function Tabs({ source, current }: { source: Source; current: Tab }): JSX.Element {
  return (
    <nav class="tabs" aria-label="Results">
      {TABS.map(([name, title]) => (
        <a key={name} href={resultsLink(source, name)} aria-current={name === current ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

const Back = (): JSX.Element => (
  <a class="back" href="#/logs">
    <Icon name="back" size={13} /> Logs
  </a>
);

function JobHeader({ job }: { job: LogJob }): JSX.Element {
  return (
    <header class="results-head">
      <Back />
      <div class="page-head">
        <h1>{job.file}</h1>
        <JobBadge of={job} />
        <span class="spacer" />
        {isActive(job) ? <CancelButton job={job} /> : <DiscardButton job={job} done={() => go('#/logs')} />}
      </div>
      {job.state !== 'done' && (
        <div class="card job-card">
          <JobProgress job={job} />
        </div>
      )}
    </header>
  );
}

function PipelineHeader({ id }: { id: string }): JSX.Element {
  const status = pipelines.value?.find(({ name }) => name === id);
  return (
    <header class="results-head">
      <Back />
      <div class="page-head">
        <h1>{id}</h1>
        {status !== undefined && <ConditionBadge of={status.condition} />}
        {status !== undefined && (
          <span class="muted">
            {status.source} · {count(status.counts.events)} lines · {rate(status.eventsPerSecond)}
          </span>
        )}
      </div>
    </header>
  );
}

function ScoresTab({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { data, error, reload } = useResult<LogScores>(source, 'scores', pulse);
  if (data === undefined) return error === undefined ? <Loading rows={6} label="scores" /> : <Failed error={error} what="The scores" retry={reload} />;
  return <Scores of={data} />;
}

function Body({ source, tab, pulse, open }: { source: Source; tab: Tab; pulse: number; open: boolean }): JSX.Element {
  switch (tab) {
    case 'overview':
      return <Overview source={source} pulse={pulse} />;
    case 'templates':
      return <Templates source={source} pulse={pulse} editable={open} />;
    case 'sessions':
      return <Sessions source={source} pulse={pulse} />;
    case 'scores':
      return <ScoresTab source={source} pulse={pulse} />;
    case 'models':
      return <Models source={source} pulse={pulse} />;
    case 'answers':
      return <Answers source={source} pulse={pulse} answerable={open} />;
  }
}

/** Tabs, or one session; the head above says what it is of. `open`: answers and edits are taken. */
function Parts({ source, session, head, open }: { source: Source; session: string | undefined; head: JSX.Element; open: boolean }): JSX.Element {
  const pulse = usePulse(source);
  const tab = tabOf(route.value.query);
  if (session !== undefined) {
    return (
      <div class="page">
        <Session key={session} source={source} session={session} pulse={pulse} answerable={open} />
      </div>
    );
  }
  return (
    <div class={FILLING.includes(tab) ? 'page page-fill' : 'page'}>
      {head}
      <Tabs source={source} current={tab} />
      <Body key={tab} source={source} tab={tab} pulse={pulse} open={open} />
    </div>
  );
}

export function JobResults({ id, session }: { id: string; session: string | undefined }): JSX.Element {
  useJobs();
  const list = jobs.value;
  const job = list?.find((one) => one.id === id);
  if (list === null)
    return (
      <div class="page">
        {jobsError.value === undefined ? <Loading rows={6} label="the job" /> : <Failed error={jobsError.value} what="The job" retry={reloadJobs} />}
      </div>
    );
  if (job === undefined) {
    return (
      <Empty icon="search" title="There is no such job">
        <p>
          It may have been deleted. <a href="#/logs">Go to Logs</a>
        </p>
      </Empty>
    );
  }
  const head = <JobHeader job={job} />;
  if (job.state === 'uploading' || job.state === 'queued' || (job.state === 'cancelled' && job.lines === 0)) return <div class="page">{head}</div>;
  return <Parts source={{ kind: 'job', id }} session={session} head={head} open={job.state === 'running' || job.state === 'done'} />;
}

export function PipelineResults({ id, session }: { id: string; session: string | undefined }): JSX.Element {
  return <Parts source={{ kind: 'pipeline', id }} session={session} head={<PipelineHeader id={id} />} open />;
}
