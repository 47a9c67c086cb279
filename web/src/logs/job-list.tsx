/** Jobs over uploaded files, the newest first. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { LogJob } from '../../../src/core/api.ts';
import { plural } from '../format.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { CancelButton, JobBadge, JobProgress } from './job-progress.tsx';
import { discard, isActive, jobs, jobsError, reloadJobs } from './jobs.ts';
import { ms, resultsLink } from './source.ts';

function Discard({ job, close, done }: { job: LogJob; close: () => void; done?: () => void }): JSX.Element {
  const onDelete = async (): Promise<void> => {
    close();
    if (await discard(job)) done?.();
  };
  return (
    <Dialog title="Delete the job" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void onDelete();
        }}
      >
        <p>{job.file} and all results of it are deleted from the server. This cannot be undone.</p>
        <footer>
          <button type="button" class="button" onClick={close}>
            Keep it
          </button>
          <button type="submit" class="button primary">
            Delete
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Asks first. `done` is called once it is gone. */
export function DiscardButton({ job, done }: { job: LogJob; done?: () => void }): JSX.Element {
  const [asking, ask] = useState(false);
  return (
    <>
      <button type="button" class="button small quiet" aria-label={`Delete ${job.file}`} onClick={() => ask(true)}>
        Delete
      </button>
      {asking && <Discard job={job} close={() => ask(false)} done={done} />}
    </>
  );
}

function Job({ of }: { of: LogJob }): JSX.Element {
  const ready = of.state === 'running' || of.state === 'done' || (of.state !== 'uploading' && of.lines > 0);
  return (
    <li class="job" data-state={of.state}>
      <div class="job-head">
        {ready ? <a href={resultsLink({ kind: 'job', id: of.id })}>{of.file}</a> : <b>{of.file}</b>}
        <JobBadge of={of} />
        {ready && (
          <span class={of.anomalous > 0 ? 'job-found bad' : 'job-found'}>
            {of.anomalous > 0 && <Icon name="incidents" size={13} />} {plural(of.anomalous, 'anomalous session')}
          </span>
        )}
        <small class="muted">
          <Ago at={ms(of.createdAt)} />
        </small>
        {isActive(of) ? <CancelButton job={of} /> : <DiscardButton job={of} />}
      </div>
      <JobProgress job={of} />
    </li>
  );
}

export function JobList(): JSX.Element | null {
  const list = jobs.value;
  if (list === null)
    return jobsError.value === undefined ? <Loading rows={2} label="jobs" /> : <Failed error={jobsError.value} what="The list of jobs" retry={reloadJobs} />;
  if (list.length === 0) return null;
  return (
    <section class="card" aria-labelledby="jobs-title">
      <header class="card-head">
        <h2 id="jobs-title">Uploaded files</h2>
      </header>
      <ul class="rows">
        {list.map((job) => (
          <Job key={job.id} of={job} />
        ))}
      </ul>
    </section>
  );
}
